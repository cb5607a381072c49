// The vault's cryptography, as the rooms use it. Everything secret happens in a worker that is made
// for the purpose and ended after it; what is not a document the site already has never leaves that
// worker, except a requester's own plaintext. All failures are VaultErrors (failure.ts).
import type { DecideInput, ReviewInput } from './decide';
import { VaultError } from './failure';
import type { Identity } from './identity';
import { Link, once } from './link';
import type { OpenInput } from './open';
import { pump, type RemoteReader } from './pump';
import type { ProtectInput } from './reprotect';
import type { OpenedFacts } from './service';
import type {
    ExportHeader,
    OnProgress,
    Opening,
    Progress,
    Reviewed,
    SealedSource,
    Unlock,
} from './types';

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
export type { RemoteReader } from './pump';
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

// Whether a share file opens so: throws if not. What is given stays as it is.
export function tryShare(share: Uint8Array, unlock: Unlock): Promise<void> {
    return once(undefined, (link) => link.call('tryShare', { share, unlock }));
}

// The same share under a security token: the bytes of another share file. What is given in secrets
// is handed over.
export function protectShare(input: ProtectInput): Promise<Uint8Array<ArrayBuffer>> {
    const secrets = [input.share.buffer as ArrayBuffer, input.answer.buffer as ArrayBuffer];
    if ('token' in input.unlock) secrets.push(input.unlock.token.buffer as ArrayBuffer);
    return once(undefined, (link) => link.call('protect', input, undefined, secrets));
}

// A fresh identity for one request. Keep it (keepIdentity) before the request is sent.
export function makeIdentity(): Promise<Identity> {
    return once(undefined, (link) => link.call('makeIdentity', undefined));
}

// From the text of a saved file.
export function readIdentity(text: string): Promise<Identity> {
    return once(undefined, (link) => link.call('readIdentity', { text }));
}

// Segments by turns over the workers: each holds the keys of its own.
// A worker that holds the emergency keys of a break of glass, until close().
export class GlassWorker {
    readonly #link = new Link();

    // From an age file for the identity; the secret is copied.
    keys(file: Uint8Array, identity: Identity): Promise<number> {
        return this.#link.call('glassKeys', { file, identity: identity.secret });
    }

    // Reads the sealed segment that begins with these bytes, all of its header among them. Null if
    // none of the keys is for it. Push all of the file, from its beginning.
    async read(front: Uint8Array): Promise<RemoteReader | null> {
        const reading = await this.#link.call('glassBegin', { front });
        return reading === null ? null : remoteReader(this.#link, reading);
    }

    close(): void {
        this.#link.close();
    }
}

// A SegmentReader in the worker.
function remoteReader(link: Link, reading: number): RemoteReader {
    return {
        push: (bytes) =>
            link.call('push', { reading, bytes }, undefined, [bytes.buffer as ArrayBuffer]),
        pushTail: (tail) => link.call('pushTail', { reading, tail }),
        finish: () => link.call('finish', { reading }),
        // A worker that has ended has forgotten it anyway.
        close: () => void link.call('close', { reading }).catch(() => {}),
    };
}

class RemoteOpening implements Opening {
    readonly id: string;
    readonly request;
    readonly segments;
    readonly shredded;
    readonly faults;
    readonly #links: readonly Link[];

    constructor(links: readonly Link[], facts: readonly OpenedFacts[]) {
        const [first] = facts as [OpenedFacts, ...OpenedFacts[]];
        this.#links = links;
        this.id = first.id;
        this.request = first.request;
        this.segments = first.segments;
        this.shredded = facts.flatMap(({ shredded }) => shredded).sort((a, b) => a - b);
        // Each worker may have found the same.
        const faults = facts.flatMap((each) => each.faults);
        const names = faults.map(({ holder, code }) => `${code} ${holder}`);
        this.faults = faults.filter((_, i) => names.indexOf(names[i] ?? '') === i);
    }

    async *read(index: number, source: SealedSource, signal?: AbortSignal) {
        const reading = await this.#link(index).call('begin', { index, quiet: false });
        yield* pump(this.#reader(index, reading), source, signal);
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
                    ? await this.#link(index).call('header', {
                          index,
                          exportTo,
                          reading: null,
                      })
                    : await this.#headerOfTorn(index, exportTo, source(index), signal),
            );
        }
        onProgress?.({ step: 'headers', done: total, total });
        return headers;
    }

    close(): void {
        for (const link of this.#links) link.close();
    }

    async #headerOfTorn(
        index: number,
        exportTo: string,
        source: SealedSource,
        signal: AbortSignal | undefined,
    ): Promise<ExportHeader> {
        const link = this.#link(index);
        const reading = await link.call('begin', { index, quiet: true });
        const reader = this.#reader(index, reading);
        try {
            for await (const _ of pump({ ...reader, close: () => {} }, source, signal));
            return await link.call('header', { index, exportTo, reading });
        } finally {
            reader.close();
        }
    }

    #link(index: number): Link {
        return this.#links[index % this.#links.length] as Link;
    }

    #reader(index: number, reading: number): RemoteReader {
        return remoteReader(this.#link(index), reading);
    }
}

// One worker puts together some 500 segments a second, k = 3; more of them begin where that is felt.
// The list has about 700 bytes a segment.
function workersFor(list: Uint8Array): number {
    const wanted = Math.ceil(list.length / 100_000);
    return Math.max(1, Math.min(wanted, 4, navigator.hardwareConcurrency));
}

// One progress of several workers, each of which tells its own.
function joined(count: number, onProgress: OnProgress | undefined): OnProgress[] {
    const latest: Progress[] = [];
    return Array.from({ length: count }, (_, nth) => (progress: Progress) => {
        latest[nth] = progress;
        const known = latest.filter((each) => each?.step === progress.step);
        const done = known.reduce((sum, each) => sum + each.done, 0);
        const total = known.reduce((sum, each) => sum + each.total, 0);
        const unknown = (count - known.length) * progress.total;
        onProgress?.({ step: progress.step, done, total: total + unknown });
    });
}

// Opens what k holders agreed to. `identity.secret` is copied; the workers wipe their copies. The
// file keys live in the workers until close(). The signal ends the opening while it is being made.
export async function openRequest(
    input: Omit<OpenInput, 'identity' | 'part'> & { identity: Identity },
    onProgress?: OnProgress,
    signal?: AbortSignal,
): Promise<Opening> {
    if (signal?.aborted) throw new VaultError('cancelled', 'cancelled');
    const { identity, ...papers } = input;
    const links = Array.from({ length: workersFor(input.segments) }, () => new Link());
    const cancel = (): void => links.forEach((link) => link.close());
    const tell = joined(links.length, onProgress);
    signal?.addEventListener('abort', cancel);
    try {
        const facts = await Promise.all(
            links.map((link, nth) => {
                const part = { nth, of: links.length };
                return link.call('open', { ...papers, identity: identity.secret, part }, tell[nth]);
            }),
        );
        return new RemoteOpening(links, facts);
    } catch (error) {
        cancel();
        throw error;
    } finally {
        signal?.removeEventListener('abort', cancel);
    }
}
