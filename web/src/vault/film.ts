// The originals of one camera in a video element, segment after segment: what the worker opened
// goes into the browser's media source and nowhere else. Media time is seconds since the range's
// beginning.
import { closeSource, openSource, rangeAt, Source } from '../media';
import { Value } from '../value';
import { beginOf, BoxStream, dropRun, dropTrack, mimeOf, type Track, tracksOf } from './boxes';
import type { Opening, SealedSource } from './crypto/client';

export type Phase =
    | { kind: 'loading' | 'shown' | 'ended' | 'nothing' }
    | { kind: 'unplayable'; codec: string }
    | { kind: 'failed'; error: unknown };

export interface Part {
    index: number; // in the request
    from: number; // seconds of media time
    to: number;
}

const aheadSeconds = 30;
const keepBehindSeconds = 20;
const tickMs = 100;
const joinSeconds = 0.3; // segments may miss each other by a frame or two
const nearEnd = 0.15;

export class OriginalFilm {
    readonly phase = new Value<Phase>({ kind: 'loading' });
    readonly sound = new Value<boolean>(true); // false: set aside, this browser cannot play it
    readonly #abort = new AbortController();
    readonly #timer: ReturnType<typeof setInterval>;
    #source: MediaSource;
    #buffer: SourceBuffer | null = null;
    #feed = new AbortController(); // of the run through the segments that is under way
    #fetched = 0; // media time up to which all there is has gone in

    constructor(
        private readonly video: HTMLVideoElement,
        private readonly opening: Opening,
        private readonly source: (segment: number) => SealedSource,
        private readonly parts: readonly Part[],
    ) {
        const attached = openSource(video);
        this.#source = attached.source;
        void attached.opened.then(() => this.seek(0));
        video.addEventListener('error', this.#broken);
        this.#timer = setInterval(() => this.#tick(), tickMs);
    }

    destroy(): void {
        clearInterval(this.#timer);
        this.#abort.abort();
        this.#feed.abort();
        this.video.removeEventListener('error', this.#broken);
        this.video.pause();
        closeSource(this.video);
    }

    get at(): number {
        return this.video.currentTime;
    }

    seek(to: number): void {
        if (this.#abort.signal.aborted) return;
        const target = Math.max(0, to);
        this.video.currentTime = target;
        const held = this.#buffer && rangeAt(this.#buffer.buffered, target) >= 0;
        if (!held) this.#start(target);
    }

    #broken = (): void => this.#fail(this.video.error);

    #fail(error: unknown): void {
        if (!this.#abort.signal.aborted) this.phase.set({ kind: 'failed', error });
    }

    #start(from: number): void {
        this.#feed.abort();
        this.#feed = new AbortController();
        const first = this.parts.findIndex((part) => part.to > from);
        if (this.parts.length === 0 || first < 0) {
            this.#fetched = Infinity;
            this.phase.set({ kind: this.parts.length === 0 ? 'nothing' : 'ended' });
            return;
        }
        this.phase.set({ kind: 'loading' });
        this.#fetched = from;
        const { signal } = this.#feed;
        this.#run(first, signal).catch((error: unknown) => {
            if (!signal.aborted) this.#fail(error);
        });
    }

    async #run(first: number, signal: AbortSignal): Promise<void> {
        if (this.#buffer) {
            await settled(this.#buffer, signal);
            this.#buffer.abort(); // of a segment that was given up half way
            if (this.#buffer.buffered.length > 0) this.#buffer.remove(0, Infinity);
            await settled(this.#buffer, signal);
        }
        for (const part of this.parts.slice(first)) {
            await this.#room(signal);
            await this.#append(part, signal);
            this.#fetched = part.to;
        }
        this.#fetched = Infinity;
    }

    // Waits until playback has come close to what is held.
    async #room(signal: AbortSignal): Promise<void> {
        while (this.#fetched - this.at > aheadSeconds) {
            await new Promise((resolve) => setTimeout(resolve, tickMs));
            signal.throwIfAborted();
        }
    }

    async #append(part: Part, signal: AbortSignal): Promise<void> {
        const stream = new BoxStream();
        const kept = new Layout(part.from);
        for await (const piece of this.opening.read(part.index, this.source(part.index), signal)) {
            signal.throwIfAborted();
            for (const { type, bytes } of stream.push(piece)) {
                if (type === 'moov') this.#begin(kept, bytes);
                if (type === 'moof') kept.fragment(bytes);
                const ready = kept.take(bytes);
                for (const each of ready) await this.#feedOne(kept, each, signal);
            }
        }
    }

    #begin(kept: Layout, moov: Uint8Array<ArrayBuffer>): void {
        kept.init(moov, (mime) => Source?.isTypeSupported(mime) ?? false);
        if (kept.mime === null) {
            const codec = kept.codec;
            this.#feed.abort();
            this.phase.set({ kind: 'unplayable', codec });
            throw new DOMException(`This browser cannot play ${codec}.`, 'NotSupportedError');
        }
        if (!kept.sound) this.sound.set(false);
        this.#buffer ??= this.#source.addSourceBuffer(kept.mime);
    }

