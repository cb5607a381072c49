// Chunks of what is known about a stretch of time, fetched as they come into view and kept. Visible
// ones come first, then their neighbours; what is no longer looked at is not asked for.
import { ApiError, LinkError } from '../api';
import { lostSince, serverNow } from '../state';
import { Value } from '../value';
import {
    type ChunkId,
    chunkName,
    chunkRange,
    chunksOf,
    levelFor,
    type Piece,
    resolve,
} from './chunks';
import type { Range } from './scale';

const atOnce = 4; // requests
const keptChunks = 160;
const freshMs = 5000; // how often what is still growing is asked for again
const settlingMs = 150_000; // a segment enters the record when it is whole
const retryMs = 2000;

interface Chunk<T> {
    data: T;
    at: number; // server time when it was asked for
}

export class ChunkStore<T> {
    readonly version = new Value<number>(0); // grows with everything that is learnt
    readonly failed = new Value<boolean>(false);
    readonly #chunks = new Map<string, Chunk<T>>(); // oldest use first
    readonly #asked = new Set<string>();
    #view: { range: Range; width: number } | null = null;
    #timer: ReturnType<typeof setTimeout> | undefined;
    #abort = new AbortController();

    constructor(private readonly load: (range: Range, signal: AbortSignal) => Promise<T>) {}

    // What is looked at now: what is missing of it will come.
    look(range: Range, width: number): void {
        this.#view = { range, width };
        this.#pump();
    }

    pieces(range: Range, width: number): Piece<T>[] {
        return resolve(
            range,
            levelFor(range, width),
            (id) => this.#chunks.get(chunkName(id))?.data,
        );
    }

    // Whether all that is visible is there, at the right scale.
    get complete(): boolean {
        if (!this.#view) return false;
        const { range, width } = this.#view;
        return this.#wanted(chunksOf(range, levelFor(range, width))).length === 0;
    }

    // Forgets everything, for other cameras or after a loss.
    clear(): void {
        this.#abort.abort();
        this.#abort = new AbortController();
        this.#chunks.clear();
        this.#asked.clear();
        this.version.set(this.version.get() + 1);
    }

    close(): void {
        clearTimeout(this.#timer);
        this.#view = null;
        this.#abort.abort();
    }

    #stale(id: ChunkId, chunk: Chunk<T>): boolean {
        const growing = chunkRange(id).to > chunk.at - settlingMs;
        const pixel = 2 ** id.level;
        return growing && serverNow() - chunk.at > Math.max(freshMs, pixel);
    }

    #wanted(ids: readonly ChunkId[]): ChunkId[] {
        const now = serverNow();
        return ids.filter((id) => {
            const chunk = this.#chunks.get(chunkName(id));
            return (!chunk || this.#stale(id, chunk)) && chunkRange(id).from < now;
        });
    }

    #pump(): void {
        if (!this.#view || lostSince.get() !== null) {
            this.#later();
            return;
        }
        const { range, width } = this.#view;
        const level = levelFor(range, width);
        const visible = this.#wanted(chunksOf(range, level));
        const beside = visible.length > 0 ? [] : this.#wanted(chunksOf(range, level, 1));
        for (const id of [...visible, ...beside]) {
            if (this.#asked.size >= atOnce) break;
            if (!this.#asked.has(chunkName(id))) void this.#ask(id);
        }
        this.#later();
    }

    #later(): void {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#pump(), this.failed.get() ? retryMs : freshMs);
    }

    async #ask(id: ChunkId): Promise<void> {
        const name = chunkName(id);
        const { signal } = this.#abort;
        const at = serverNow();
        this.#asked.add(name);
        try {
            const data = await this.load(chunkRange(id), signal);
            if (signal.aborted) return;
            this.#keep(name, { data, at });
            this.failed.set(false);
        } catch (error) {
            if (signal.aborted) return;
            if (!(error instanceof ApiError || error instanceof LinkError)) throw error;
            this.failed.set(true);
        } finally {
            if (!signal.aborted) this.#asked.delete(name);
        }
        if (this.failed.get()) this.#later();
        else this.#pump();
    }

    #keep(name: string, chunk: Chunk<T>): void {
        this.#chunks.delete(name);
        this.#chunks.set(name, chunk);
        for (const oldest of this.#chunks.keys()) {
            if (this.#chunks.size <= keptChunks) break;
            this.#chunks.delete(oldest);
        }
        this.version.set(this.version.get() + 1);
    }
}
