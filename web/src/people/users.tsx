import { useState } from 'preact/hooks';
import { useAsked } from '../asking';
import { session } from '../state';
import { text } from '../text';
import { useValue } from '../value';
import { type Factors, type Group, hasSecond, type Invited, peopleApi, type User } from './api';
import { ChangeDialog } from './change';
import { Confirm } from './confirm';
import { Head, type TabProps } from './head';
import { SecondStepPolicy } from './policy';
import { InviteDialog, Invitations } from './invite';
import { SessionsDialog } from './sessions';
import { Ago } from './when';

const words = text.people;

function factorWords(factors: Factors): string {
    const list = [
        factors.password ? words.factors.password : null,
        factors.totp ? words.factors.totp : null,
        factors.webauthn > 0 ? words.factors.webauthn(factors.webauthn) : null,
        factors.oidc ? words.factors.oidc : null,
    ].filter((each) => each !== null);
    return list.join(' · ');
}

export function groupWords(names: string[], groups: Group[]): string {
    if (names.length === 0) return words.allCameras;
    return names
        .map((name) => groups.find((group) => group.name === name)?.title || name)
        .join(', ');
}

interface RowProps {
    user: User;
    you: boolean;
    last: boolean; // the only administrator
    groups: Group[];
    onAct: (act: Act) => void;
}

type Act = { kind: 'change' | 'sessions' | 'remove'; user: User };

function UserRow({ user, you, last, groups, onAct }: RowProps) {
    return (
        <li class="row" data-user={user.name}>
            <div class="row-main">
                <strong>{user.name}</strong> {you && <span class="note you">{words.you}</span>}
                <span class="note">
                    {text.roles[user.role]} · {groupWords(user.groups, groups)}
                </span>
                <span class="note">
                    {factorWords(user.factors)}
                    {' · '}
                    {user.seen_ms === null ? words.never : <Ago at={user.seen_ms} />}
                </span>
                {last && <span class="note">{words.lastAdministrator}</span>}
            </div>
            {!hasSecond(user.factors) && !user.factors.oidc && (
                <span class="badge" data-mood="warn">
                    {words.onlyPassword}
                </span>
            )}
            <div class="actions">
                <button onClick={() => onAct({ kind: 'change', user })}>{words.change}</button>
                <button class="quiet" onClick={() => onAct({ kind: 'sessions', user })}>
                    {words.sessions}
                </button>
                <button
                    class="quiet"
                    disabled={last}
                    title={last ? words.lastAdministrator : undefined}
                    onClick={() => onAct({ kind: 'remove', user })}
                >
                    {words.remove}
                </button>
            </div>
        </li>
    );
}

interface Company {
    users: User[];
    invitations: Invited[];
    groups: Group[];
}

async function askAll(): Promise<Company> {
    const [users, invitations, groups] = await Promise.all([
        peopleApi.users(),
        peopleApi.invitations(),
        peopleApi.groups(),
    ]);
    return { users, invitations, groups };
}

export function UsersTab({ tabs }: TabProps) {
    const who = useValue(session);
    const { data, problem, again } = useAsked(askAll);
    const [act, setAct] = useState<Act | { kind: 'invite' } | null>(null);
    const close = (): void => setAct(null);
    const administrators = data?.users.filter((user) => user.role === 'administrator').length ?? 0;
    const isLast = (user: User): boolean => user.role === 'administrator' && administrators === 1;
    const me = who !== null && who !== 'unknown' ? who.user : '';

    return (
        <>
            <Head title={words.title} lead={words.usersLead} tabs={tabs}>
                <button class="primary" onClick={() => setAct({ kind: 'invite' })}>
                    {words.invite}
                </button>
            </Head>
            {problem && (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            )}
            {data && (
                <>
                    <ul class="rows" aria-label={words.title}>
                        {data.users.map((user) => (
                            <UserRow
                                key={user.name}
                                user={user}
                                you={user.name === me}
                                last={isLast(user)}
                                groups={data.groups}
                                onAct={setAct}
                            />
                        ))}
                    </ul>
                    <Invitations list={data.invitations} groups={data.groups} onChange={again} />
                    <SecondStepPolicy />
                </>
            )}
            {act?.kind === 'invite' && (
                <InviteDialog groups={data?.groups ?? []} onDone={again} onClose={close} />
            )}
            {act?.kind === 'change' && (
                <ChangeDialog
                    user={act.user}
                    last={isLast(act.user)}
                    groups={data?.groups ?? []}
                    onDone={again}
                    onClose={close}
                />
            )}
            {act?.kind === 'sessions' && (
                <SessionsDialog user={act.user.name} onDone={again} onClose={close} />
            )}
            {act?.kind === 'remove' && (
                <Confirm
                    title={words.removeTitle(act.user.name)}
                    words={act.user.name === me ? words.removeSelf : words.removeWords}
                    act={words.removeAct}
                    onAct={async () => {
                        await peopleApi.remove(act.user.name);
                        await again();
                    }}
                    onClose={close}
                />
            )}
        </>
    );
}