    async #feedOne(
        kept: Layout,
        bytes: Uint8Array<ArrayBuffer>,
        signal: AbortSignal,
    ): Promise<void> {
        const buffer = this.#buffer;
        if (!buffer) return;
        await settled(buffer, signal);
        if (kept.fresh) {
            buffer.abort();
            buffer.changeType(kept.mime ?? '');
            buffer.timestampOffset = kept.offset;
            kept.fresh = false;
        }
        for (;;) {
            try {
                buffer.appendBuffer(bytes);
                await settled(buffer, signal);
                return;
            } catch (error) {
                const full = error instanceof DOMException && error.name === 'QuotaExceededError';
                if (!full) throw error;
                await this.#drop(buffer, signal);
            }
        }
    }

    async #drop(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
        const until = this.at - keepBehindSeconds;
        if (buffer.buffered.length > 0 && buffer.buffered.start(0) < until) {
            buffer.remove(0, until);
            await settled(buffer, signal);
            return;
        }
        await new Promise((resolve) => setTimeout(resolve, tickMs));
        signal.throwIfAborted();
    }

    // Over holes between segments, and to the end.
    #tick(): void {
        const kind = this.phase.get().kind;
        if (!this.#buffer || kind === 'unplayable' || kind === 'failed') return;
        const ranges = this.#buffer.buffered;
        const { at } = this;
        const index = rangeAt(ranges, at);
        const last = index >= 0 && ranges.end(index) - at < nearEnd;
        if (index >= 0 && !last) {
            this.phase.set({ kind: 'shown' });
            return;
        }
        for (let i = 0; i < ranges.length; i++) {
            const start = ranges.start(i);
            if (start <= at + nearEnd) continue;
            if (start - at < joinSeconds || this.#fetched >= start) {
                this.video.currentTime = start + 0.001;
                return;
            }
        }
        if (this.#fetched === Infinity) {
            if (index < 0 && ranges.length === 0) this.phase.set({ kind: 'nothing' });
            else this.phase.set({ kind: 'ended' });
        } else if (index < 0) this.phase.set({ kind: 'loading' });
    }
}

// How one segment goes in: its beginning waits until the first fragment says where it lies.
class Layout {
    mime: string | null = null;
    codec = '';
    sound = true;
    fresh = true;
    offset = 0;
    #tracks: Track[] = [];
    #dropped: Track[] = [];
    #waiting: Uint8Array<ArrayBuffer>[] | null = [];

    constructor(private readonly from: number) {}

    init(moov: Uint8Array<ArrayBuffer>, plays: (mime: string) => boolean): void {
        const all = tracksOf(moov);
        const pictures = all.filter(({ kind }) => kind === 'video');
        this.codec = pictures[0]?.codec ?? '';
        const silent = !plays(mimeOf(all));
        this.#tracks = silent ? pictures : all;
        this.#dropped = silent ? all.filter(({ kind }) => kind === 'sound') : [];
        this.sound = this.#dropped.length === 0;
        for (const track of this.#dropped) dropTrack(moov, track);
        this.mime = plays(mimeOf(this.#tracks)) ? mimeOf(this.#tracks) : null;
    }

    fragment(moof: Uint8Array<ArrayBuffer>): void {
        for (const track of this.#dropped) dropRun(moof, track);
        const picture = this.#tracks.find(({ kind }) => kind === 'video');
        const begin = picture && this.#waiting ? beginOf(moof, picture) : null;
        if (begin === null || begin === undefined) return;
        this.offset = this.from - begin;
    }

    // What may go in now: nothing before the first fragment is there.
    take(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
        if (!this.#waiting) return [bytes];
        this.#waiting.push(bytes);
        const type = String.fromCharCode(...bytes.subarray(4, 8));
        if (type !== 'moof') return [];
        const ready = this.#waiting;
        this.#waiting = null;
        return ready;
    }
}

async function settled(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
    while (buffer.updating)
        await new Promise((resolve) =>
            buffer.addEventListener('updateend', resolve, { once: true }),
        );
    signal.throwIfAborted();
}
