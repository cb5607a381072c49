// Plays the redacted archive of a camera from any instant on: minute files one after the other,
// over the holes between them. Whoever plays thinks in wall-clock time; media time is seconds
// since `base`.
import { ApiError, LinkError, openRecording } from '../api';
import { rangeAt } from '../media';
import { serverNow } from '../state';
import { Value } from '../value';
import { aheadSeconds } from './clips';
import { Reel } from './reel';
import { Shelf } from './shelf';

export type Phase = 'loading' | 'playing' | 'paused' | 'ended' | 'failed';

export interface PlayerStatus {
    phase: Phase;
    skippedTo: number | null; // the picture was missing: playback went on from here
    newest: number | null; // what was asked for is not written yet: the newest picture starts here
    nothing: boolean; // there was no picture at all from the asked time on
}

export const blankStatus: PlayerStatus = {
    phase: 'loading',
    skippedTo: null,
    newest: null,
    nothing: false,
};

const tickMs = 200;
const retryMs = 2000;
const writingMs = 150_000; // a file is listed when it is whole: so old may the newest picture be
const tailMs = 10_000; // how much of the newest file is played then
const noteMs = 8000; // how long a jump is talked about
const joinSeconds = 0.25; // neighbouring files may miss each other by a frame or two
const reachMs = 400 * 86_400_000; // media time is never negative: zero lies so far before the first seek

export class Player {
    readonly status = new Value<PlayerStatus>(blankStatus);
    readonly speed = new Value<number>(1);
    readonly #base: number;
    readonly #reel: Reel;
    readonly #timer: ReturnType<typeof setInterval>;
    #shelf: Shelf;
    #next: number; // wall clock: everything up to here was fetched
    #sought: number | null; // where playback shall stand as soon as there is picture
    #wantPlay = true;
    #filling = false;
    #retryAt = 0;
    #abort = new AbortController();

    constructor(
        private readonly camera: string,
        private readonly video: HTMLVideoElement,
        at: number,
        private readonly fps: () => number,
    ) {
        this.#base = at - reachMs;
        this.#next = at;
        this.#sought = at;
        this.#shelf = new Shelf(camera, at);
        video.muted = true;
        video.addEventListener('error', this.#broken);
        this.#reel = new Reel(video, this.#base, () => this.#tick());
        this.#timer = setInterval(() => this.#tick(), tickMs);
    }

    // The instant shown, or asked for while its picture is on the way.
    get at(): number {
        return this.#sought ?? this.#base + this.video.currentTime * 1000;
    }

    get playing(): boolean {
        return this.#wantPlay;
    }

    play(): void {
        this.#wantPlay = true;
        this.#tick();
    }

    pause(): void {
        this.#wantPlay = false;
        this.video.pause();
        this.#tick();
    }

    setSpeed(speed: number): void {
        this.speed.set(speed);
        this.video.playbackRate = speed;
    }

    seek(at: number): void {
        this.#say({ skippedTo: null, newest: null, nothing: false });
        this.#go(at);
    }

    step(frames: number): void {
        this.pause();
        this.seek(this.at + (frames * 1000) / Math.max(1, this.fps()));
    }

    destroy(): void {
        clearInterval(this.#timer);
        this.#abort.abort();
        this.video.removeEventListener('error', this.#broken);
        this.#reel.close();
    }

    #broken = (): void => this.#say({ phase: 'failed' });

    #media(at: number): number {
        return (at - this.#base) / 1000;
    }

    #say(part: Partial<PlayerStatus>): void {
        const before = this.status.get();
        const next = { ...before, ...part };
        const keys = Object.keys(part) as (keyof PlayerStatus)[];
        if (keys.some((key) => next[key] !== before[key])) this.status.set(next);
    }

    #go(at: number): void {
        this.#sought = at;
        const ranges = this.#reel.buffered;
        if (ranges && rangeAt(ranges, this.#media(at)) >= 0) {
            this.#arrive(this.#media(at));
            return;
        }
        this.#abort.abort();
        this.#abort = new AbortController();
        this.#reel.restart();
        this.#shelf = new Shelf(this.camera, at);
        this.#next = at;
        this.#say({ phase: 'loading' });
        this.#tick();
    }

    #arrive(media: number): void {
        this.#sought = null;
        this.video.currentTime = media;
        this.video.playbackRate = this.speed.get();
    }

    #tick(): void {
        if (!this.#reel.open) return;
        this.#place();
        this.#pace();
        this.#forget();
        void this.#fill();
    }

    // Whether the picture ends here: at speed the engine stops short of the last frames.
    #ranDry(left: number): boolean {
        if (left < 0.05) return true;
        const { readyState, seeking } = this.video;
        const starved = readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !seeking;
        return starved && left < 0.5 + 0.05 * this.speed.get();
    }

