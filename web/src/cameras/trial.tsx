// The live test of an address: what was reached, step by step, and what to do where it ended.
import { useEffect, useRef, useState } from 'preact/hooks';
import { explain } from '../asking';
import { text } from '../text';
import { codecName, decimal } from '../units';
import { type Address, camerasApi, type StepName, stepNames, type Trial } from './api';

const words = text.cameras.adding;
const askMs = 500;
const limitMs = 60_000;

export interface Trying {
    trial: Trial | null;
    problem: string; // the test itself could not be made
    busy: boolean;
    start: (address: Address) => void;
}

export function useTrial(): Trying {
    const [trial, setTrial] = useState<Trial | null>(null);
    const [problem, setProblem] = useState('');
    const [busy, setBusy] = useState(false);
    const run = useRef(0); // a later start ends an earlier one
    useEffect(() => () => void run.current++, []);

    const follow = async (address: Address, mine: number): Promise<void> => {
        const { id } = await camerasApi.tryAddress(address);
        for (let waited = 0; waited < limitMs; waited += askMs) {
            const answer = await camerasApi.trial(id);
            if (run.current !== mine) return;
            setTrial(answer);
            if (answer.state !== 'running') return;
            await new Promise((resolve) => setTimeout(resolve, askMs));
        }
        setProblem(words.timeout);
    };
    const start = (address: Address): void => {
        const mine = ++run.current;
        setTrial(null);
        setProblem('');
        setBusy(true);
        follow(address, mine)
            .catch((error: unknown) => {
                if (run.current === mine) setProblem(explain(error));
            })
            .finally(() => {
                if (run.current === mine) setBusy(false);
            });
    };
    return { trial, problem, busy, start };
}

function Step({ name, trial, busy }: { name: StepName; trial: Trial | null; busy: boolean }) {
    const said = trial?.steps.find(({ step }) => step === name);
    const next = stepNames.find((each) => !trial?.steps.some(({ step }) => step === each));
    const now = busy && next === name;
    const state = said
        ? said.ok
            ? words.stepState.ok
            : words.stepState.bad
        : now
          ? words.stepState.now
          : words.stepState.later;
    return (
        <li
            data-step={name}
            data-done={said?.ok ? '' : undefined}
            data-bad={said && !said.ok ? '' : undefined}
            aria-current={now ? 'step' : undefined}
        >
            {words.trialSteps[name]} <span class="unseen">{state}</span>
            {said?.words && <span class="note step-words">{said.words}</span>}
        </li>
    );
}

function foundWords(trial: Trial): string {
    const parts = [
        trial.codec && trial.width
            ? `${codecName(trial.codec)} ${trial.width}×${trial.height ?? 0}`
            : '',
        trial.fps ? text.camera.fps(decimal(trial.fps)) : '',
        trial.bitrate ? text.camera.mbit(decimal(trial.bitrate / 1e6)) : '',
        trial.keyframe_s ? words.keyframe(decimal(trial.keyframe_s)) : '',
    ];
    return words.found(parts.filter((part) => part !== ''));
}

interface ReportProps extends Omit<Trying, 'start'> {
    onTrust: (fingerprint: string) => void; // of a certificate that no authority vouches for
}

export function TrialReport({ trial, problem, busy, onTrust }: ReportProps) {
    const shownPrint = trial?.state === 'bad' ? trial.tls_fingerprint : null;
    if (!trial && !problem && !busy) return null;
    const over = trial !== null && trial.state !== 'running';
    // Steps that this address has not (no encryption, no sign-in) are left out once it is over.
    const shown = stepNames.filter(
        (name) => !over || trial.steps.some(({ step }) => step === name),
    );
    return (
        <section class="card trial" aria-live="polite" data-state={trial?.state ?? 'running'}>
            <h2>{words.trialTitle}</h2>
            {problem ? (
                <p class="notice" data-mood="bad">
                    {problem}
                </p>
            ) : (
                <ol class="steps">
                    {shown.map((name) => (
                        <Step key={name} name={name} trial={trial} busy={busy} />
                    ))}
                </ol>
            )}
            {trial?.state === 'good' && (
                <p class="notice" data-mood="good">
                    <strong>{words.good}</strong> {foundWords(trial)}
                </p>
            )}
            {trial?.state === 'bad' && (
                <p class="notice" data-mood="bad">
                    <strong>{words.bad}</strong>
                </p>
            )}
            {trial?.advice && trial.advice.length > 0 && (
                <ul class="advice">
                    {trial.advice.map((advice) => (
                        <li key={advice}>{advice}</li>
                    ))}
                </ul>
            )}
            {shownPrint && (
                <div class="trust">
                    <p>
                        <code>{shownPrint}</code>
                    </p>
                    <button type="button" onClick={() => onTrust(shownPrint)}>
                        {words.useFingerprint}
                    </button>
                </div>
            )}
        </section>
    );
}
