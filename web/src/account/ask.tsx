// Who changes how they sign in shows their password once more.
import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Said, useDoing } from '../asking';
import { PasswordInput } from '../signin/secret';
import { text } from '../text';
import { Field } from '../views/parts';
import '../people/forms.css';

const words = text.account;

// For a call that was given the password.
export function wrongPassword(error: unknown): never {
    if (error instanceof ApiError && ['password', 'auth'].includes(error.code))
        throw new Said(words.passwordWrong);
    throw error;
}

interface AskProps {
    lead: string;
    act: string;
    danger?: boolean;
    onPassword: (password: string) => Promise<void>;
    onCancel: () => void;
}

export function AskPassword({ lead, act, danger, onPassword, onCancel }: AskProps) {
    const [password, setPassword] = useState('');
    const { busy, problem, run } = useDoing();
    const submit = (event: Event): void => {
        event.preventDefault();
        void run(async () => {
            if (password === '') throw new Said(words.oldMissing);
            await onPassword(password).catch(wrongPassword);
        });
    };
    return (
        <form class="stack" onSubmit={submit} noValidate>
            <p>{lead}</p>
            <Field label={words.passwordOld} problem={problem}>
                {(control) => (
                    <PasswordInput control={control} focus value={password} onInput={setPassword} />
                )}
            </Field>
            <div class="actions actions-end">
                <button type="button" onClick={onCancel}>
                    {text.people.cancel}
                </button>
                <button class={danger ? 'danger' : 'primary'} type="submit" disabled={busy}>
                    {act}
                </button>
            </div>
        </form>
    );
}
