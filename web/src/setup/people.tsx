import { useState } from 'preact/hooks';
import { useAsked } from '../asking';
import { peopleApi } from '../people/api';
import { InviteDialog } from '../people/invite';
import { text } from '../text';
import { StepCard } from './card';
import type { StepProps } from './room';

const words = text.setup;

export function PeopleStep({ facts, again, next }: StepProps) {
    const groups = useAsked(peopleApi.groups).data ?? [];
    const [inviting, setInviting] = useState(false);
    const enough = facts.users + facts.invitations > 1;
    return (
        <StepCard title={words.steps.people} lead={words.peopleLead}>
            <p class="notice" data-mood={enough ? 'good' : 'warn'}>
                {words.peopleNow(facts.users, facts.invitations)}
            </p>
            <dl class="setup-roles">
                {(['operator', 'keyholder', 'auditor', 'administrator'] as const).map((role) => (
                    <div key={role}>
                        <dt>{text.roles[role]}</dt>
                        <dd>{text.entry.roleSays[role]}</dd>
                    </div>
                ))}
            </dl>
            <div class="actions">
                <button class={enough ? undefined : 'primary'} onClick={() => setInviting(true)}>
                    {text.people.invite}
                </button>
                <a class={enough ? 'button primary' : 'button quiet'} href={next}>
                    {enough ? words.on : words.later}
                </a>
            </div>
            {inviting && (
                <InviteDialog groups={groups} onDone={again} onClose={() => setInviting(false)} />
            )}
        </StepCard>
    );
}
