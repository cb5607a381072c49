// Single pictures of the redacted archive: for thumbnails, and for playback too fast for every
// frame. Of each feed one request is under way at a time, and the newest wish replaces older ones:
// it never falls behind. What was fetched is kept, still encoded, for all feeds.
import { ApiError, LinkError, openStill } from '../api';
import { makeDecoder, type StillDecoder } from './decode';

export interface EncodedStill {
    at: number; // the key frame's instant
    bytes: ArrayBuffer;
}

const keptStills = 240; // some 30 kB each
const retryMs = 1000;

// Still pictures by camera; each answers for all instants from its own to the latest one that was
// asked for.
export class StillCache {
    readonly #kept = new Map<string, { still: EncodedStill; until: number }>(); // oldest use first

    constructor(private readonly size: number) {}

    find(camera: string, at: number): EncodedStill | null {
        for (const [key, entry] of this.#kept) {
            if (!key.startsWith(`${camera} `) || at < entry.still.at || at > entry.until) continue;
            this.#kept.delete(key);
            this.#kept.set(key, entry);
            return entry.still;
        }
        return null;
    }

    add(camera: string, asked: number, still: EncodedStill): void {
        const key = `${camera} ${still.at}`;
        const until = Math.max(asked, this.#kept.get(key)?.until ?? 0);
        this.#kept.delete(key);
        this.#kept.set(key, { still, until });
        for (const oldest of this.#kept.keys()) {
            if (this.#kept.size <= this.size) break;
            this.#kept.delete(oldest);
        }
    }
}

const cache = new StillCache(keptStills);

export class StillFeed {
    #wish: number | null = null;
    #busy = false;
    #drawn: number | null = null;
    #decoder: StillDecoder | null = null;
    readonly #abort = new AbortController();

    // `shown` is told the instant of each picture that was drawn; null: there is none.
    constructor(
        private readonly camera: string,
        private readonly canvas: HTMLCanvasElement,
        private readonly shown: (at: number | null) => void,
    ) {}

    want(at: number): void {
        this.#wish = at;
        if (!this.#busy) void this.#serve();
    }

    close(): void {
        this.#abort.abort();
        this.#wish = null;
        this.#decoder?.close();
    }

    async #serve(): Promise<void> {
        this.#busy = true;
        const { signal } = this.#abort;
        try {
            while (this.#wish !== null && !signal.aborted) {
                const at = this.#wish;
                this.#wish = null;
                await this.#one(at, signal);
            }
        } finally {
            this.#busy = false;
        }
    }

    async #one(at: number, signal: AbortSignal): Promise<void> {
        try {
            const still = cache.find(this.camera, at) ?? (await this.#fetch(at, signal));
            if (signal.aborted) return;
            if (still && still.at !== this.#drawn) await this.#draw(still, signal);
            if (signal.aborted) return;
            this.#drawn = still?.at ?? null;
            this.shown(this.#drawn);
        } catch (error) {
            if (signal.aborted) return;
            const expected = [ApiError, LinkError, TypeError, DOMException];
            if (!expected.some((kind) => error instanceof kind)) throw error;
            this.#drawn = null;
            this.shown(null);
            await new Promise((resolve) => setTimeout(resolve, retryMs));
        }
    }

    async #fetch(at: number, signal: AbortSignal): Promise<EncodedStill | null> {
        const still = await openStill(this.camera, at, signal);
        if (still) cache.add(this.camera, at, still);
        return still;
    }

    async #draw(still: EncodedStill, signal: AbortSignal): Promise<void> {
        this.#decoder ??= makeDecoder();
        await this.#decoder.decode(still.bytes, (image, width, height) => {
            if (signal.aborted) return;
            const { canvas } = this;
            if (canvas.width !== width || canvas.height !== height) {
                canvas.width = width;
                canvas.height = height;
            }
            canvas.getContext('2d')?.drawImage(image, 0, 0);
        });
    }
}
