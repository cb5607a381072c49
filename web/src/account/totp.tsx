// An authenticator app as the second step: the secret by QR code, proved by a first code.
import { useState } from 'preact/hooks';
import { ApiError } from '../api';
import { Said, useDoing } from '../asking';
import { Qr } from '../qr';
import { text } from '../text';
import { Dialog, Field, Secret } from '../views/parts';
import { me } from './api';
import { AskPassword } from './ask';
import { Recovery } from './recovery';

const words = text.account;

interface TotpProps {
    user: string;
    onDone: () => Promise<void>;
    onClose: () => void;
}

interface SecretOfApp {
    secret: string;
    uri: string;
}

// In groups of four, as apps show it.
const spaced = (secret: string): string => secret.replaceAll(/(.{4})(?=.)/g, '$1 ');

function Show({
    given,
    onProved,
    onCancel,
}: {
    given: SecretOfApp;
    onProved: (recovery: string[]) => Promise<void>;
    onCancel: () => void;
}) {
    const [code, setCode] = useState('');
    const { busy, problem, run } = useDoing();
    const submit = (event: Event): void => {
        event.preventDefault();
        void run(async () => {
            const digits = code.replaceAll(/\D/g, '');
            if (digits.length !== 6) throw new Said(text.entry.second.codeMissing);
            const { recovery } = await me.finishTotp(digits).catch((error: unknown) => {
                if (error instanceof ApiError && ['code', 'auth'].includes(error.code))
                    throw new Said(text.entry.second.wrong.totp);
                throw error;
            });
            await onProved(recovery);
        });
    };
    return (
        <form class="stack" onSubmit={submit} noValidate>
            <p>{words.totpScan}</p>
            <div class="totp-show">
                <Qr value={given.uri} label={words.totpQr} />
                <div>
                    <p class="hint">{words.totpByHand}</p>
                    <Secret value={spaced(given.secret)} />
                </div>
            </div>
            <Field label={words.totpCode} hint={text.entry.second.codeHint} problem={problem}>
                {(control) => (
                    <input
                        {...control}
                        autofocus
                        name="code"
                        inputMode="numeric"
                        autocomplete="one-time-code"
                        maxLength={7}
                        value={code}
                        onInput={(event) => setCode(event.currentTarget.value)}
                    />
                )}
            </Field>
            <div class="actions actions-end">
                <button type="button" onClick={onCancel}>
                    {text.people.cancel}
                </button>
                <button class="primary" type="submit" disabled={busy}>
                    {words.totpOn}
                </button>
            </div>
        </form>
    );
}

export function TotpDialog({ user, onDone, onClose }: TotpProps) {
    const [given, setGiven] = useState<SecretOfApp | null>(null);
    const [codes, setCodes] = useState<string[] | null>(null);
    return (
        <Dialog title={codes ? words.recoveryTitle : words.totpAdd} onClose={onClose}>
            {codes ? (
                <Recovery user={user} codes={codes} onClose={onClose} />
            ) : given ? (
                <Show
                    given={given}
                    onProved={async (recovery) => {
                        await onDone();
                        if (recovery.length > 0) setCodes(recovery);
                        else onClose();
                    }}
                    onCancel={onClose}
                />
            ) : (
                <AskPassword
                    lead={words.totpLead}
                    act={text.entry.second.submit}
                    onPassword={async (password) => setGiven(await me.beginTotp(password))}
                    onCancel={onClose}
                />
            )}
        </Dialog>
    );
}

export function RemoveTotpDialog({ onDone, onClose }: Omit<TotpProps, 'user'>) {
    return (
        <Dialog title={words.totpRemove} onClose={onClose}>
            <AskPassword
                lead={words.totpRemoveLead}
                act={words.totpRemove}
                danger
                onPassword={async (password) => {
                    await me.removeTotp(password);
                    await onDone();
                    onClose();
                }}
                onCancel={onClose}
            />
        </Dialog>
    );
}
