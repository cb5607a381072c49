// A live picture in a video element: one media source a feed, a bounded queue in front of it, and
// the steering that keeps it close behind. A new init segment (the veil restarted) starts afresh.
import { closeSource, openSource, rangeAt } from '../media';
import { LagTarget, steer } from './steer';

const steerMs = 100;
const keepSeconds = 4; // behind the shown frame; fragments are small, but a day is long
const trimSeconds = 12;
const maxQueued = 120; // fragments; more means the engine does not keep up

export class LivePicture {
    #source: MediaSource | null = null;
    #buffer: SourceBuffer | null = null;
    #queue: ArrayBuffer[] = [];
    #timer: ReturnType<typeof setInterval> | undefined;
    #target = new LagTarget();
    #arrivals: number[] = [];

    // `failed` is called when the picture cannot go on: it fell too far behind, or does not decode.
    constructor(
        private readonly video: HTMLVideoElement,
        private readonly failed: () => void,
    ) {
        video.muted = true;
        video.addEventListener('waiting', this.#stalled);
        video.addEventListener('error', this.#broken);
    }

    begin(mime: string): void {
        this.end();
        const { source, opened } = openSource(this.video);
        this.#source = source;
        this.#target = new LagTarget();
        void opened.then(() => {
            if (source !== this.#source) return;
            try {
                this.#buffer = source.addSourceBuffer(mime);
            } catch {
                this.failed();
                return;
            }
            this.#buffer.addEventListener('updateend', () => this.#pump());
            this.#pump();
        });
        this.#timer = setInterval(() => this.#steer(), steerMs);
    }

    append(bytes: ArrayBuffer): void {
        if (!this.#source) return;
        if (this.#queue.length >= maxQueued) {
            this.failed();
            return;
        }
        this.#queue.push(bytes);
        this.#measure(performance.now());
        this.#pump();
    }

    end(): void {
        clearInterval(this.#timer);
        this.#queue = [];
        this.#arrivals = [];
        this.#buffer = null;
        if (!this.#source) return;
        this.#source = null;
        closeSource(this.video);
    }

    destroy(): void {
        this.end();
        this.video.removeEventListener('waiting', this.#stalled);
        this.video.removeEventListener('error', this.#broken);
    }

    #stalled = (): void => this.#target.stalled();

    #broken = (): void => {
        if (this.#source) this.failed();
    };

    #measure(at: number): void {
        this.#arrivals.push(at);
        if (this.#arrivals.length <= 20) return;
        const first = this.#arrivals.shift();
        if (first !== undefined) this.#target.frameInterval((at - first) / 20 / 1000);
    }

    #pump(): void {
        const buffer = this.#buffer;
        if (!buffer || buffer.updating || this.#source?.readyState !== 'open') return;
        const next = this.#queue.shift();
        try {
            if (next) buffer.appendBuffer(next);
            else this.#trim(buffer);
        } catch {
            this.failed();
        }
    }

    #trim(buffer: SourceBuffer): void {
        const { currentTime } = this.video;
        if (buffer.buffered.length > 0 && currentTime - buffer.buffered.start(0) > trimSeconds) {
            buffer.remove(0, currentTime - keepSeconds);
        }
    }

    #steer(): void {
        const ranges = this.#buffer?.buffered;
        if (!ranges || ranges.length === 0 || this.video.seeking) return;
        const { video } = this;
        const end = ranges.end(ranges.length - 1);
        const lag = end - video.currentTime;
        const held = rangeAt(ranges, video.currentTime) === ranges.length - 1;
        const { rate, jump } = steer(lag, this.#target.seconds);
        this.#target.calm();
        if (!held || jump) {
            video.currentTime = Math.max(
                ranges.start(ranges.length - 1),
                end - this.#target.seconds,
            );
        } else if (Math.abs(rate - video.playbackRate) > 0.001) {
            video.playbackRate = rate;
        }
        // Refused only while the page may not play yet; the next step asks again.
        if (video.paused) video.play().catch(() => {});
    }
}
