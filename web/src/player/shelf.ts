// The files of one camera's redacted archive, in the order in which they play: lists them piece by
// piece as playback goes on, and remembers which were taken.
import { api } from '../api';
import { serverNow } from '../state';
import type { Recording } from '../types';
import { clipFrom, mergeClips, sortClips } from './clips';

const spanMs = 2 * 3600_000; // listed at once; doubled over each stretch that holds nothing
const freshMs = 5000; // how often to look for files that were finished meanwhile
const lookBackMs = 300_000; // how far back the newest file can lie

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
        return this.#untaken(at) ?? (await this.#list(at, signal));
    }

    take(clip: Recording): void {
        this.#taken.add(clip.url);
    }

    // Whether there is nothing more to list: what comes next has still to be written.
    get exhausted(): boolean {
        return this.#listedTo > serverNow() - 2 * freshMs;
    }

    // The last file that was finished before `at`.
    async newest(at: number, signal: AbortSignal): Promise<Recording | null> {
        const clips = await api.recordings(this.camera, at - lookBackMs, at, signal);
        signal.throwIfAborted();
        return sortClips(clips).at(-1) ?? null;
    }

    #untaken(at: number): Recording | null {
        return clipFrom(
            this.#clips.filter((clip) => !this.#taken.has(clip.url)),
            at,
        );
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
        this.#span = listed.length > 0 ? spanMs : this.#span * 2;
        return this.#untaken(at);
    }
}
