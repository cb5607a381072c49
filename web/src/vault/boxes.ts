// What the viewer reads and changes of an original's fragmented MP4 (ISO/IEC 14496-12, -15): its
// codecs, when its first fragment begins, and sound that a browser cannot play, which is set aside.
// Pure.
import { type Box, boxes } from '../player/mp4';

type Bytes = Uint8Array<ArrayBuffer>;

const viewOf = (bytes: Bytes): DataView =>
    new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function child(view: DataView, box: Box | undefined, ...path: string[]): Box | undefined {
    let here = box;
    for (const type of path)
        here = here && boxes(view, here.start, here.end).find((each) => each.type === type);
    return here;
}

const headerBytes = 8;

function join(pieces: readonly Bytes[], total: number): Bytes {
    const joined = new Uint8Array(total);
    let at = 0;
    for (const piece of pieces) {
        joined.set(piece, at);
        at += piece.length;
    }
    return joined;
}

// Puts a stream of pieces together again as whole top-level boxes.
export class BoxStream {
    #pieces: Bytes[] = [];
    #held = 0;
    #lacks = headerBytes; // until then, nothing new is whole

    push(piece: Bytes): { type: string; bytes: Bytes }[] {
        this.#pieces.push(piece);
        this.#held += piece.length;
        if (this.#held < this.#lacks) return [];
        const joined = join(this.#pieces, this.#held);
        const view = viewOf(joined);
        const whole = boxes(view);
        const rest = joined.subarray(whole.at(-1)?.end ?? 0);
        this.#pieces = [rest];
        this.#held = rest.length;
        this.#lacks =
            rest.length < headerBytes
                ? headerBytes
                : Math.max(headerBytes, view.getUint32(joined.length - rest.length));
        return whole.map(({ type, start, end }) => ({
            type,
            bytes: joined.subarray(start - headerBytes, end),
        }));
    }
}

const hex = (value: number, digits = 2): string => value.toString(16).padStart(digits, '0');

function reversed(value: number): number {
    let result = 0;
    for (let bit = 0; bit < 32; bit++) result = (result << 1) | ((value >>> bit) & 1);
    return result >>> 0;
}

// RFC 6381 and ISO/IEC 14496-15 Annex E: hvc1.1.6.L93.B0
function hevcName(view: DataView, record: Box, sampleEntry: string): string {
    const profile = view.getUint8(record.start + 1);
    const space = ['', 'A', 'B', 'C'][profile >> 6] ?? '';
    const tier = profile & 0x20 ? 'H' : 'L';
    const compatible = reversed(view.getUint32(record.start + 2)).toString(16);
    const constraints = Array.from({ length: 6 }, (_, i) => view.getUint8(record.start + 6 + i));
    while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
    const level = view.getUint8(record.start + 12);
    const parts = [`${space}${profile & 0x1f}`, compatible, `${tier}${level}`];
    return [sampleEntry, ...parts, ...constraints.map((each) => hex(each).toUpperCase())].join('.');
}

const visualEntryBytes = 78; // VisualSampleEntry, before its child boxes (14496-12, 12.1.3)

export interface Track {
    id: number;
    kind: 'video' | 'sound';
    codec: string; // as MIME types name it
    timescale: number;
    box: Box;
}

function trackOf(view: DataView, box: Box): Track | null {
    const header = child(view, box, 'tkhd');
    const media = child(view, box, 'mdia', 'mdhd');
    const table = child(view, box, 'mdia', 'minf', 'stbl', 'stsd');
    const entry = table && boxes(view, table.start + 8, table.end)[0];
    if (!header || !media || !entry) return null;
    const long = (at: Box): boolean => view.getUint8(at.start) === 1;
    const id = view.getUint32(header.start + (long(header) ? 20 : 12));
    const timescale = view.getUint32(media.start + (long(media) ? 20 : 12));
    const inner = boxes(view, entry.start + visualEntryBytes, entry.end);
    const avc = inner.find(({ type }) => type === 'avcC');
    const hevc = inner.find(({ type }) => type === 'hvcC');
    const base = { id, timescale, box };
    if (avc) {
        const bytes = [1, 2, 3].map((at) => hex(view.getUint8(avc.start + at)));
        return { ...base, kind: 'video', codec: `avc1.${bytes.join('')}` };
    }
    if (hevc) return { ...base, kind: 'video', codec: hevcName(view, hevc, entry.type) };
    const codec = entry.type === 'mp4a' ? 'mp4a.40.2' : entry.type;
    return { ...base, kind: 'sound', codec };
}

export function tracksOf(moov: Bytes): Track[] {
    const view = viewOf(moov);
    const [box] = boxes(view);
    if (!box) return [];
    return boxes(view, box.start, box.end)
        .filter(({ type }) => type === 'trak')
        .flatMap((each) => trackOf(view, each) ?? []);
}

export const mimeOf = (tracks: readonly Track[]): string =>
    `video/mp4; codecs="${tracks.map(({ codec }) => codec).join(', ')}"`;

// A box that every reader passes over, of the same size: nothing behind it moves.
function blank(bytes: Bytes, box: Box): void {
    bytes.set(new TextEncoder().encode('free'), box.start - 4);
}

// Sets a track of the moov aside.
export function dropTrack(moov: Bytes, track: Track): void {
    blank(moov, track.box);
    const view = viewOf(moov);
    const [box] = boxes(view);
    const extend = child(view, box, 'mvex');
    if (!extend) return;
    for (const each of boxes(view, extend.start, extend.end))
        if (each.type === 'trex' && view.getUint32(each.start + 4) === track.id) blank(moov, each);
}

const idOf = (view: DataView, traf: Box): number | null => {
    const header = child(view, traf, 'tfhd');
    return header ? view.getUint32(header.start + 4) : null;
};

// Sets a track's part of a fragment aside.
export function dropRun(moof: Bytes, track: Track): void {
    const view = viewOf(moof);
    const [box] = boxes(view);
    if (!box) return;
    for (const each of boxes(view, box.start, box.end))
        if (each.type === 'traf' && idOf(view, each) === track.id) blank(moof, each);
}

// When a track's part of a fragment begins, in seconds of media time; null where it has none.
export function beginOf(moof: Bytes, track: Track): number | null {
    const view = viewOf(moof);
    const [box] = boxes(view);
    const traf =
        box &&
        boxes(view, box.start, box.end).find(
            (each) => each.type === 'traf' && idOf(view, each) === track.id,
        );
    const decode = child(view, traf, 'tfdt');
    if (!decode) return null;
    const ticks =
        view.getUint8(decode.start) === 1
            ? Number(view.getBigUint64(decode.start + 4))
            : view.getUint32(decode.start + 4);
    return ticks / track.timescale;
}
