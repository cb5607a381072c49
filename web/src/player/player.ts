// Plays the redacted archive: minute files fetched one after the other into one source buffer, laid
// end to end by timestampOffset, so that the media time line is the wall clock since `base`.
import { api, ApiError, LinkError, openRecording } from '../api';
import { closeSource, openSource, rangeAt } from '../media';
import { serverNow } from '../state';
import type { Recording } from '../types';
import { Value } from '../value';
import { aheadSeconds, clipFrom, mergeClips, sortClips, timestampOffset } from './clips';

export type Phase = 'loading' | 'playing' | 'paused' | 'ended' | 'failed';

export interface PlayerStatus {
    phase: Phase;
    skippedTo: number | null; // the picture was missing: playback went on from here
    newest: number | null; // what was asked for is still being written: this is where the newest picture starts
    nothing: boolean; // there was no picture at all from the asked time on
}

export const blankStatus: PlayerStatus = { phase: 'loading', skippedTo: null, newest: null, nothing: false };

const listSpanMs = 2 * 3600_000; // asked for at once; doubled over each stretch that holds nothing
const listFreshMs = 5000; // how often to look for files that were finished meanwhile
const retryMs = 2000;
const writingMs = 150_000; // a file is listed when it is whole: the newest picture is up to this old
const tailMs = 10_000;
const noteMs = 8000;
const reachMs = 400 * 86_400_000; // media time is never negative: zero lies this far before the first seek
const keepBehindSeconds = 30;
const tickMs = 200;
const joinSeconds = 0.25; // neighbouring files may miss each other by a frame or two

export class Player {
    readonly status = new Value<PlayerStatus>(blankStatus);
    readonly speed = new Value<number>(1);
    readonly #base: number;
    #source: MediaSource | null = null;
    #buffer: SourceBuffer | null = null;
    #clips: Recording[] = []; // known, from the last far seek on
    #listedTo = 0; // they are known up to here
    #listSpan = listSpanMs;
    #loaded = new Set<string>();
    #retryAt = 0;
    #clear = false; // what is buffered is of no more use: elsewhere was asked for
    #next: number; // wall clock: what to fetch next starts here
    #wantPlay = true;
    #sought: number | null; // where playback shall stand as soon as there is picture
    #filling = false;
    #abort = new AbortController();
    #timer: ReturnType<typeof setInterval>;

