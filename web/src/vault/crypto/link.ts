// One worker, seen from the page: calls become promises, and its end ends them all.
import { VaultError } from './failure';
import type { Answer, Input, Method, Output } from './protocol';
import type { OnProgress } from './types';

interface Waiting {
    resolve: (result: unknown) => void;
    reject: (error: Error) => void;
    onProgress: OnProgress | undefined;
}

export class Link {
    readonly #worker: Worker;
    readonly #waiting = new Map<number, Waiting>();
    #calls = 0;
    #closed: VaultError | null = null;

    constructor() {
        this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
            type: 'module',
            name: 'scrim-vault',
        });
        this.#worker.onmessage = (event: MessageEvent<Answer>) => this.#take(event.data);
        this.#worker.onerror = (event) =>
            this.close(new VaultError('worker', event.message || 'the worker cannot be started'));
        this.#worker.onmessageerror = () =>
            this.close(new VaultError('worker', 'an answer cannot be read'));
    }

    call<M extends Method>(
        method: M,
        input: Input<M>,
        onProgress?: OnProgress,
        transfer: Transferable[] = [],
    ): Promise<Output<M>> {
        if (this.#closed) return Promise.reject(this.#closed);
        const call = ++this.#calls;
        return new Promise<Output<M>>((resolve, reject) => {
            this.#waiting.set(call, {
                resolve: resolve as (result: unknown) => void,
                reject,
                onProgress,
            });
            this.#worker.postMessage({ call, method, input }, transfer);
        });
    }

    // Ends the worker and everything that is under way, at once.
    close(why = new VaultError('cancelled', 'cancelled')): void {
        if (this.#closed) return;
        this.#closed = why;
        this.#worker.terminate();
        for (const { reject } of this.#waiting.values()) reject(why);
        this.#waiting.clear();
    }

    #take(answer: Answer): void {
        const waiting = this.#waiting.get(answer.call);
        if (!waiting) return;
        if (answer.kind === 'progress') {
            waiting.onProgress?.(answer.progress);
            return;
        }
        this.#waiting.delete(answer.call);
        if (answer.kind === 'result') {
            waiting.resolve(answer.result);
            return;
        }
        const { code, text, holder, segment } = answer;
        waiting.reject(new VaultError(code, text, { holder, segment }));
    }
}

// A worker for one call, ended with it, or by the signal.
export async function once<T>(
    signal: AbortSignal | undefined,
    use: (link: Link) => Promise<T>,
): Promise<T> {
    if (signal?.aborted) throw new VaultError('cancelled', 'cancelled');
    const link = new Link();
    const cancel = (): void => link.close();
    signal?.addEventListener('abort', cancel);
    try {
        return await use(link);
    } finally {
        signal?.removeEventListener('abort', cancel);
        link.close();
    }
}
