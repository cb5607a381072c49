// The originals of one camera in a video element, segment after segment: what the worker opened
// goes into the browser's media source and nowhere else. Media time is seconds since the range's
// beginning.
import { closeSource, openSource, rangeAt } from '../media';
import { Value } from '../value';
import { BoxStream } from './boxes';
import type { Opening, SealedSource } from './crypto/client';
import { dropBehind, Layout, settled } from './place';

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
        from: number, // where playback begins, or nothing is recorded until later
    ) {
        const attached = openSource(video);
        this.#source = attached.source;
        void attached.opened.then(() => this.seek(from));
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
        const layout = new Layout(part.from);
        for await (const piece of this.opening.read(part.index, this.source(part.index), signal)) {
            signal.throwIfAborted();
            for (const { type, bytes } of stream.push(piece)) {
                const ready = layout.box(type, bytes);
                if (type === 'moov') this.#begin(layout);
                const buffer = this.#buffer;
                for (const each of buffer ? ready : [])
                    await layout.append(
                        buffer as SourceBuffer,
                        each,
                        () =>
                            dropBehind(buffer as SourceBuffer, this.at, keepBehindSeconds, signal),
                        signal,
                    );
            }
        }
    }

    #begin({ mime, codec, sound }: Layout): void {
        if (mime === null) {
            this.#feed.abort();
            this.phase.set({ kind: 'unplayable', codec });
            throw new DOMException(`This browser cannot play ${codec}.`, 'NotSupportedError');
        }
        if (!sound) this.sound.set(false);
        this.#buffer ??= this.#source.addSourceBuffer(mime);
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
