import { useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { text } from '../text';
import { Dialog } from '../views/parts';
import { type Group, hasSecond, peopleApi, type User } from './api';
import { ReachChoice, reachGroups, reachOf, reachProblem, RoleChoice } from './choices';

const words = text.people;

interface ChangeProps {
    user: User;
    last: boolean;
    groups: Group[];
    onDone: () => Promise<void>;
    onClose: () => void;
}

// Role and groups of somebody; what changed is sent, and no more.
export function ChangeDialog({ user, last, groups, onDone, onClose }: ChangeProps) {
    const [role, setRole] = useState(user.role);
    const [reach, setReach] = useState(() => reachOf(user.groups));
    const [reset, setReset] = useState(false);
    const { busy, problem, run, say } = useDoing();

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const missing = reachProblem(reach, role);
        if (missing) return say(missing);
        const went = await run(async () => {
            await peopleApi.change(user.name, {
                ...(role === user.role ? {} : { role }),
                groups: reachGroups(reach, role),
            });
            if (reset) await peopleApi.removeFactors(user.name);
            await onDone();
        });
        if (went) onClose();
    };
    return (
        <Dialog title={words.changeTitle(user.name)} onClose={onClose}>
            <form class="stack" onSubmit={(event) => void submit(event)} noValidate>
                <RoleChoice
                    value={role}
                    {...(last ? { fixed: words.lastAdministrator } : {})}
                    onChange={setRole}
                />
                <ReachChoice role={role} groups={groups} value={reach} onChange={setReach} />
                {hasSecond(user.factors) && (
                    <label class="tick">
                        <input
                            type="checkbox"
                            checked={reset}
                            onChange={(event) => setReset(event.currentTarget.checked)}
                        />
                        <span>
                            {words.resetFactors}
                            <span class="hint">{words.resetFactorsHint}</span>
                        </span>
                    </label>
                )}
                <p class="hint">{words.changeNote}</p>
                <p class="problem" role="alert">
                    {problem}
                </p>
                <div class="actions actions-end">
                    <button type="button" onClick={onClose}>
                        {words.cancel}
                    </button>
                    <button class="primary" type="submit" disabled={busy}>
                        {words.save}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
