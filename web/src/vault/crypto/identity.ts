// The requester's one-time identities: one X25519 key for each request, in this browser's IndexedDB
// until the request ends, and as an AGE-SECRET-KEY file if the requester saves one. Browsers delete
// from their databases in their own time: what matters is that the key opens one request only, and
// that site and holders took part in that.
import { wipe } from './bytes';

export interface Identity {
    readonly recipient: string; // age1…
    readonly secret: Uint8Array; // 32 bytes
    readonly text: string; // AGE-SECRET-KEY-1…
}

const database = 'scrim-vault';
const store = 'identities';

function done<T>(request: IDBRequest<T>): Promise<T> {
    return new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error('IndexedDB'));
    });
}

async function withStore<T>(
    mode: IDBTransactionMode,
    use: (identities: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
    const opening = indexedDB.open(database, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(store);
    const db = await done(opening);
    try {
        const transaction = db.transaction(store, mode, { durability: 'strict' });
        const result = await done(use(transaction.objectStore(store)));
        if (mode === 'readwrite')
            await new Promise<void>((resolve, reject) => {
                transaction.oncomplete = () => resolve();
                transaction.onabort = () => reject(transaction.error ?? new Error('IndexedDB'));
                transaction.onerror = transaction.onabort;
            });
        return result;
    } finally {
        db.close();
    }
}

// Under the recipient, which the request's document names: known before the request has a number.
export async function keepIdentity(identity: Identity): Promise<void> {
    await withStore('readwrite', (identities) => identities.put(identity, identity.recipient));
}

// Null if it was never kept here, or was forgotten. The caller wipes what it gets.
export async function identityOf(recipient: string): Promise<Identity | null> {
    const found: unknown = await withStore('readonly', (identities) => identities.get(recipient));
    return (found as Identity | undefined) ?? null;
}

// Overwrites the secret, then deletes it: when the request was ended, withdrawn, or has expired.
export async function forgetIdentity(recipient: string): Promise<void> {
    const found = await identityOf(recipient);
    if (!found) return;
    wipe(found.secret);
    await withStore('readwrite', (identities) =>
        identities.put({ recipient, secret: found.secret, text: '' }, recipient),
    );
    await withStore('readwrite', (identities) => identities.delete(recipient));
}

// Of all that are kept here; the room forgets those whose requests are over.
export async function keptRecipients(): Promise<string[]> {
    const keys = await withStore('readonly', (identities) => identities.getAllKeys());
    return keys.filter((key) => typeof key === 'string');
}

// To be saved by the requester, as age-keygen would write it.
export function identityFile(identity: Identity, made: Date): Blob {
    const lines = [
        `# created: ${made.toISOString()}`,
        `# public key: ${identity.recipient}`,
        identity.text,
    ];
    return new Blob([`${lines.join('\n')}\n`], { type: 'text/plain' });
}
