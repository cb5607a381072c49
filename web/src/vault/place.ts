// Where originals go into the browser's media source: boxes of one segment after the other, each at
// its own time. Used by whatever plays originals.
import { Source } from '../media';
import { beginOf, dropRun, dropTrack, mimeOf, type Track, tracksOf } from './boxes';

type Bytes = Uint8Array<ArrayBuffer>;

const waitMs = 100;

export async function settled(buffer: SourceBuffer, signal: AbortSignal): Promise<void> {
    while (buffer.updating)
        await new Promise((resolve) =>
            buffer.addEventListener('updateend', resolve, { once: true }),
        );
    signal.throwIfAborted();
}

// How one segment goes in: its beginning waits until the first fragment says where it lies.
export class Layout {
    mime: string | null = null;
    codec = '';
    sound = true;
    #fresh = true;
    #offset = 0;
    #tracks: Track[] = [];
    #dropped: Track[] = [];
    #waiting: Bytes[] | null = [];

    // `from`: where its first picture belongs, in seconds of media time.
    constructor(private readonly from: number) {}

    // The box, ready to be appended or not yet; what may go in now.
    box(type: string, bytes: Bytes): Bytes[] {
        if (type === 'moov') this.#init(bytes);
        if (type === 'moof') this.#fragment(bytes);
        if (!this.#waiting) return [bytes];
        this.#waiting.push(bytes);
        if (type !== 'moof') return [];
        const ready = this.#waiting;
        this.#waiting = null;
        return ready;
    }

    // Appends one of those. `drop`: makes room, where the browser has none.
    async append(
        buffer: SourceBuffer,
        bytes: Bytes,
        drop: () => Promise<void>,
        signal: AbortSignal,
    ): Promise<void> {
        await settled(buffer, signal);
        if (this.#fresh) {
            buffer.abort();
            buffer.changeType(this.mime ?? '');
            buffer.timestampOffset = this.#offset;
            this.#fresh = false;
        }
        for (;;) {
            try {
                buffer.appendBuffer(bytes);
                await settled(buffer, signal);
                return;
            } catch (error) {
                const full = error instanceof DOMException && error.name === 'QuotaExceededError';
                if (!full) throw error;
                await drop();
            }
        }
    }

    #init(moov: Bytes): void {
        const plays = (mime: string): boolean => Source?.isTypeSupported(mime) ?? false;
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

    #fragment(moof: Bytes): void {
        for (const track of this.#dropped) dropRun(moof, track);
        const picture = this.#tracks.find(({ kind }) => kind === 'video');
        const begin = picture && this.#waiting ? beginOf(moof, picture) : null;
        if (begin !== null && begin !== undefined) this.#offset = this.from - begin;
    }
}

// Takes away what lies more than `keep` seconds behind `at`, or waits a moment if there is nothing.
export async function dropBehind(
    buffer: SourceBuffer,
    at: number,
    keep: number,
    signal: AbortSignal,
): Promise<void> {
    const until = at - keep;
    if (buffer.buffered.length > 0 && buffer.buffered.start(0) < until) {
        buffer.remove(0, until);
        await settled(buffer, signal);
        return;
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    signal.throwIfAborted();
}
