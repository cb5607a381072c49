// The vault's cryptography, as the rooms use it. Everything secret happens in a worker that is made
// for the purpose and ended after it; what is not a document the site already has never leaves that
// worker, except a requester's own plaintext. All failures are VaultErrors (failure.ts).
import type { DecideInput, ReviewInput } from './decide';
import { VaultError } from './failure';
import type { Identity } from './identity';
import { Link, once } from './link';
import type { OpenInput } from './open';
import { pump, type RemoteReader } from './pump';
import type { OpenedFacts } from './service';
import type { ExportHeader, OnProgress, Opening, Reviewed, SealedSource } from './types';

export { VaultError, type FailureCode } from './failure';
export {
    forgetIdentity,
    identityFile,
    identityOf,
    keepIdentity,
    keptRecipients,
    type Identity,
} from './identity';
export { parseShareFile, type ShareFile } from './shareFile';
export { httpSource } from './source';
export * from './types';

// What a holder is about to decide on, read from the exact documents and checked: that they fit each
// other and this vault, that every segment lies inside the request, that no seal was moved. Show
// this, not what the desk says beside it.
export function reviewRequest(
    input: ReviewInput,
    onProgress?: OnProgress,
    signal?: AbortSignal,
): Promise<Reviewed> {
    return once(signal, (link) => link.call('review', input, onProgress));
}

// A holder's decision: the exact bytes for POST /requests/{request}/decisions. Checks everything
// reviewRequest does, then opens the share, makes a part for each segment and signs. `share` and a
// token's answer are handed over: they are empty for the caller afterwards. To approve needs memory
// for the share's Argon2id (128 MiB) and some 0.5 ms a segment.
export function decide(
    input: DecideInput,
    onProgress?: OnProgress,
    signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
    return once(signal, (link) => {
        const secrets = [input.share.buffer as ArrayBuffer];
        if ('token' in input.unlock) secrets.push(input.unlock.token.buffer as ArrayBuffer);
        return link.call('decide', input, onProgress, secrets);
    });
}

// A fresh identity for one request. Keep it (keepIdentity) before the request is sent.
export function makeIdentity(): Promise<Identity> {
    return once(undefined, (link) => link.call('makeIdentity', undefined));
}

// From the text of a saved file.
export function readIdentity(text: string): Promise<Identity> {
    return once(undefined, (link) => link.call('readIdentity', { text }));
}

class RemoteOpening implements Opening {
    readonly id: string;
    readonly request;
    readonly segments;
    readonly shredded;
    readonly faults;
    readonly #link: Link;

    constructor(link: Link, facts: OpenedFacts) {
        this.#link = link;
        this.id = facts.id;
        this.request = facts.request;
        this.segments = facts.segments;
        this.shredded = facts.shredded;
        this.faults = facts.faults;
    }

    async *read(index: number, source: SealedSource, signal?: AbortSignal) {
        const reading = await this.#link.call('begin', { index, quiet: false });
        yield* pump(this.#reader(reading), source, signal);
    }

    async headers(
        exportTo: string,
        source: (index: number) => SealedSource,
        onProgress?: OnProgress,
        signal?: AbortSignal,
    ): Promise<ExportHeader[]> {
        const headers: ExportHeader[] = [];
        const total = this.segments.length;
        for (const [index, { whole }] of this.segments.entries()) {
            onProgress?.({ step: 'headers', done: index, total });
            if (signal?.aborted) throw new VaultError('cancelled', 'cancelled');
            if (this.shredded.includes(index)) continue;
            headers.push(
                whole
                    ? await this.#link.call('header', { index, exportTo, reading: null })
                    : await this.#headerOfTorn(index, exportTo, source(index), signal),
            );
        }
        onProgress?.({ step: 'headers', done: total, total });
        return headers;
    }

    close(): void {
        this.#link.close();
    }

    async #headerOfTorn(
        index: number,
        exportTo: string,
        source: SealedSource,
        signal: AbortSignal | undefined,
    ): Promise<ExportHeader> {
        const reading = await this.#link.call('begin', { index, quiet: true });
        const reader = this.#reader(reading);
        try {
            for await (const _ of pump({ ...reader, close: () => {} }, source, signal));
            return await this.#link.call('header', { index, exportTo, reading });
        } finally {
            reader.close();
        }
    }

    #reader(reading: number): RemoteReader {
        const link = this.#link;
        return {
            push: (bytes) =>
                link.call('push', { reading, bytes }, undefined, [bytes.buffer as ArrayBuffer]),
            pushTail: (tail) => link.call('pushTail', { reading, tail }),
            finish: () => link.call('finish', { reading }),
            // A worker that has ended has forgotten it anyway.
            close: () => void link.call('close', { reading }).catch(() => {}),
        };
    }
}

// Opens what k holders agreed to. `identity.secret` is copied; the worker wipes its copy. The file
// keys live in the worker until close(). The signal ends the opening while it is being made.
export async function openRequest(
    input: Omit<OpenInput, 'identity'> & { identity: Identity },
    onProgress?: OnProgress,
    signal?: AbortSignal,
): Promise<Opening> {
    if (signal?.aborted) throw new VaultError('cancelled', 'cancelled');
    const link = new Link();
    const cancel = (): void => link.close();
    signal?.addEventListener('abort', cancel);
    try {
        const plain = { ...input, identity: input.identity.secret };
        return new RemoteOpening(link, await link.call('open', plain, onProgress));
    } catch (error) {
        link.close();
        throw error;
    } finally {
        signal?.removeEventListener('abort', cancel);
    }
}
