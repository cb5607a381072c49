import { useRef, useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { passwordFlaw, passwordMin } from '../password';
import { Judgement, PasswordInput } from '../signin/secret';
import { text } from '../text';
import { Dialog, Field } from '../views/parts';
import { wrongPassword } from './ask';
import { me } from './api';

const words = text.account;

interface PasswordProps {
    user: string;
    onDone: () => Promise<void>;
    onClose: () => void;
}

export function PasswordDialog({ user, onDone, onClose }: PasswordProps) {
    const form = useRef<HTMLFormElement>(null);
    const [old, setOld] = useState('');
    const [fresh, setFresh] = useState('');
    const { busy, problem, run } = useDoing();
    const flaw = passwordFlaw(user, fresh);

    const submit = async (event: Event): Promise<void> => {
        event.preventDefault();
        const went = await run(async () => {
            if (old === '') throw new Said(words.oldMissing);
            if (flaw)
                throw new Said(
                    flaw === 'short'
                        ? text.entry.passwordRule(passwordMin)
                        : text.entry.passwordFlaws[flaw],
                );
            await me.password(old, fresh).catch(wrongPassword);
            await onDone();
        });
        if (went) onClose();
    };
    return (
        <Dialog title={words.passwordChange} onClose={onClose}>
            <form ref={form} class="stack" onSubmit={(event) => void submit(event)} noValidate>
                <input type="hidden" name="user" autocomplete="username" value={user} />
                <Field label={words.passwordOld}>
                    {(control) => (
                        <PasswordInput control={control} focus value={old} onInput={setOld} />
                    )}
                </Field>
                <Field label={words.passwordNew}>
                    {(control) => (
                        <PasswordInput control={control} fresh value={fresh} onInput={setFresh} />
                    )}
                </Field>
                <Judgement name={user} password={fresh} />
                <p class="hint">{words.passwordNote}</p>
                <p class="problem" role="alert">
                    {problem}
                </p>
                <div class="actions actions-end">
                    <button type="button" onClick={onClose}>
                        {text.people.cancel}
                    </button>
                    <button class="primary" type="submit" disabled={busy}>
                        {words.passwordSave}
                    </button>
                </div>
            </form>
        </Dialog>
    );
}
