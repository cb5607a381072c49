// Which roles must have a second step.
import { useEffect, useState } from 'preact/hooks';
import { useAsked, useDoing } from '../asking';
import { text } from '../text';
import type { Role } from '../types';
import { peopleApi } from './api';
import { roles, Ticks } from './choices';

const words = text.people;

export function SecondStepPolicy() {
    const { data, again } = useAsked(peopleApi.policy);
    const [chosen, setChosen] = useState<Role[]>([]);
    const [saved, setSaved] = useState(false);
    const { busy, problem, run } = useDoing();
    useEffect(() => {
        if (data) setChosen(data.roles);
    }, [data]);
    if (!data) return null;
    const same = roles.every((role) => data.roles.includes(role) === chosen.includes(role));
    const save = async (): Promise<void> => {
        setSaved(
            await run(async () => {
                await peopleApi.savePolicy(chosen);
                await again();
            }),
        );
    };
    return (
        <section class="card policy">
            <h2>{words.policy}</h2>
            <p class="hint">{words.policyHint}</p>
            <Ticks
                legend={words.policyRoles}
                choices={roles.map((role) => ({ value: role, label: text.roles[role] }))}
                chosen={chosen}
                onChange={(next) => {
                    setSaved(false);
                    setChosen(roles.filter((role) => next.includes(role)));
                }}
            />
            <p class="problem" role="alert">
                {problem}
            </p>
            <div class="actions">
                <button disabled={busy || same} onClick={() => void save()}>
                    {words.save}
                </button>
                <span class="note" role="status">
                    {saved && same ? words.saved : ''}
                </span>
            </div>
        </section>
    );
}
