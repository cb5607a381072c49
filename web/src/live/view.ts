// One camera's live picture, whole: feed, picture and what is known about them. Costs nothing
// while paused.
import { serverNow } from '../state';
import type { Veil } from '../types';
import { Value } from '../value';
import { Feed, type FeedReader } from './feed';
import { LivePicture } from './picture';
import type { Rendition } from './rendition';
import type { FeedStatus } from './status';

function idle(): FeedStatus {
    return {
        open: false,
        startedAt: serverNow(),
        closedAt: null,
        veil: null,
        veilAt: serverNow(),
        frameAt: null,
        lateMs: null,
    };
}

export class LiveView implements FeedReader {
    readonly status = new Value<FeedStatus>(idle());
    readonly #video: HTMLVideoElement;
    readonly #picture: LivePicture;
    readonly #feed: Feed;
    #frameAt: number | null = null;
    #initNext = false; // the next bytes are the init segment that was announced
    #clock: { utcMs: number; ptsMs: number } | null = null;

    constructor(camera: string, rendition: Rendition, video: HTMLVideoElement) {
        this.#video = video;
        this.#feed = new Feed(camera, rendition, this);
        this.#picture = new LivePicture(video, () => this.#feed.rejoin());
    }

    resume(): void {
        this.status.set(idle());
        this.#feed.start();
    }

    pause(): void {
        this.#feed.stop();
        this.#picture.end();
        this.#clock = null;
        this.#frameAt = null;
    }

    destroy(): void {
        this.pause();
        this.#picture.destroy();
    }

    // Frames are too many to announce one by one: the views ask when the clock ticks.
    sample(): FeedStatus {
        const frameAt = this.#visible() ? this.#frameAt : null;
        return { ...this.status.get(), frameAt, lateMs: this.#lateMs() };
    }

    init(mime: string): void {
        this.#initNext = true;
        this.#clock = null;
        this.#frameAt = null;
        this.#picture.begin(mime);
        this.#change({ open: true, closedAt: null });
    }

    data(bytes: ArrayBuffer): void {
        if (!this.#initNext) this.#frameAt = serverNow();
        this.#initNext = false;
        this.#picture.append(bytes);
    }

    veil(veil: Veil): void {
        const changed = this.status.get().veil?.state !== veil.state;
        this.#change({
            open: true,
            closedAt: null,
            veil,
            veilAt: changed ? serverNow() : this.status.get().veilAt,
        });
    }

    clock(utcMs: number, ptsMs: number): void {
        this.#clock = { utcMs, ptsMs };
    }

    closed(): void {
        this.#picture.end();
        this.#clock = null;
        this.#frameAt = null;
        this.#change({
            open: false,
            closedAt: this.status.get().closedAt ?? serverNow(),
            veil: null,
        });
    }

    #visible(): boolean {
        return this.#video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    }

    #lateMs(): number | null {
        if (!this.#clock || !this.#visible()) return null;
        const shownUtc = this.#clock.utcMs + this.#video.currentTime * 1000 - this.#clock.ptsMs;
        return Math.max(0, serverNow() - shownUtc);
    }

    #change(part: Partial<FeedStatus>): void {
        this.status.set({ ...this.status.get(), ...part });
    }
}
