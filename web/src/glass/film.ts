// One camera in the clear while glass is broken: from any moment of the last quarter of an hour up
// to now, and on with the segment that grows. Media time is seconds since `zeroMs`.
import { ApiError, refusal } from '../api';
import { closeSource, openSource, rangeAt } from '../media';
import { Value } from '../value';
import { BoxStream } from '../vault/boxes';
import { type GlassWorker, httpSource, type RemoteReader } from '../vault/crypto/client';
import { dropBehind, Layout, settled } from '../vault/place';
import { glassApi, type GlassSegment, segmentPath } from './api';

export type GlassPhase =
    | { kind: 'loading' | 'shown' | 'nothing' | 'locked' | 'over' }
    | { kind: 'unplayable'; codec: string }
    | { kind: 'failed'; error: unknown };

const headBytes = 8192; // more than any header
const blockBytes = 16 * (64 * 1024 + 16);
const followMs = 300; // between looks at the segment that grows
const listMs = 2000;
const tickMs = 200;
const targetLag = 1.6; // seconds behind the newest picture: it comes about every half second
const jumpLag = 5;
const keepBehindSeconds = 30;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class GlassFilm {
    readonly phase = new Value<GlassPhase>({ kind: 'loading' });
    readonly live = new Value<boolean>(true);
    readonly #abort = new AbortController();
    readonly #timers: ReturnType<typeof setInterval>[];
    readonly #source: MediaSource;
    #buffer: SourceBuffer | null = null;
    #feed = new AbortController();
    #list: GlassSegment[] = [];
    // A seek to where nothing is buffered is dropped by the browser: it waits here until something is.
    #wanted: number | null = null;

    constructor(
        private readonly video: HTMLVideoElement,
        private readonly camera: string,
        private readonly worker: GlassWorker,
        readonly zeroMs: number,
    ) {
        const { source, opened } = openSource(video);
        this.#source = source;
        video.addEventListener('error', this.#broken);
        this.#timers = [
            setInterval(() => this.#tick(), tickMs),
            setInterval(() => void this.#look(), listMs),
        ];
        void opened.then(() => this.seek(null));
    }

    destroy(): void {
        for (const timer of this.#timers) clearInterval(timer);
        this.#abort.abort();
        this.#feed.abort();
        this.video.removeEventListener('error', this.#broken);
        this.video.pause();
        closeSource(this.video);
    }

    // What is shown, in ms since 1970.
    get atMs(): number {
        return this.zeroMs + this.video.currentTime * 1000;
    }

    // To a moment; null: to now.
    seek(toMs: number | null): void {
        if (this.#abort.signal.aborted) return;
        this.live.set(toMs === null);
        this.phase.set({ kind: 'loading' });
        this.#feed.abort();
        this.#feed = new AbortController();
        const { signal } = this.#feed;
        this.#run(toMs, signal).catch((error: unknown) => {
            if (!signal.aborted) this.#fail(error);
        });
    }

    #broken = (): void => this.#fail(this.video.error);

    #fail(error: unknown): void {
        if (this.#abort.signal.aborted) return;
        this.#feed.abort();
        if (error instanceof ApiError && error.status === 410) this.phase.set({ kind: 'over' });
        else if (this.phase.get().kind !== 'unplayable') this.phase.set({ kind: 'failed', error });
    }

    async #look(): Promise<void> {
        try {
            this.#list = await glassApi.segments(this.camera, this.#abort.signal);
        } catch (error) {
            if (error instanceof ApiError && error.status === 410) this.#fail(error);
        }
    }

    async #run(toMs: number | null, signal: AbortSignal): Promise<void> {
        this.#list = await glassApi.segments(this.camera, signal);
        if (this.#list.length === 0) this.phase.set({ kind: 'nothing' });
        await this.#empty(signal);
        let next = this.#first(toMs);
        this.#wanted = toMs === null ? null : this.#secondsOf(toMs);
        while (!signal.aborted) {
            if (!next) {
                await pause(followMs);
                signal.throwIfAborted();
                next = this.#first(null); // the first one there is
                continue;
            }
            await this.#append(next, signal);
            next = await this.#after(next, signal);
        }
    }

    #secondsOf(ms: number): number {
        return Math.max(0, (ms - this.zeroMs) / 1000);
    }

    // The segment to begin with.
    #first(toMs: number | null): GlassSegment | undefined {
        if (toMs === null) return this.#list.at(-1);
        return this.#list.findLast(({ start_ms }) => start_ms <= toMs) ?? this.#list[0];
    }

    async #after(last: GlassSegment, signal: AbortSignal): Promise<GlassSegment> {
        for (;;) {
            const next = this.#list.find(({ start_ms }) => start_ms > last.start_ms);
            if (next) return next;
            await pause(followMs);
            signal.throwIfAborted();
        }
    }

    async #empty(signal: AbortSignal): Promise<void> {
        const buffer = this.#buffer;
        if (!buffer) return;
        await settled(buffer, signal);
        buffer.abort();
        if (buffer.buffered.length > 0) buffer.remove(0, Infinity);
        await settled(buffer, signal);
    }

    async #append(segment: GlassSegment, signal: AbortSignal): Promise<void> {
        const stream = new BoxStream();
        const layout = new Layout(this.#secondsOf(segment.start_ms));
        for await (const piece of this.#read(segment, signal))
            for (const { type, bytes } of stream.push(piece)) {
                const ready = layout.box(type, bytes);
                if (type === 'moov') this.#begin(layout);
                for (const each of ready) await this.#put(layout, each, signal);
            }
    }

    async #put(layout: Layout, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
        const buffer = this.#buffer;
        if (!buffer) return;
        const drop = (): Promise<void> =>
            dropBehind(buffer, this.video.currentTime, keepBehindSeconds, signal);
        await layout.append(buffer, bytes, drop, signal);
    }

    #begin({ mime, codec }: Layout): void {
        if (mime === null) {
            this.phase.set({ kind: 'unplayable', codec });
            throw new DOMException(`This browser cannot play ${codec}.`, 'NotSupportedError');
        }
        this.#buffer ??= this.#source.addSourceBuffer(mime);
    }

    // The plaintext of a segment as it becomes known; returns when there is another one after it.
    async *#read(segment: GlassSegment, signal: AbortSignal) {
        const url = segmentPath(this.camera, segment.name);
        const source = httpSource(url, `${url}/tail`, refusal);
        const front = await source.range(0, headBytes, signal);
        const reader = await this.worker.read(front);
        if (!reader) {
            this.phase.set({ kind: 'locked' });
            return;
        }
        try {
            yield* this.#follow(reader, source, segment, signal);
        } finally {
            reader.close();
        }
    }

    #isLast({ start_ms }: GlassSegment): boolean {
        return !this.#list.some((other) => other.start_ms > start_ms);
    }

    async *#follow(
        reader: RemoteReader,
        source: ReturnType<typeof httpSource>,
        segment: GlassSegment,
        signal: AbortSignal,
    ) {
        for (let at = 0; ; ) {
            const last = this.#isLast(segment); // before reading: then nothing more comes after it
            // With the byte before it, which is there: a file that has not grown is no failure.
            const known = at > 0 ? 1 : 0;
            const read = await source.range(at - known, at + blockBytes, signal);
            const bytes = read.slice(known);
            at += bytes.length;
            if (bytes.length > 0) {
                const { plain, ended } = await reader.push(bytes);
                yield* plain;
                if (ended) return;
            }
            if (bytes.length === blockBytes) continue;
            const tail = await source.tail(signal);
            const { plain, again } = tail
                ? await reader.pushTail(tail)
                : { plain: [], again: null };
            yield* plain;
            if (again !== null) at = again;
            else if (!last) return;
            else await pause(followMs);
            signal.throwIfAborted();
        }
    }

    // Close behind the newest picture, or on over holes.
    #tick(): void {
        const ranges = this.#buffer?.buffered;
        const { kind } = this.phase.get();
        if (!ranges || ranges.length === 0 || kind === 'unplayable' || kind === 'failed') return;
        const { video } = this;
        if (kind === 'over') return video.pause();
        if (!this.#arrive(ranges)) return;
        const index = rangeAt(ranges, video.currentTime);
        const end = ranges.end(ranges.length - 1);
        if (this.live.get()) this.#steer(end, index === ranges.length - 1);
        else if (index < 0 || ranges.end(index) - video.currentTime < 0.1) this.#leap(ranges);
        if (index >= 0) this.phase.set({ kind: 'shown' });
        // Refused only while the page may not play yet; the next step asks again.
        if (video.paused && this.#playing) video.play().catch(() => {});
    }

    #playing = true; // as the person wants it

    get playing(): boolean {
        return this.#playing;
    }

    toggle(): void {
        this.#playing = this.video.paused;
        if (this.#playing) void this.video.play().catch(() => {});
        else {
            this.live.set(false);
            this.video.pause();
        }
    }

    // False while the moment that was asked for has not come in.
    #arrive(ranges: TimeRanges): boolean {
        const wanted = this.#wanted;
        if (wanted === null) return true;
        for (let i = 0; i < ranges.length; i++)
            if (ranges.end(i) > wanted) {
                this.video.currentTime = Math.max(wanted, ranges.start(i));
                this.#wanted = null;
                return true;
            }
        return false;
    }

    #steer(end: number, held: boolean): void {
        const { video } = this;
        const lag = end - video.currentTime;
        if (!held || lag > jumpLag) video.currentTime = Math.max(0, end - targetLag);
        else video.playbackRate = lag > targetLag + 0.5 ? 1.1 : lag < targetLag - 0.8 ? 0.9 : 1;
    }

    // Nothing comes into a hole any more: what is fed goes forward.
    #leap(ranges: TimeRanges): void {
        const at = this.video.currentTime;
        for (let i = 0; i < ranges.length; i++)
            if (ranges.start(i) > at) {
                this.video.currentTime = ranges.start(i) + 0.01;
                return;
            }
    }
}
