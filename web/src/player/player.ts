// One camera's redacted archive in a video element, following a clock: minute files one after the
// other, also the one that is still being written. What it cannot show at the clock's instant it
// says; whoever owns the clock decides whether to wait or to jump.
//
// Above `smoothest` speed the video rests, and single key frames are shown instead (stills.ts).
import { ApiError, LinkError, openRecording } from '../api';
import { rangeAt } from '../media';
import { serverNow } from '../state';
import type { Recording } from '../types';
import { Value } from '../value';
import { aheadSeconds, smoothest, steerRate } from './clips';
import type { Clock } from './clock';
import { Reel } from './reel';
import { Shelf } from './shelf';
import { StillFeed } from './stills';

// What it has of the clock's instant.
export type Sight =
    | { kind: 'shown' | 'loading' | 'failed' }
    | { kind: 'hole'; next: number } // there is picture again from then on
    | { kind: 'end' }; // and nothing more is written

const retryMs = 2000;
const growMs = { fast: 700, slow: 4000 }; // how often a file being written is asked for more
const growingSlackMs = 15_000; // its end is near the present, or the server is behind
const joinSeconds = 0.25; // neighbouring files may miss each other by a frame or two
const driftLimit = 0.25; // seconds: more is jumped over, less is steered away
const insideFrame = 0.001; // seconds: a seek to a frame's very start may show the one before
const stillFreshMs = 4000; // a key frame older than this does not show the instant

export class Player {
    readonly sight = new Value<Sight>({ kind: 'loading' });
    readonly fast = new Value<boolean>(false); // key frames are shown instead of the video
    readonly #reel: Reel;
    readonly #stills: StillFeed;
    #shelf: Shelf;
    #next: number; // wall clock: everything up to here was fetched
    #growing: { clip: Recording; bytes: number } | null = null; // and what of it was fetched
    #renewAt = 0;
    #jumps: number;
    #filling = false;
    #retryAt = 0;
    #broken = false;
    #stillAt: number | null = null; // of the key frame that is shown
    #abort = new AbortController();

