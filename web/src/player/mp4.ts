// What the player reads of fragmented MP4 (ISO/IEC 14496-12): when its frames are, and of a single
// picture what a decoder needs. Our own server wrote the bytes; a short or foreign box only means
// that less is known.

export interface Box {
    type: string;
    start: number; // of its payload
    end: number;
}

// The boxes that lie side by side from `from` to `to`; a torn last one is left out.
export function boxes(view: DataView, from = 0, to = view.byteLength): Box[] {
    const found: Box[] = [];
    for (let at = from; at + 8 <= to; ) {
        const size = view.getUint32(at);
        if (size < 8 || at + size > to) break;
        const type = String.fromCharCode(
            view.getUint8(at + 4),
            view.getUint8(at + 5),
            view.getUint8(at + 6),
            view.getUint8(at + 7),
        );
        found.push({ type, start: at + 8, end: at + size });
        at += size;
    }
    return found;
}

function inside(view: DataView, box: Box | undefined, ...path: string[]): Box | undefined {
    let here = box;
    for (const type of path)
        here = here && boxes(view, here.start, here.end).find((child) => child.type === type);
    return here;
}

export interface InitFacts {
    timescale: number; // ticks a second
    duration: number; // of a frame, in ticks, where a fragment does not say
    size: number; // of a frame, in bytes, likewise
    codec: string | null; // avc1.PPCCLL
    description: Uint8Array<ArrayBuffer> | null; // the avcC record
}

const visualEntryBytes = 78; // VisualSampleEntry, before its child boxes (§12.1.3)

function decoderRecord(view: DataView, track: Box): Uint8Array<ArrayBuffer> | null {
    const table = inside(view, track, 'mdia', 'minf', 'stbl', 'stsd');
    if (!table) return null;
    const entry = boxes(view, table.start + 8, table.end)[0];
    if (!entry) return null;
    const record = boxes(view, entry.start + visualEntryBytes, entry.end).find(
        (box) => box.type === 'avcC',
    );
    if (!record) return null;
    const bytes = new Uint8Array(record.end - record.start);
    bytes.set(new Uint8Array(view.buffer, view.byteOffset + record.start, bytes.length));
    return bytes;
}

export function readInit(view: DataView, moov: Box): InitFacts | null {
    const track = inside(view, moov, 'trak');
    const header = inside(view, track, 'mdia', 'mdhd');
    if (!track || !header) return null;
    const timescale = view.getUint32(header.start + (view.getUint8(header.start) === 1 ? 20 : 12));
    const extends_ = inside(view, moov, 'mvex', 'trex');
    const record = decoderRecord(view, track);
    const hex = record && [...record.subarray(1, 4)].map((n) => n.toString(16).padStart(2, '0'));
    return {
        timescale,
        duration: extends_ ? view.getUint32(extends_.start + 12) : 0,
        size: extends_ ? view.getUint32(extends_.start + 16) : 0,
        codec: hex ? `avc1.${hex.join('')}` : null,
        description: record,
    };
}

export interface Fragment {
    times: number[]; // of its frames, in ticks
    first: { offset: number; size: number } | null; // the first frame's bytes, from the moof box on
}

// The flags of §8.8.7 and §8.8.8.
const tfhd = { base: 0x1, description: 0x2, duration: 0x8, size: 0x10 };
const trun = {
    offset: 0x1,
    firstFlags: 0x4,
    duration: 0x100,
    size: 0x200,
    flags: 0x400,
    cts: 0x800,
};

function defaults(view: DataView, box: Box, init: InitFacts): { duration: number; size: number } {
    const flags = view.getUint32(box.start) & 0xffffff;
    let at = box.start + 8 + (flags & tfhd.base ? 8 : 0) + (flags & tfhd.description ? 4 : 0);
    const own = { duration: init.duration, size: init.size };
    if (flags & tfhd.duration) {
        own.duration = view.getUint32(at);
        at += 4;
    }
    if (flags & tfhd.size) own.size = view.getUint32(at);
    return own;
}

export function readFragment(view: DataView, moof: Box, init: InitFacts): Fragment {
    const nothing: Fragment = { times: [], first: null };
    const track = inside(view, moof, 'traf');
    const header = inside(view, track, 'tfhd');
    const decode = inside(view, track, 'tfdt');
    const run = inside(view, track, 'trun');
    if (!header || !decode || !run) return nothing;
    const own = defaults(view, header, init);
    const long = view.getUint8(decode.start) === 1;
    let time = long
        ? Number(view.getBigUint64(decode.start + 4))
        : view.getUint32(decode.start + 4);
    const flags = view.getUint32(run.start) & 0xffffff;
    const count = view.getUint32(run.start + 4);
    let at = run.start + 8;
    const offset = flags & trun.offset ? view.getInt32(at) : 0;
    at += (flags & trun.offset ? 4 : 0) + (flags & trun.firstFlags ? 4 : 0);
    const result: Fragment = { times: [], first: null };
    for (let n = 0; n < count && at <= run.end; n++) {
        const duration = flags & trun.duration ? view.getUint32(at) : own.duration;
        at += flags & trun.duration ? 4 : 0;
        const size = flags & trun.size ? view.getUint32(at) : own.size;
        at += (flags & trun.size ? 4 : 0) + (flags & trun.flags ? 4 : 0);
        const shift = flags & trun.cts ? view.getInt32(at) : 0;
        at += flags & trun.cts ? 4 : 0;
        result.first ??= { offset, size };
        result.times.push(time + shift);
        time += duration;
    }
    return result;
}

// A key frame with its init segment in front, as GET …/still answers it.
export interface Still {
    codec: string;
    description: Uint8Array<ArrayBuffer>;
    picture: Uint8Array<ArrayBuffer>;
}

export function readStill(bytes: ArrayBuffer): Still | null {
    const view = new DataView(bytes);
    const all = boxes(view);
    const moov = all.find((box) => box.type === 'moov');
    const moof = all.find((box) => box.type === 'moof');
    const init = moov && readInit(view, moov);
    if (!moof || !init?.codec || !init.description) return null;
    const { first } = readFragment(view, moof, init);
    const start = moof.start - 8 + (first?.offset ?? 0);
    if (!first || first.size === 0 || start + first.size > bytes.byteLength) return null;
    const picture = new Uint8Array(bytes, start, first.size);
    return { codec: init.codec, description: init.description, picture };
}