    constructor(
        private readonly camera: string,
        private readonly video: HTMLVideoElement,
        at: number,
        private readonly fps: () => number,
    ) {
        this.#base = at - reachMs;
        this.#next = this.#listedTo = at;
        this.#sought = at;
        video.muted = true;
        video.addEventListener('error', this.#broken);
        this.#timer = setInterval(() => this.#tick(), tickMs);
        const { source, opened } = openSource(video);
        this.#source = source;
        void opened.then(() => this.#tick());
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

    #go(at: number): void {
        this.#sought = at;
        const media = this.#media(at);
        if (this.#buffer && rangeAt(this.#buffer.buffered, media) >= 0) {
            this.#arrive(media);
            return;
        }
        this.#abort.abort();
        this.#abort = new AbortController();
        this.#loaded.clear();
        this.#clips = [];
        this.#clear = true;
        this.#listSpan = listSpanMs;
        this.#next = this.#listedTo = at;
        this.#say({ phase: 'loading' });
        this.#tick();
    }

    step(frames: number): void {
        this.pause();
        this.seek(this.at + (frames * 1000) / Math.max(1, this.fps()));
    }

    destroy(): void {
        clearInterval(this.#timer);
        this.#abort.abort();
        this.video.removeEventListener('error', this.#broken);
        this.#source = null;
        this.#buffer = null;
        closeSource(this.video);
    }

    #broken = (): void => {
        if (this.#source) this.#say({ phase: 'failed' });
    };

    #media(at: number): number {
        return (at - this.#base) / 1000;
    }

    #say(part: Partial<PlayerStatus>): void {
        const next = { ...this.status.get(), ...part };
        const before = this.status.get();
        if (Object.keys(part).some((key) => next[key as keyof PlayerStatus] !== before[key as keyof PlayerStatus])) this.status.set(next);
    }

    #arrive(media: number): void {
        this.#sought = null;
        this.video.currentTime = media;
        this.video.playbackRate = this.speed.get();
    }

    #tick(): void {
        if (this.#source?.readyState !== 'open') return;
        this.#place();
        this.#pace();
        this.#forget();
        void this.#fill();
    }

    // Whether the picture ends here: at speed the engine stops short of the last frames.
    #ranDry(left: number): boolean {
        if (left < 0.05) return true;
        const starved = this.video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && !this.video.seeking;
        return starved && left < 0.5 + 0.05 * this.speed.get();
    }

    // Moves to where the picture is: to the sought time once it is there, or over a hole.
    #place(): void {
        const ranges = this.#buffer?.buffered;
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
        const ranges = this.#buffer?.buffered;
        const media = this.#media(this.at);
        const index = ranges ? rangeAt(ranges, media) : -1;
        const held = ranges !== undefined && index >= 0 && this.#sought === null;
        const { phase } = this.status.get();
        if (held && !this.#ranDry(ranges.end(index) - media)) this.#say({ phase: this.#wantPlay ? 'playing' : 'paused' });
        else if (phase !== 'ended' && phase !== 'failed') this.#say({ phase: this.#wantPlay || !held ? 'loading' : 'paused' });
        if (this.#wantPlay && held && this.video.paused) this.video.play().catch(() => {});
    }

    // What was said about a jump is old news some seconds on.
    #forget(): void {
        const { skippedTo, newest } = this.status.get();
        const from = skippedTo ?? newest;
        if (from !== null && this.#sought === null && this.at > from + noteMs * Math.max(1, this.speed.get())) this.#say({ skippedTo: null, newest: null });
    }

    async #fill(): Promise<void> {
        if (this.#filling) return;
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
        if (!(error instanceof ApiError || error instanceof LinkError || error instanceof TypeError || error instanceof DOMException)) throw error;
    }

    async #fillOnce(signal: AbortSignal): Promise<void> {
        if (serverNow() < this.#retryAt) return;
        if (this.#next - this.at > aheadSeconds(this.speed.get()) * 1000) return;
        const clip = this.#unread() ?? (await this.#listMore(signal));
        signal.throwIfAborted();
        if (!clip) {
            if (this.#listedTo > serverNow() - 2 * listFreshMs) await this.#atEnd(signal);
            return;
        }
        this.#next = Math.max(this.#next, clip.start_ms);
        if (await this.#append(clip, signal)) this.#next = Math.max(this.#next, clip.end_ms);
        this.#loaded.add(clip.url);
    }

    #unread(): Recording | null {
        return clipFrom(this.#clips.filter((clip) => !this.#loaded.has(clip.url)), this.#next);
    }

    async #listMore(signal: AbortSignal): Promise<Recording | null> {
        const present = serverNow();
        if (this.#listedTo > present - listFreshMs) return null;
        const to = Math.min(present, Math.max(this.#next, this.#listedTo) + this.#listSpan);
        const listed = await api.recordings(this.camera, Math.min(this.#next, this.#listedTo), to, signal);
        this.#clips = mergeClips(this.#clips, listed);
        this.#listedTo = to;
        this.#listSpan = listed.length > 0 ? listSpanMs : this.#listSpan * 2;
        return this.#unread();
    }

    async #atEnd(signal: AbortSignal): Promise<void> {
        const ranges = this.#buffer?.buffered;
        const last = ranges && ranges.length > 0 ? ranges.end(ranges.length - 1) : -1;
        if (!this.#ranDry(last - this.#media(this.at))) return;
        const sought = this.#sought;
        if (sought !== null && this.status.get().newest === null && sought > serverNow() - writingMs) {
            const before = await api.recordings(this.camera, sought - 2 * writingMs, sought, signal);
            const newest = sortClips(before).at(-1);
            if (newest) {
                const from = Math.max(newest.start_ms, newest.end_ms - tailMs);
                this.#say({ newest: from });
                this.#go(from);
                return;
            }
        }
        this.#say({ phase: 'ended', nothing: sought !== null });
    }

    // False: the file is gone, purged since it was listed.
    async #append(clip: Recording, signal: AbortSignal): Promise<boolean> {
        const body = await openRecording(clip.url, signal);
        if (!body) return false;
        const buffer = await this.#bufferFor(clip, signal);
        const reader = body.getReader();
        let whole = false;
        try {
            for (;;) {
                const { done, value } = await reader.read();
                signal.throwIfAborted();
                if (done) break;
                await this.#feed(buffer, value, signal);
                this.#place();
            }
            whole = true;
            return true;
        } finally {
            // A file cut short must not leave half a box in the parser.
            if (!whole && this.#source?.readyState === 'open') buffer.abort();
        }
    }

    async #bufferFor(clip: Recording, signal: AbortSignal): Promise<SourceBuffer> {
        const source = this.#source;
        if (!source) throw new DOMException('closed', 'AbortError');
        const buffer = this.#buffer ?? source.addSourceBuffer(clip.mime);
        this.#buffer = buffer;
        await settled(buffer, signal);
        if (this.#clear) {
            if (buffer.buffered.length > 0) buffer.remove(0, Infinity);
            await settled(buffer, signal);
            this.#clear = false;
        }
        buffer.changeType(clip.mime);
        buffer.timestampOffset = timestampOffset(clip, this.#base);
        return buffer;
    }

    async #feed(buffer: SourceBuffer, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<void> {
        for (;;) {
            await settled(buffer, signal);
            try {
                buffer.appendBuffer(bytes);
                await settled(buffer, signal);
                return;
            } catch (error) {
                if (!(error instanceof DOMException && error.name === 'QuotaExceededError')) throw error;
                await this.#makeRoom(buffer, signal);
            }
        }
    }

    async #makeRoom(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
        const { buffered } = buffer;
        const until = this.#media(this.at) - keepBehindSeconds;
        if (buffered.length > 0 && buffered.start(0) < until - 1) {
            buffer.remove(0, until);
            await settled(buffer, signal);
        } else {
            await new Promise((resolve) => setTimeout(resolve, tickMs));
            signal.throwIfAborted();
        }
    }
}

async function settled(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
    while (buffer.updating) {
        await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
    }
    signal.throwIfAborted();
}