    // Moves to where the picture is: to the sought time once it is there, or over a hole.
    #place(): void {
        const ranges = this.#reel.buffered;
        if (!ranges) return;
        const media = this.#media(this.at);
        const index = rangeAt(ranges, media);
        if (this.#sought !== null && index >= 0) {
            this.#arrive(Math.max(media, ranges.start(index)));
            return;
        }
        if (index >= 0 && !this.#ranDry(ranges.end(index) - media)) return;
        for (let i = 0; i < ranges.length; i++) {
            const start = ranges.start(i);
            if (start <= media) continue;
            // Files still to come may fill the hole: only what is already fetched past counts.
            if (this.#next < this.#base + (start - joinSeconds) * 1000) return;
            if (start - media > 1) this.#say({ skippedTo: this.#base + start * 1000 });
            this.#arrive(start + 0.01);
            return;
        }
    }

    #pace(): void {
        const ranges = this.#reel.buffered;
        const media = this.#media(this.at);
        const index = ranges ? rangeAt(ranges, media) : -1;
        const held = ranges !== null && index >= 0 && this.#sought === null;
        const { phase } = this.status.get();
        if (held && !this.#ranDry(ranges.end(index) - media)) {
            this.#say({ phase: this.#wantPlay ? 'playing' : 'paused' });
        } else if (phase !== 'ended' && phase !== 'failed') {
            this.#say({ phase: this.#wantPlay || !held ? 'loading' : 'paused' });
        }
        // Refused only while the page may not play yet; the next tick asks again.
        if (this.#wantPlay && held && this.video.paused) this.video.play().catch(() => {});
    }

    // What was said about a jump is old news some seconds on.
    #forget(): void {
        const { skippedTo, newest } = this.status.get();
        const from = skippedTo ?? newest;
        if (from === null || this.#sought !== null) return;
        const until = from + noteMs * Math.max(1, this.speed.get());
        if (this.at > until) this.#say({ skippedTo: null, newest: null });
    }

    async #fill(): Promise<void> {
        if (this.#filling || serverNow() < this.#retryAt) return;
        this.#filling = true;
        const { signal } = this.#abort;
        try {
            await this.#fillOnce(signal);
        } catch (error) {
            if (!signal.aborted) this.#failed(error);
        } finally {
            this.#filling = false;
        }
    }

    #failed(error: unknown): void {
        this.#retryAt = serverNow() + retryMs;
        this.#say({ phase: 'failed' });
        const expected = [ApiError, LinkError, TypeError, DOMException];
        if (!expected.some((kind) => error instanceof kind)) throw error;
    }

    async #fillOnce(signal: AbortSignal): Promise<void> {
        if (this.#next - this.at > aheadSeconds(this.speed.get()) * 1000) return;
        const clip = await this.#shelf.next(this.#next, signal);
        signal.throwIfAborted();
        if (!clip) {
            if (this.#shelf.exhausted) await this.#atEnd(signal);
            return;
        }
        this.#next = Math.max(this.#next, clip.start_ms);
        const body = await openRecording(clip.url, signal);
        // Without a body it was purged since it was listed: on to the next.
        if (body) {
            await this.#reel.append(clip, body, signal, () => this.#place());
            this.#next = Math.max(this.#next, clip.end_ms);
        }
        this.#shelf.take(clip);
    }

    async #atEnd(signal: AbortSignal): Promise<void> {
        const ranges = this.#reel.buffered;
        const last = ranges && ranges.length > 0 ? ranges.end(ranges.length - 1) : -1;
        if (!this.#ranDry(last - this.#media(this.at))) return;
        const sought = this.#sought;
        const untried = sought !== null && this.status.get().newest === null;
        if (untried && sought > serverNow() - writingMs) {
            const newest = await this.#shelf.newest(sought, signal);
            if (newest) {
                const from = Math.max(newest.start_ms, newest.end_ms - tailMs);
                this.#say({ newest: from });
                this.#go(from);
                return;
            }
        }
        this.#say({ phase: 'ended', nothing: sought !== null });
    }
}
