// The files of one camera's redacted archive, in the order in which they play: lists them piece by
// piece as playback goes on, and remembers which were taken.
import { api } from '../api';
import { serverNow } from '../state';
import type { Recording } from '../types';
import { clipFrom, mergeClips } from './clips';

const spanMs = 2 * 3600_000; // listed at once; doubled over each stretch that holds nothing
const longestSpanMs = 60 * 86_400_000; // the API lists 62 days
const freshMs = 5000; // how often to look for files that were begun meanwhile

export class Shelf {
    #clips: Recording[] = [];
    #listedTo: number; // the files are known up to here
    #span = spanMs;
    #taken = new Set<string>();

    constructor(
        private readonly camera: string,
        from: number,
    ) {
        this.#listedTo = from;
    }

    // The first file not taken that ends after `at`; null while none is known.
    async next(at: number, signal: AbortSignal): Promise<Recording | null> {
        return this.untaken(at) ?? (await this.#list(at, signal));
    }

    untaken(at: number): Recording | null {
        return clipFrom(
            this.#clips.filter((clip) => !this.#taken.has(clip.url)),
            at,
        );
    }

    // A file that was still being written, as it is now; null when it is gone.
    async renew(clip: Recording, signal: AbortSignal): Promise<Recording | null> {
        const present = serverNow();
        const listed = await api.recordings(this.camera, clip.start_ms, present, signal);
        signal.throwIfAborted();
        this.#clips = mergeClips(this.#clips, listed);
        this.#listedTo = Math.max(this.#listedTo, present);
        return listed.find(({ url }) => url === clip.url) ?? null;
    }

    take(clip: Recording): void {
        this.#taken.add(clip.url);
    }

    // Whether there is nothing more to list: what comes next has still to be written.
    get exhausted(): boolean {
        return this.#listedTo > serverNow() - 2 * freshMs;
    }

    async #list(at: number, signal: AbortSignal): Promise<Recording | null> {
        const present = serverNow();
        if (this.#listedTo > present - freshMs) return null;
        const from = Math.min(at, this.#listedTo);
        const to = Math.min(present, Math.max(at, this.#listedTo) + this.#span);
        const listed = await api.recordings(this.camera, from, to, signal);
        signal.throwIfAborted();
        this.#clips = mergeClips(this.#clips, listed);
        this.#listedTo = to;
        this.#span = listed.length > 0 ? spanMs : Math.min(longestSpanMs, this.#span * 2);
        return this.untaken(at);
    }
}
