// What this browser remembers of the one-time keys that it keeps (crypto/identity.ts): whether one was
// saved as a file, and whether an export was made that nothing else reads. Without memory it asks
// again, and forgets no key too early.
import { read, remember } from '../settings';
import { over } from './order';
import type { OpeningRequest } from './api';
import { forgetIdentity, identityOf, keptRecipients } from './crypto/client';

type Note = 'saved' | 'exported';

const keyOf = (recipient: string, note: Note): string => `${note}.${recipient}`;

export const noted = (recipient: string, note: Note): boolean =>
    read(keyOf(recipient, note)) !== null;
export const noteKey = (recipient: string, note: Note): void =>
    remember(keyOf(recipient, note), 'yes');

// Whether this browser has the key; its copy is wiped at once.
export async function hasKey(recipient: string): Promise<boolean> {
    const found = await identityOf(recipient);
    found?.secret.fill(0);
    return found !== null;
}

// A key has no use after its request, but for an export that nothing else reads: that one stays
// until it was saved.
export async function forgetKeys(requests: readonly OpeningRequest[]): Promise<void> {
    const kept = await keptRecipients();
    for (const { recipient, state } of requests) {
        if (!over(state) || !kept.includes(recipient)) continue;
        if (noted(recipient, 'exported') && !noted(recipient, 'saved')) continue;
        await forgetIdentity(recipient);
        for (const note of ['saved', 'exported'] as const) remember(keyOf(recipient, note), null);
    }
}
