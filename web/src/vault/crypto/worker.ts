// The vault's worker. All that is secret in an opening is in its memory and nowhere else: shares,
// passphrases, partials, hour keys, file keys. Whoever started it ends it with terminate(), which
// gives the memory back, WebAssembly's included; until then each secret is overwritten where its use
// ends. What JavaScript cannot overwrite are strings (a passphrase, a bare share in its file), and
// libsodium's wrappers leave copies on WebAssembly's heap: both end with the worker.
import { VaultError } from './failure';
import type { Answer, Call } from './protocol';
import { Service } from './service';
import { loadSodium } from './sodium';
import type { Progress } from './types';

const progressMs = 50;
const service = new Service();
const loaded = loadSodium();

// Progress as often as an eye can follow, and each step's first and last.
function throttled(post: (progress: Progress) => void): (progress: Progress) => void {
    let last = 0;
    return (progress) => {
        const now = performance.now();
        const edge = progress.done === 0 || progress.done === progress.total;
        if (!edge && now - last < progressMs) return;
        last = now;
        post(progress);
    };
}

// Plaintext and documents are handed over, not copied.
function buffersOf(value: unknown): Transferable[] {
    if (value instanceof Uint8Array) return [value.buffer as ArrayBuffer];
    if (Array.isArray(value)) return value.flatMap(buffersOf);
    const plain = (value as { plain?: unknown } | null | undefined)?.plain;
    return plain === undefined ? [] : buffersOf(plain);
}

async function answer({ call, method, input }: Call): Promise<void> {
    const post = (message: Answer, transfer: Transferable[] = []): void =>
        postMessage(message, { transfer });
    try {
        await loaded;
        const run = service[method] as (input: unknown, onProgress: unknown) => unknown;
        const onProgress = throttled((progress) => post({ call, kind: 'progress', progress }));
        const result = run.call(service, input, onProgress);
        post({ call, kind: 'result', result }, buffersOf(result));
    } catch (error) {
        const about = error instanceof VaultError ? error : null;
        post({
            call,
            kind: 'failure',
            code: about?.code ?? 'worker',
            text: error instanceof Error ? error.message : String(error),
            holder: about?.holder ?? null,
            segment: about?.segment ?? null,
        });
    }
}

addEventListener('message', (event: MessageEvent<Call>) => void answer(event.data));
