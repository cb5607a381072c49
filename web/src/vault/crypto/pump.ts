// The page's half of reading a segment: asks for the sealed bytes in large pieces, the next one
// while the worker opens the last, and hands on what the worker verified.
import type { SealedSource } from './types';

type Plain = Uint8Array<ArrayBuffer>;

// The worker's half: a SegmentReader behind messages.
export interface RemoteReader {
    push(bytes: Uint8Array): Promise<{ plain: Plain[]; ended: boolean }>;
    // `again`: where to read on, because the file has grown; null if the tail was the end.
    pushTail(tail: Uint8Array): Promise<{ plain: Plain[]; again: number | null }>;
    finish(): Promise<void>;
    close(): void;
}

const blockBytes = 16 * (64 * 1024 + 16);
const tailTries = 8; // times that a growing file may overtake the tail that was read for it

async function* pumpFile(
    reader: RemoteReader,
    source: SealedSource,
    from: number,
    signal: AbortSignal | undefined,
): AsyncGenerator<Plain, boolean, undefined> {
    let at = from;
    let next = source.range(at, at + blockBytes, signal);
    for (;;) {
        const bytes = await next;
        at += bytes.length;
        const more = bytes.length === blockBytes;
        if (more) {
            next = source.range(at, at + blockBytes, signal);
            next.catch(() => {}); // it is awaited in the next round, unless this one fails
        }
        const { plain, ended } = await reader.push(bytes);
        yield* plain;
        if (!more) return ended;
    }
}

// All of a segment, tail included, in order.
export async function* pump(
    reader: RemoteReader,
    source: SealedSource,
    signal?: AbortSignal,
): AsyncGenerator<Plain, void, undefined> {
    try {
        let ended = yield* pumpFile(reader, source, 0, signal);
        for (let tries = 0; !ended && tries < tailTries; tries++) {
            const tail = await source.tail(signal);
            if (!tail) break;
            const { plain, again } = await reader.pushTail(tail);
            yield* plain;
            if (again === null) break;
            ended = yield* pumpFile(reader, source, again, signal);
        }
        await reader.finish();
    } finally {
        reader.close();
    }
}
