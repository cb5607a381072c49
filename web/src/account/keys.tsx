// Security keys and passkeys as the second step.
import { useState } from 'preact/hooks';
import { Said, useDoing } from '../asking';
import { text } from '../text';
import { Dialog, Field } from '../views/parts';
import { createKey, type CreationJson } from '../webauthn';
import { me } from './api';
import { AskPassword } from './ask';
import { Recovery } from './recovery';

const words = text.account;
const nameMax = 64; // characters

interface NameProps {
    options: CreationJson;
    onMade: (recovery: string[]) => Promise<void>;
    onCancel: () => void;
}

function NameAndTouch({ options, onMade, onCancel }: NameProps) {
    const [name, setName] = useState('');
    const { busy, problem, run } = useDoing();
    const submit = (event: Event): void => {
        event.preventDefault();
        void run(async () => {
            const called = name.trim();
            if (!called) throw new Said(words.keyNameMissing);
            const made = await me.finishKey(called, await createKey(options));
            await onMade(made?.recovery ?? []);
        });
    };
    return (
        <form class="stack" onSubmit={submit} noValidate>
            <Field label={words.keyName} hint={words.keyNameHint} problem={problem}>
                {(control) => (
                    <input
                        {...control}
                        autofocus
                        autocomplete="off"
                        maxLength={nameMax}
                        value={name}
                        onInput={(event) => setName(event.currentTarget.value)}
                    />
                )}
            </Field>
            <p class="hint">{text.entry.second.keyHint}</p>
            <div class="actions actions-end">
                <button type="button" onClick={onCancel}>
                    {text.people.cancel}
                </button>
                <button class="primary" type="submit" disabled={busy}>
                    {busy ? text.entry.second.keyWaiting : words.keyTouch}
                </button>
            </div>
        </form>
    );
}

interface KeyProps {
    user: string;
    onDone: () => Promise<void>;
    onClose: () => void;
}

export function KeyDialog({ user, onDone, onClose }: KeyProps) {
    const [options, setOptions] = useState<CreationJson | null>(null);
    const [codes, setCodes] = useState<string[] | null>(null);
    return (
        <Dialog title={codes ? words.recoveryTitle : words.keyAdd} onClose={onClose}>
            {codes ? (
                <Recovery user={user} codes={codes} onClose={onClose} />
            ) : options ? (
                <NameAndTouch
                    options={options}
                    onMade={async (recovery) => {
                        await onDone();
                        if (recovery.length > 0) setCodes(recovery);
                        else onClose();
                    }}
                    onCancel={onClose}
                />
            ) : (
                <AskPassword
                    lead={words.keyLead}
                    act={text.entry.second.submit}
                    onPassword={async (password) => setOptions(await me.beginKey(password))}
                    onCancel={onClose}
                />
            )}
        </Dialog>
    );
}
