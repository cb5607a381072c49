// The media source behind a playing video: files go in one after the other, each laid where the
// wall clock says by timestampOffset. Media time is seconds since `base`.
import { closeSource, openSource } from '../media';
import type { Recording } from '../types';
import { timestampOffset } from './clips';
import { frameAt, FrameScanner } from './frames';

const keepBehindSeconds = 30; // when room is needed
const fullPauseMs = 200; // nothing to give up yet: playback will make room
const sameFrame = 0.001; // seconds

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

export class Reel {
    #source: MediaSource | null;
    #buffer: SourceBuffer | null = null;
    #stale = false; // what is buffered is of no more use
    #scanner = new FrameScanner();
    #times: number[] = []; // of the frames that went in, ascending

    constructor(
        private readonly video: HTMLVideoElement,
        private readonly base: number,
        opened: () => void,
    ) {
        const attached = openSource(video);
        this.#source = attached.source;
        void attached.opened.then(opened);
    }

    get open(): boolean {
        return this.#source?.readyState === 'open';
    }

    get buffered(): TimeRanges | null {
        return this.#stale ? null : (this.#buffer?.buffered ?? null);
    }

    close(): void {
        this.#source = null;
        this.#buffer = null;
        closeSource(this.video);
    }

    // Before the next file, everything buffered is thrown away: playback goes on elsewhere.
    restart(): void {
        this.#stale = this.#buffer !== null;
        this.#times = [];
    }

    // The frame before (−1) or after (1) the one that is shown at `media`; null: not known here.
    frameBeside(media: number, by: 1 | -1): number | null {
        return this.#times[frameAt(this.#times, media + sameFrame) + by] ?? null;
    }

    // Appends a file as it arrives, or what has been added to the one before; `progress` is called
    // after each piece. Returns how many bytes went in.
    async append(
        clip: Recording,
        body: Body,
        continued: boolean,
        signal: AbortSignal,
        progress: () => void,
    ): Promise<number> {
        const buffer = await this.#prepare(clip, continued, signal);
        const reader = body.getReader();
        let count = 0;
        let whole = false;
        try {
            for (;;) {
                const { done, value } = await reader.read();
                signal.throwIfAborted();
                if (done) break;
                await this.#feed(buffer, value, signal);
                count += value.length;
                const shift = buffer.timestampOffset;
                this.#note(this.#scanner.push(value).map((time) => time + shift));
                progress();
            }
            whole = true;
        } finally {
            // A file cut short must not leave half a box in the parser.
            if (!whole && this.open) buffer.abort();
        }
        return count;
    }

    #note(times: readonly number[]): void {
        const last = this.#times.at(-1) ?? -Infinity;
        this.#times.push(...times);
        if ((times[0] ?? Infinity) <= last) this.#times.sort((a, b) => a - b);
    }

    async #prepare(
        clip: Recording,
        continued: boolean,
        signal: AbortSignal,
    ): Promise<SourceBuffer> {
        if (!this.#source) throw new DOMException('The player is closed.', 'AbortError');
        const buffer = this.#buffer ?? this.#source.addSourceBuffer(clip.mime);
        this.#buffer = buffer;
        await settled(buffer, signal);
        if (continued) return buffer;
        if (this.#stale && buffer.buffered.length > 0) {
            buffer.remove(0, Infinity);
            await settled(buffer, signal);
        }
        this.#stale = false;
        buffer.abort(); // of a file that was given up half way
        buffer.changeType(clip.mime);
        buffer.timestampOffset = timestampOffset(clip, this.base);
        this.#scanner = new FrameScanner();
        return buffer;
    }

    async #feed(
        buffer: SourceBuffer,
        bytes: Uint8Array<ArrayBuffer>,
        signal: AbortSignal,
    ): Promise<void> {
        for (;;) {
            await settled(buffer, signal);
            try {
                buffer.appendBuffer(bytes);
                await settled(buffer, signal);
                return;
            } catch (error) {
                const full = error instanceof DOMException && error.name === 'QuotaExceededError';
                if (!full) throw error;
                await this.#makeRoom(buffer, signal);
            }
        }
    }

    async #makeRoom(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
        const { buffered } = buffer;
        const until = this.video.currentTime - keepBehindSeconds;
        if (buffered.length > 0 && buffered.start(0) < until - 1) {
            buffer.remove(0, until);
            await settled(buffer, signal);
            this.#times = this.#times.filter((time) => time >= until);
        } else {
            await new Promise((resolve) => setTimeout(resolve, fullPauseMs));
            signal.throwIfAborted();
        }
    }
}

async function settled(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
    while (buffer.updating) {
        await new Promise((resolve) =>
            buffer.addEventListener('updateend', resolve, { once: true }),
        );
    }
    signal.throwIfAborted();
}
