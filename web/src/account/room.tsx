// A person's own account: how they sign in, where they are signed in, how the desk looks to them.
import { useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { Confirm } from '../people/confirm';
import { SessionList } from '../people/sessions';
import { Ago } from '../people/when';
import { session } from '../state';
import { text } from '../text';
import type { Session } from '../types';
import { useValue } from '../value';
import type { RoomProps } from '../views/room';
import { canUseKeys } from '../webauthn';
import { type Key, me, type MyFactors } from './api';
import { KeyDialog } from './keys';
import { Looks } from './looks';
import { PasswordDialog } from './password';
import { RenewRecoveryDialog } from './recovery';
import { RemoveTotpDialog, TotpDialog } from './totp';
import './account.css';

const words = text.account;

type Act =
    | { kind: 'password' | 'totp' | 'totp-remove' | 'recovery' | 'key' }
    | { kind: 'key-remove'; key: Key };

interface FactorsProps {
    factors: MyFactors;
    onAct: (act: Act) => void;
}

function State({ on }: { on: boolean }) {
    return (
        <span class="badge" data-mood={on ? 'good' : 'quiet'}>
            {on ? words.on : words.off}
        </span>
    );
}

function PasswordRow({ factors, onAct }: FactorsProps) {
    return (
        <li class="row">
            <div class="row-main">
                <strong>{words.password}</strong>
                <span class="note">
                    {factors.password ? words.passwordSet : words.passwordNone}
                </span>
            </div>
            {factors.password && (
                <div class="actions">
                    <button onClick={() => onAct({ kind: 'password' })}>
                        {words.passwordChange}
                    </button>
                </div>
            )}
        </li>
    );
}

function TotpRow({ factors, onAct }: FactorsProps) {
    return (
        <li class="row" data-factor="totp">
            <div class="row-main">
                <strong>{words.totp}</strong> <State on={factors.totp} />
                <span class="note">{words.totpWhy}</span>
            </div>
            <div class="actions">
                {factors.totp ? (
                    <button class="quiet" onClick={() => onAct({ kind: 'totp-remove' })}>
                        {words.totpRemove}
                    </button>
                ) : (
                    <button onClick={() => onAct({ kind: 'totp' })}>{words.totpAdd}</button>
                )}
            </div>
        </li>
    );
}

function KeyRows({ factors, onAct }: FactorsProps) {
    return (
        <>
            {factors.webauthn.map((key) => (
                <li class="row" key={key.id} data-key={key.name}>
                    <div class="row-main">
                        <strong>{key.name}</strong>
                        <span class="note">
                            {words.key} ·{' '}
                            {key.seen_ms === null ? (
                                text.people.tokenUnused
                            ) : (
                                <>
                                    {text.people.usedLast} <Ago at={key.seen_ms} />
                                </>
                            )}
                        </span>
                    </div>
                    <div class="actions">
                        <button class="quiet" onClick={() => onAct({ kind: 'key-remove', key })}>
                            {text.people.remove}
                        </button>
                    </div>
                </li>
            ))}
            <li class="row" data-factor="webauthn">
                <div class="row-main">
                    <strong>{words.keys}</strong>
                    <span class="note">{canUseKeys() ? words.keyWhy : text.entry.key.unable}</span>
                </div>
                {canUseKeys() && (
                    <div class="actions">
                        <button onClick={() => onAct({ kind: 'key' })}>{words.keyAdd}</button>
                    </div>
                )}
            </li>
        </>
    );
}

function RecoveryRow({ factors, onAct }: FactorsProps) {
    return (
        <li class="row" data-factor="recovery">
            <div class="row-main">
                <strong>{words.recoveryTitle}</strong>
                <span class="note">{words.recoveryLeft(factors.recovery)}</span>
            </div>
            <div class="actions">
                <button class="quiet" onClick={() => onAct({ kind: 'recovery' })}>
                    {words.recoveryRenew}
                </button>
            </div>
        </li>
    );
}

interface DialogsProps {
    act: Act | null;
    user: string;
    onDone: () => Promise<void>;
    onClose: () => void;
}

function Dialogs({ act, ...props }: DialogsProps) {
    switch (act?.kind) {
        case 'password':
            return <PasswordDialog {...props} />;
        case 'totp':
            return <TotpDialog {...props} />;
        case 'totp-remove':
            return <RemoveTotpDialog {...props} />;
        case 'recovery':
            return <RenewRecoveryDialog {...props} />;
        case 'key':
            return <KeyDialog {...props} />;
        case 'key-remove':
            return (
                <Confirm
                    title={words.keyRemoveTitle(act.key.name)}
                    words={words.keyRemoveWords}
                    act={text.people.remove}
                    onAct={async () => {
                        await me.removeKey(act.key.id);
                        await props.onDone();
                    }}
                    onClose={props.onClose}
                />
            );
        default:
            return null;
    }
}

function SignInCard({ who }: { who: Session }) {
    const { data, problem, again } = useAsked(me.factors);
    const [act, setAct] = useState<Act | null>(null);
    const bare = data !== null && !data.totp && data.webauthn.length === 0 && data.password;
    return (
        <section class="card" aria-labelledby="factors-title">
            <h2 id="factors-title">{words.signingIn}</h2>
            {problem && <p class="problem">{problem}</p>}
            {bare && (
                <p class="notice" data-mood={data.required ? 'bad' : 'warn'}>
                    {data.required ? words.required : words.bare}
                </p>
            )}
            {data && (
                <ul class="rows">
                    <PasswordRow factors={data} onAct={setAct} />
                    <TotpRow factors={data} onAct={setAct} />
                    <KeyRows factors={data} onAct={setAct} />
                    {(data.totp || data.webauthn.length > 0) && (
                        <RecoveryRow factors={data} onAct={setAct} />
                    )}
                </ul>
            )}
            <Dialogs act={act} user={who.user} onDone={again} onClose={() => setAct(null)} />
        </section>
    );
}

function SessionsCard() {
    const { data, problem, again } = useAsked(me.sessions);
    const ending = useDoing();
    const end = (id: string): void => {
        void ending.run(async () => {
            await me.endSession(id);
            await again();
        });
    };
    return (
        <section class="card" aria-labelledby="sessions-title">
            <h2 id="sessions-title">{words.sessions}</h2>
            <p class="hint">{words.sessionsNote}</p>
            <p class="problem" role="alert">
                {problem || ending.problem}
            </p>
            {data && <SessionList list={data} busy={ending.busy} onEnd={end} />}
        </section>
    );
}

export function AccountRoom(_: RoomProps) {
    const who = useValue(session);
    if (who === null || who === 'unknown') return null;
    return (
        <main class="room account-room">
            <div class="room-head">
                <h1>{words.title}</h1>
            </div>
            <p class="lead">
                {words.lead(who.user, text.roles[who.role])} {text.entry.roleSays[who.role]}
            </p>
            <SignInCard who={who} />
            <SessionsCard />
            <Looks />
        </main>
    );
}
