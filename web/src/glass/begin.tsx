// Before it: what follows, the reason, the one button.
import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Said, useDoing } from '../asking';
import { text } from '../text';
import { Field } from '../views/parts';
import { breakGlass } from './hold';

const words = text.glass.begin;
const reasonMax = 500;

export function Begin() {
    const [reason, setReason] = useState('');
    const [missing, setMissing] = useState('');
    const [code, setCode] = useState('');
    const [asksCode, setAsksCode] = useState(false);
    const { busy, problem, run } = useDoing();
    const act = async (): Promise<void> => {
        try {
            await breakGlass(reason.trim(), code.replaceAll(' ', ''));
        } catch (error) {
            if (error instanceof ApiError && error.code === 'second_step') {
                setAsksCode(true);
                throw new Said(words.codeProblem);
            }
            throw error;
        }
    };
    const submit = (event: Event): void => {
        event.preventDefault();
        setMissing(reason.trim() ? '' : words.reasonMissing);
        if (reason.trim()) void run(act);
    };
    return (
        <form class="card glass-begin" onSubmit={submit} noValidate>
            <p class="glass-lead">{words.lead}</p>
            <h2>{words.next}</h2>
            <ol>
                {words.steps.map((step) => (
                    <li key={step}>{step}</li>
                ))}
            </ol>
            <Field label={words.reason} hint={words.reasonHint} problem={missing}>
                {(control) => (
                    <textarea
                        {...control}
                        rows={3}
                        maxLength={reasonMax}
                        value={reason}
                        onInput={(event) => setReason(event.currentTarget.value)}
                    />
                )}
            </Field>
            {asksCode && (
                <Field label={words.code} hint={words.codeHint}>
                    {(control) => (
                        <input
                            {...control}
                            inputMode="numeric"
                            autocomplete="one-time-code"
                            maxLength={7}
                            value={code}
                            onInput={(event) => setCode(event.currentTarget.value)}
                        />
                    )}
                </Field>
            )}
            {problem && (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            )}
            <button class="glass-break" disabled={busy}>
                {busy ? words.breaking : words.break}
            </button>
        </form>
    );
}
