// Invitations: a link instead of an initial password. It is shown once; who has it chooses a
// password of their own.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { text } from '../text';
import { clockTime, dayName, offsetText } from '../time';
import type { Role } from '../types';
import { Dialog, Field, Secret } from '../views/parts';
import { type Group, type Invited, type InvitedNow, peopleApi } from './api';
import { type Reach, ReachChoice, reachGroups, reachOf, reachProblem, RoleChoice } from './choices';
import { Confirm } from './confirm';
import { groupWords } from './users';

const words = text.people;

// As scrim_user_name_valid() in src/people/users.h.
const nameRule = /^[a-z0-9][a-z0-9._-]{0,31}$/;

function linkOf(token: string): string {
    return new URL(`/#/setup/invitation/${token}`, location.origin).href;
}

function until(at: number): string {
    return `${dayName(at)}, ${clockTime(at)} ${offsetText(at)}`;
}

function Ready({ made, onClose }: { made: InvitedNow; onClose: () => void }) {
    const done = useRef<HTMLButtonElement>(null);
    useEffect(() => done.current?.focus(), []);
    return (
        <>
            <p>{words.linkReady(made.name)}</p>
            <div class="invitation-link">
                <Secret value={linkOf(made.token)} />
            </div>
            <p class="hint">{words.linkUntil(until(made.expires_ms))}</p>
            <div class="actions actions-end">
                <button ref={done} class="primary" onClick={onClose}>
                    {words.done}
                </button>
            </div>
        </>
    );
}

interface InviteProps {
    groups: Group[];
    onDone: () => Promise<void>;
    onClose: () => void;
}

export function InviteDialog({ groups, onDone, onClose }: InviteProps) {
    const [name, setName] = useState('');
    const [role, setRole] = useState<Role>('operator');
    const [reach, setReach] = useState<Reach>(() => reachOf([]));
    const [nameProblem, setNameProblem] = useState('');
    const [made, setMade] = useState<InvitedNow | null>(null);
    const { busy, problem, run, say } = useDoing();

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const named = name.trim().toLowerCase();
        if (!nameRule.test(named)) return setNameProblem(words.nameRule);
        setNameProblem('');
        const missing = reachProblem(reach, role);
        if (missing) return say(missing);
        await run(async () => {
            setMade(
                await peopleApi.invite({ name: named, role, groups: reachGroups(reach, role) }),
            );
            await onDone();
        });
    };
    return (
        <Dialog title={words.inviteTitle} onClose={onClose}>
            {made ? (
                <Ready made={made} onClose={onClose} />
            ) : (
                <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
                    <Field label={words.name} hint={words.nameHint} problem={nameProblem}>
                        {(control) => (
                            <input
                                {...control}
                                autofocus
                                autocomplete="off"
                                autocapitalize="none"
                                spellcheck={false}
                                value={name}
                                onInput={(event) => setName(event.currentTarget.value)}
                            />
                        )}
                    </Field>
                    <RoleChoice value={role} onChange={setRole} />
                    <ReachChoice role={role} groups={groups} value={reach} onChange={setReach} />
                    <p class="problem" role="alert">
                        {problem}
                    </p>
                    <div class="actions actions-end">
                        <button type="button" onClick={onClose}>
                            {words.cancel}
                        </button>
                        <button class="primary" type="submit" disabled={busy}>
                            {words.inviteAct}
                        </button>
                    </div>
                </form>
            )}
        </Dialog>
    );
}

interface ListProps {
    list: Invited[];
    groups: Group[];
    onChange: () => Promise<void>;
}

// Those that nobody has accepted yet.
export function Invitations({ list, groups, onChange }: ListProps) {
    const [back, setBack] = useState<Invited | null>(null);
    if (list.length === 0) return null;
    return (
        <section class="open-invitations">
            <h2>{words.openInvitations}</h2>
            <ul class="rows">
                {list.map((invited) => (
                    <li class="row" key={invited.id} data-invitation={invited.name}>
                        <div class="row-main">
                            <strong>{invited.name}</strong>
                            <span class="note">
                                {text.roles[invited.role]} · {groupWords(invited.groups, groups)}
                            </span>
                            <span class="note">{words.validUntil(until(invited.expires_ms))}</span>
                        </div>
                        <div class="actions">
                            <button class="quiet" onClick={() => setBack(invited)}>
                                {words.takeBack}
                            </button>
                        </div>
                    </li>
                ))}
            </ul>
            {back && (
                <Confirm
                    title={words.takeBackTitle(back.name)}
                    words={words.takeBackWords}
                    act={words.takeBack}
                    onAct={async () => {
                        await peopleApi.takeBack(back.id);
                        await onChange();
                    }}
                    onClose={() => setBack(null)}
                />
            )}
        </section>
    );
}
