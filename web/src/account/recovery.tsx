// Recovery codes, shown once: to be copied or printed.
import { useState } from 'preact/hooks';
import { site } from '../state';
import { text } from '../text';
import { longDay } from '../time';
import { Dialog } from '../views/parts';
import { me } from './api';
import { AskPassword } from './ask';
import '../paper.css';

const words = text.account;

interface RecoveryProps {
    user: string;
    codes: string[];
    onClose: () => void;
}

export function Recovery({ user, codes, onClose }: RecoveryProps) {
    const [copied, setCopied] = useState(false);
    const copy = (): void => {
        navigator.clipboard.writeText(codes.join('\n')).then(
            () => setCopied(true),
            () => setCopied(false), // refused: they can be selected and printed
        );
    };
    return (
        <>
            <div class="paper">
                <h3 class="paper-only">
                    {words.recoveryHead(site.get()?.name ?? text.product, user)}
                </h3>
                <p>{words.recoveryLead}</p>
                <ol class="recovery-codes">
                    {codes.map((code) => (
                        <li key={code}>
                            <code>{code}</code>
                        </li>
                    ))}
                </ol>
                <p class="paper-only">{longDay(Date.now())}</p>
            </div>
            <div class="actions actions-end">
                <button onClick={copy} aria-live="polite">
                    {copied ? text.parts.copied : text.parts.copy}
                </button>
                <button onClick={() => print()}>{words.print}</button>
                <button class="primary" onClick={onClose}>
                    {words.recoveryKept}
                </button>
            </div>
        </>
    );
}

interface RenewProps {
    user: string;
    onDone: () => Promise<void>;
    onClose: () => void;
}

export function RenewRecoveryDialog({ user, onDone, onClose }: RenewProps) {
    const [codes, setCodes] = useState<string[] | null>(null);
    return (
        <Dialog title={words.recoveryTitle} onClose={onClose}>
            {codes ? (
                <Recovery user={user} codes={codes} onClose={onClose} />
            ) : (
                <AskPassword
                    lead={words.recoveryRenewLead}
                    act={words.recoveryRenew}
                    onPassword={async (password) => {
                        const { recovery } = await me.renewRecovery(password);
                        await onDone();
                        setCodes(recovery);
                    }}
                    onCancel={onClose}
                />
            )}
        </Dialog>
    );
}
