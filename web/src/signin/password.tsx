import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { explain, Said, useDoing } from '../asking';
import { signIn } from '../state';
import { text } from '../text';
import type { SecondStep } from '../types';
import { oidcUrl, type Ways } from './api';
import { PasswordInput } from './secret';

interface PasswordProps {
    ways: Ways | null;
    notice: string; // why somebody stands here again
    onSecond: (step: SecondStep, user: string) => void;
    onEntered: () => void;
}

const why = (error: unknown): string =>
    error instanceof ApiError && error.status === 401 ? text.signIn.refused : explain(error);

function FirstRun() {
    return (
        <div class="notice">
            <strong>{text.entry.firstRun}</strong>
            <p>{text.entry.firstRunHint}</p>
            <code>{text.entry.firstRunCommand}</code>
        </div>
    );
}

export function PasswordForm({ ways, notice, onSecond, onEntered }: PasswordProps) {
    const user = useRef<HTMLInputElement>(null);
    const form = useRef<HTMLFormElement>(null);
    const [secret, setSecret] = useState('');
    const { busy, problem, run, say } = useDoing();
    useEffect(() => {
        user.current?.focus();
        say(notice);
    }, [notice]);

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const name = user.current?.value.trim() ?? '';
        const field = form.current?.querySelector<HTMLInputElement>('#signin-password');
        if (!name || !secret) {
            say(text.signIn.missing);
            (name ? field : user.current)?.focus();
            return;
        }
        await run(async () => {
            try {
                const step = await signIn(name, secret);
                if (step) onSecond(step, name);
                else onEntered();
            } catch (error) {
                field?.select();
                throw new Said(why(error), { cause: error });
            }
        });
    };

    return (
        <form ref={form} onSubmit={(event) => void submit(event)} noValidate>
            {ways?.first_run && <FirstRun />}
            <label for="signin-user">{text.signIn.user}</label>
            <input
                id="signin-user"
                ref={user}
                name="user"
                autocomplete="username"
                autocapitalize="none"
                spellcheck={false}
                aria-describedby="signin-problem"
            />
            <label for="signin-password">{text.signIn.password}</label>
            <PasswordInput
                control={{ id: 'signin-password', 'aria-describedby': 'signin-problem' }}
                value={secret}
                onInput={setSecret}
            />
            <p id="signin-problem" class="signin-problem" role="alert">
                {problem}
            </p>
            <button class="primary" type="submit" disabled={busy}>
                {busy ? text.signIn.busy : text.signIn.submit}
            </button>
            {ways?.oidc && (
                <>
                    <p class="signin-or">{text.entry.or}</p>
                    <a class="button wide" href={oidcUrl}>
                        {text.entry.oidc(ways.oidc.name)}
                    </a>
                </>
            )}
        </form>
    );
}
