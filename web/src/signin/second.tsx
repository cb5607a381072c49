// The second step: the password was right, and the server wants to see something that only this
// person has.
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Said, useDoing } from '../asking';
import { enter } from '../state';
import { text } from '../text';
import type { SecondStep, SecondWay } from '../types';
import { canUseKeys, type RequestJson, useKey } from '../webauthn';
import { door, type Proof } from './api';

const words = text.entry.second;

interface SecondProps {
    step: SecondStep;
    user: string;
    onBack: (why: string) => void;
    onEntered: () => void;
}

interface CodeProps {
    way: 'totp' | 'recovery';
    busy: boolean;
    problem: string;
    onCode: (code: string) => void;
}

const digits = (code: string): string => code.replaceAll(/\D/g, '');

function CodeForm({ way, busy, problem, onCode }: CodeProps) {
    const input = useRef<HTMLInputElement>(null);
    const [missing, setMissing] = useState('');
    const app = way === 'totp';
    useEffect(() => input.current?.focus(), [way]);
    useEffect(() => {
        if (problem) input.current?.select();
    }, [problem]);

    const submit = (event: Event): void => {
        event.preventDefault();
        const typed = input.current?.value.trim() ?? '';
        const code = app ? digits(typed) : typed;
        const whole = app ? code.length === 6 : code !== '';
        setMissing(whole ? '' : app ? words.codeMissing : words.recoveryMissing);
        if (whole) onCode(code);
        else input.current?.focus();
    };
    return (
        <form key={way} onSubmit={submit} noValidate>
            <label for="signin-code">{app ? words.code : words.recovery}</label>
            <input
                id="signin-code"
                ref={input}
                name="code"
                class="signin-code"
                inputMode={app ? 'numeric' : 'text'}
                autocomplete={app ? 'one-time-code' : 'off'}
                autocapitalize="none"
                spellcheck={false}
                maxLength={app ? 7 : 64}
                aria-describedby="signin-problem signin-hint"
                onInput={(event) => {
                    if (app && digits(event.currentTarget.value).length === 6)
                        event.currentTarget.form?.requestSubmit();
                }}
            />
            <p id="signin-hint" class="hint">
                {app ? words.codeHint : words.recoveryHint}
            </p>
            <p id="signin-problem" class="signin-problem" role="alert">
                {missing || problem}
            </p>
            <button class="primary" type="submit" disabled={busy}>
                {busy ? text.signIn.busy : words.submit}
            </button>
        </form>
    );
}

function KeyForm({ busy, problem, onKey }: { busy: boolean; problem: string; onKey: () => void }) {
    const button = useRef<HTMLButtonElement>(null);
    useEffect(() => button.current?.focus(), []);
    return (
        <>
            <p class="hint">{words.keyHint}</p>
            <p id="signin-problem" class="signin-problem" role="alert">
                {problem}
            </p>
            <button
                ref={button}
                class="primary"
                disabled={busy}
                aria-describedby="signin-problem"
                onClick={onKey}
            >
                {busy ? words.keyWaiting : words.key}
            </button>
        </>
    );
}

// A ticket that the server does not know any more: the password is asked for again.
const isOver = (error: unknown): boolean => error instanceof ApiError && error.code === 'ticket';

export function SecondForm({ step, user, onBack, onEntered }: SecondProps) {
    const ways = step.ways.filter((way) => way !== 'webauthn' || (canUseKeys() && step.webauthn));
    const [way, setWay] = useState<SecondWay>(ways[0] ?? 'recovery');
    const { busy, problem, run, say } = useDoing();

    const prove = (proof: () => Promise<Proof>): void => {
        void run(async () => {
            const shown = await proof();
            try {
                enter(await door.second(step.ticket, shown));
                onEntered();
            } catch (error) {
                if (isOver(error)) onBack(words.over);
                else if (error instanceof ApiError && error.status === 401)
                    throw new Said(words.wrong[way], { cause: error });
                else throw error;
            }
        });
    };
    const others = ways.filter((other) => other !== way);
    return (
        <>
            <p class="signin-motto">{words.who(user)}</p>
            {way === 'webauthn' ? (
                <KeyForm
                    busy={busy}
                    problem={problem}
                    onKey={() =>
                        prove(async () => ({
                            webauthn: await useKey(step.webauthn as RequestJson),
                        }))
                    }
                />
            ) : (
                <CodeForm
                    way={way}
                    busy={busy}
                    problem={problem}
                    onCode={(code) =>
                        prove(() =>
                            Promise.resolve(way === 'totp' ? { totp: code } : { recovery: code }),
                        )
                    }
                />
            )}
            <div class="signin-others">
                {others.map((other) => (
                    <button
                        key={other}
                        class="link"
                        onClick={() => {
                            say('');
                            setWay(other);
                        }}
                    >
                        {words.ways[other]}
                    </button>
                ))}
                <button class="link" onClick={() => onBack('')}>
                    {words.back}
                </button>
            </div>
        </>
    );
}
