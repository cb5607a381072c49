// The assistant: what a new site needs, step by step. Each step can be left and taken up again;
// whether it is done is read from the site, not remembered.
import { useEffect, useState } from 'preact/hooks';
import { useAsked } from '../asking';
import { peopleApi } from '../people/api';
import { managesCameras } from '../rights';
import { cameras, session, signOut } from '../state';
import { text } from '../text';
import type { Session } from '../types';
import { useValue } from '../value';
import type { RoomProps } from '../views/room';
import { setupApi } from './api';
import { CameraStep } from './camera';
import { PeopleStep } from './people';
import { type Facts, nextStep, type Step, steps, stepsDone } from './progress';
import { SignStep } from './sign';
import { SiteStep } from './site';
import { VaultStep } from './vault';
import './setup.css';

const words = text.setup;

async function askFacts(): Promise<Omit<Facts, 'cameras'>> {
    const [site, vault, users, invitations, signPrinted] = await Promise.all([
        setupApi.site(),
        setupApi.vault(),
        peopleApi.users(),
        peopleApi.invitations(),
        setupApi.signPrinted(),
    ]);
    return { site, vault, users: users.length, invitations: invitations.length, signPrinted };
}

interface StepsProps {
    here: Step;
    done: Record<Step, boolean>;
}

function StepList({ here, done }: StepsProps) {
    return (
        <nav class="setup-steps" aria-label={words.stepsLabel}>
            <ol class="steps">
                {steps.map((step) => (
                    <li
                        key={step}
                        data-done={done[step] ? '' : undefined}
                        aria-current={step === here ? 'step' : undefined}
                    >
                        <a href={`#/setup/${step}`}>
                            {words.steps[step]}
                            <span class="unseen"> ({done[step] ? words.done : words.open})</span>
                        </a>
                    </li>
                ))}
            </ol>
        </nav>
    );
}

export interface StepProps {
    facts: Facts;
    again: () => Promise<void>; // asks for the facts anew
    next: string; // address of the step after this one
}

const bodies = {
    site: SiteStep,
    camera: CameraStep,
    vault: VaultStep,
    people: PeopleStep,
    sign: SignStep,
};

function Assistant({ rest }: { rest: string }) {
    const { data, problem, again } = useAsked(askFacts);
    const list = useValue(cameras);
    const [first, setFirst] = useState<Step | null>(null);
    const facts: Facts | null = data && list ? { ...data, cameras: list } : null;
    const done = facts && stepsDone(facts);
    useEffect(() => {
        if (done && first === null) setFirst(nextStep(done));
    }, [done !== null]);
    const here = steps.find((step) => rest === `/${step}`) ?? first;
    const Body = here && bodies[here];
    const after = here ? steps[steps.indexOf(here) + 1] : undefined;
    return (
        <main class="room setup-room">
            <div class="room-head">
                <h1>{words.title}</h1>
                <div class="actions">
                    <a class="button quiet" href="#/">
                        {words.leave}
                    </a>
                </div>
            </div>
            <p class="lead">
                {done && Object.values(done).every(Boolean) ? words.allDone : words.lead}
            </p>
            {problem && (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            )}
            {facts && done && here && Body && (
                <div class="setup-columns">
                    <StepList here={here} done={done} />
                    <Body
                        key={here}
                        facts={facts}
                        again={again}
                        next={after ? `#/setup/${after}` : '#/'}
                    />
                </div>
            )}
        </main>
    );
}

// An invitation is for somebody who is not signed in.
function Signed({ who }: { who: Session }) {
    return (
        <main class="room">
            <div class="blank">
                <h1>{text.entry.invitation.signedIn(who.user)}</h1>
                <p>{text.entry.invitation.signedInHint}</p>
                <div class="actions">
                    <button class="primary" onClick={() => void signOut()}>
                        {text.header.signOut}
                    </button>
                </div>
            </div>
        </main>
    );
}

export function SetupRoom({ rest }: RoomProps) {
    const who = useValue(session);
    if (who === null || who === 'unknown') return null;
    if (rest.startsWith('/invitation/')) return <Signed who={who} />;
    if (managesCameras(who.role)) return <Assistant rest={rest} />;
    return (
        <main class="room">
            <h1>{words.title}</h1>
            <div class="blank">
                <p>{words.notYours}</p>
            </div>
        </main>
    );
}
