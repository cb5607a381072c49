// What went wrong with keys and documents, in the words of the room.
import { ApiError } from '../api';
import { explain } from '../asking';
import { text } from '../text';
import { type FailureCode, VaultError } from './crypto/failure';

const words = text.vault.failures;

// `segment` counts from 0, as in the list.
export function failureWords(
    code: FailureCode,
    holder: string | null,
    segment: number | null,
): string {
    const said = words[code];
    if (typeof said === 'string') return said;
    return said(holder ?? text.vault.somebody, segment === null ? null : segment + 1);
}

export function vaultWords(error: unknown): string {
    if (error instanceof ApiError) {
        const refusals: Record<string, string | undefined> = text.vault.refusals;
        return refusals[error.code] ?? explain(error);
    }
    if (!(error instanceof VaultError)) return explain(error);
    return failureWords(error.code, error.holder, error.segment);
}

// What the person at the page can mend by typing again.
export const isAboutSecret = (error: unknown): boolean =>
    error instanceof VaultError && error.code === 'share_passphrase';
