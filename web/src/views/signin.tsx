import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api';
import { signIn } from '../state';
import { text } from '../text';
import { Mark } from './mark';
import { Scene } from './scene';

function explain(error: unknown): string {
    if (!(error instanceof ApiError)) return text.signIn.noServer;
    if (error.status === 429) return text.signIn.wait(error.retryAfter ?? 60);
    if (error.status === 401) return text.signIn.refused;
    return error.message;
}

export function SignIn() {
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState('');
    const user = useRef<HTMLInputElement>(null);
    const password = useRef<HTMLInputElement>(null);
    useEffect(() => user.current?.focus(), []);

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const name = user.current?.value.trim() ?? '';
        const secret = password.current?.value ?? '';
        if (!name || !secret) {
            setProblem(text.signIn.missing);
            (name ? password : user).current?.focus();
            return;
        }
        setBusy(true);
        setProblem('');
        try {
            await signIn(name, secret);
        } catch (error) {
            setProblem(explain(error));
            setBusy(false);
            password.current?.select();
        }
    };

    return (
        <main class="signin">
            <Scene />
            <form
                class="signin-form"
                onSubmit={(event) => void submit(event)}
                noValidate
                aria-labelledby="signin-title"
            >
                <div class="signin-brand">
                    <Mark />
                    <h1 id="signin-title">{text.product}</h1>
                </div>
                <p class="signin-motto">{text.motto}</p>
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
                <input
                    id="signin-password"
                    ref={password}
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    aria-describedby="signin-problem"
                />
                <p id="signin-problem" class="signin-problem" role="alert">
                    {problem}
                </p>
                <button class="primary" type="submit" disabled={busy}>
                    {busy ? text.signIn.busy : text.signIn.submit}
                </button>
            </form>
        </main>
    );
}