    // `base`: the instant at which media time is zero.
    constructor(
        readonly camera: string,
        private readonly video: HTMLVideoElement,
        canvas: HTMLCanvasElement,
        private readonly clock: Clock,
        private readonly base: number,
    ) {
        this.#next = clock.at;
        this.#jumps = clock.jumps;
        this.#shelf = new Shelf(camera, clock.at);
        video.muted = true;
        video.addEventListener('error', this.#fail);
        this.#reel = new Reel(video, base, () => this.tick());
        this.#stills = new StillFeed(camera, canvas, (at) => {
            this.#stillAt = at;
        });
    }

    destroy(): void {
        this.#abort.abort();
        this.video.removeEventListener('error', this.#fail);
        this.#stills.close();
        this.#reel.close();
    }

    // The instant of the frame before or after the one at `at`; null: not known here.
    frameBeside(at: number, by: 1 | -1): number | null {
        const media = this.#reel.frameBeside(this.#media(at), by);
        return media === null ? null : this.base + media * 1000;
    }

    tick(): void {
        const fast = this.clock.speed.get() > smoothest;
        if (fast !== this.fast.get()) {
            this.fast.set(fast);
            this.#stillAt = null;
            this.#restart(this.clock.at);
        }
        if (this.#jumps !== this.clock.jumps) {
            this.#jumps = this.clock.jumps;
            this.#goTo(this.clock.at);
        }
        if (fast) this.#flick();
        else if (this.#reel.open) this.#follow();
        void this.#fill();
    }

    #fail = (): void => {
        this.#broken = true;
        this.#see({ kind: 'failed' });
    };

    #media(at: number): number {
        return (at - this.base) / 1000;
    }

    #see(sight: Sight): void {
        const before = this.sight.get();
        const same =
            before.kind === sight.kind &&
            (before.kind !== 'hole' || sight.kind !== 'hole' || before.next === sight.next);
        if (!same) this.sight.set(sight);
    }

    #goTo(at: number): void {
        const ranges = this.#reel.buffered;
        if (!ranges || rangeAt(ranges, this.#media(at)) < 0) this.#restart(at);
    }

    #restart(at: number): void {
        this.#abort.abort();
        this.#abort = new AbortController();
        this.#reel.restart();
        this.#shelf = new Shelf(this.camera, at);
        this.#next = at;
        this.#growing = null;
        this.#retryAt = 0;
        if (!this.#broken) this.#see({ kind: 'loading' });
    }

    // --- the video ---

    #follow(): void {
        if (this.#broken) return;
        const media = this.#media(this.clock.at);
        const ranges = this.#reel.buffered;
        const index = ranges ? rangeAt(ranges, media) : -1;
        const held = ranges !== null && index >= 0 && !this.#ranDry(ranges, index, media);
        if (held) {
            this.#see({ kind: 'shown' });
            this.#steer(media);
            return;
        }
        const sight = this.#missing(ranges, media);
        this.#see(sight);
        if (sight.kind !== 'shown' && !this.video.paused) this.video.pause();
    }

    // Whether the picture ends here: the engine stops short of the last frame.
    #ranDry(ranges: TimeRanges, index: number, media: number): boolean {
        return this.clock.playing.get() && ranges.end(index) - media < 0.05;
    }

    #missing(ranges: TimeRanges | null, media: number): Sight {
        for (let i = 0; ranges && i < ranges.length; i++) {
            const start = ranges.start(i);
            if (start <= media) continue;
            if (start - media < joinSeconds) return { kind: 'shown' };
            // Files still to come may fill the hole: only what is already fetched past counts.
            if (this.#next < this.base + (start - joinSeconds) * 1000) return { kind: 'loading' };
            return { kind: 'hole', next: this.base + start * 1000 };
        }
        if (this.sight.get().kind === 'failed' && serverNow() < this.#retryAt)
            return { kind: 'failed' };
        const written = this.#growing !== null || this.#shelf.untaken(this.#next) === null;
        const upToNow = this.#growing === null || this.clock.at > serverNow() - growingSlackMs;
        return this.#shelf.exhausted && written && upToNow && !this.#busy
            ? { kind: 'end' }
            : { kind: 'loading' };
    }

    // A file is on its way whose picture may be the one that is missing.
    get #busy(): boolean {
        return this.#filling && this.#growing === null;
    }

    #steer(media: number): void {
        const { video, clock } = this;
        const wanted = media + insideFrame;
        const drift = video.currentTime - wanted;
        if (!clock.moving) {
            if (!video.paused) video.pause();
            if (Math.abs(drift) > insideFrame / 2) video.currentTime = wanted;
            return;
        }
        if (Math.abs(drift) > driftLimit * Math.max(1, clock.speed.get())) {
            if (!video.seeking) video.currentTime = wanted;
        } else {
            const rate = steerRate(clock.speed.get(), drift);
            if (Math.abs(rate - video.playbackRate) > 0.002) video.playbackRate = rate;
        }
        // Refused only while the page may not play yet; the next tick asks again.
        if (video.paused) video.play().catch(() => {});
    }

    // --- key frames ---

    #flick(): void {
        if (!this.video.paused) this.video.pause();
        const { at } = this.clock;
        this.#stills.want(at);
        if (this.#stillAt !== null && Math.abs(at - this.#stillAt) < this.#stillFreshMs) {
            this.#see({ kind: 'shown' });
            return;
        }
        const clip = this.#shelf.untaken(at);
        const caughtUp = clip?.growing ? at > serverNow() - growingSlackMs : !clip;
        if (clip && clip.start_ms > at) this.#see({ kind: 'hole', next: clip.start_ms });
        else if (caughtUp && this.#shelf.exhausted) this.#see({ kind: 'end' });
        else this.#see({ kind: 'loading' });
    }

    get #stillFreshMs(): number {
        return Math.max(stillFreshMs, 400 * this.clock.speed.get());
    }

    // --- files ---

    async #fill(): Promise<void> {
        if (this.#filling || this.#broken || serverNow() < this.#retryAt) return;
        this.#filling = true;
        const { signal } = this.#abort;
        try {
            if (this.fast.get()) await this.#shelf.next(this.clock.at, signal);
            else if (this.#reel.open) await this.#fillOnce(signal);
        } catch (error) {
            if (!signal.aborted) this.#failed(error);
        } finally {
            this.#filling = false;
        }
    }

    #failed(error: unknown): void {
        this.#retryAt = serverNow() + retryMs;
        this.#see({ kind: 'failed' });
        const expected = [ApiError, LinkError, TypeError, DOMException];
        if (!expected.some((kind) => error instanceof kind)) throw error;
    }

    async #fillOnce(signal: AbortSignal): Promise<void> {
        if (this.#growing) {
            await this.#grow(this.#growing, signal);
            return;
        }
        if (this.#next - this.clock.at > aheadSeconds(this.clock.speed.get()) * 1000) return;
        const clip = await this.#shelf.next(this.#next, signal);
        signal.throwIfAborted();
        if (!clip) return;
        this.#next = Math.max(this.#next, clip.start_ms);
        const bytes = await this.#append(clip, null, signal);
        if (clip.growing && bytes > 0) {
            this.#growing = { clip, bytes };
            return;
        }
        // Without a body it was purged since it was listed: on to the next.
        if (bytes > 0) this.#next = Math.max(this.#next, clip.end_ms);
        this.#shelf.take(clip);
    }

    async #append(clip: Recording, from: number | null, signal: AbortSignal): Promise<number> {
        const body = await openRecording(clip.url, signal, from);
        if (!body) return 0;
        return this.#reel.append(clip, body, from !== null, signal, () => this.#follow());
    }

    // The nearer its end, the more often.
    #growPause(): number {
        const ranges = this.#reel.buffered;
        const end = ranges && ranges.length > 0 ? ranges.end(ranges.length - 1) : 0;
        const left = (end - this.#media(this.clock.at)) / this.clock.speed.get();
        return Math.min(growMs.slow, Math.max(growMs.fast, 400 * left));
    }

    async #grow(known: { clip: Recording; bytes: number }, signal: AbortSignal): Promise<void> {
        if (performance.now() < this.#renewAt) return;
        this.#renewAt = performance.now() + this.#growPause();
        const clip = await this.#shelf.renew(known.clip, signal);
        if (clip && clip.bytes > known.bytes)
            known.bytes += await this.#append(clip, known.bytes, signal);
        if (clip?.growing) return;
        this.#growing = null;
        this.#shelf.take(known.clip);
        this.#next = Math.max(this.#next, clip?.end_ms ?? 0);
    }
}
