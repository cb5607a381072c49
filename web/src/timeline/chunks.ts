// The visible stretch of time as a map has it: chunks of a few sizes, each fetched once and merged
// to what its pixels can show. Pure; ms and CSS pixels.
import type { Range } from './scale';

export const chunkPixels = 512;
// A pixel of level n is 2^n ms. Below the finest nothing more is to be seen; the coarsest chunk is
// 50 days, within what the API answers at once.
const finest = 7;
const coarsest = 23;

export interface ChunkId {
    level: number;
    index: number;
}

export function levelFor(range: Range, width: number): number {
    const perPixel = (range.to - range.from) / Math.max(1, width);
    return Math.min(coarsest, Math.max(finest, Math.floor(Math.log2(perPixel))));
}

export function chunkLength(level: number): number {
    return chunkPixels * 2 ** level;
}

export function chunkRange({ level, index }: ChunkId): Range {
    const length = chunkLength(level);
    return { from: index * length, to: (index + 1) * length };
}

export const chunkName = ({ level, index }: ChunkId): string => `${level}/${index}`;

// Those of a level that touch the range, and `margin` more on each side.
export function chunksOf(range: Range, level: number, margin = 0): ChunkId[] {
    const length = chunkLength(level);
    const first = Math.floor(range.from / length) - margin;
    const last = Math.ceil(range.to / length) - 1 + margin;
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => ({
        level,
        index: first + i,
    }));
}

export interface Piece<T> extends Range {
    data: T;
}

const coarserTried = 6;
const finerTried = 2;

// What to draw of the range: chunks of the level, in the place of those that are missing coarser
// or finer ones. Places of which nothing is known are left out.
export function resolve<T>(
    range: Range,
    level: number,
    known: (id: ChunkId) => T | undefined,
): Piece<T>[] {
    return chunksOf(range, level).flatMap((id) => stand(id, known));
}

function stand<T>(id: ChunkId, known: (id: ChunkId) => T | undefined): Piece<T>[] {
    const own = known(id);
    const place = chunkRange(id);
    if (own !== undefined) return [{ ...place, data: own }];
    for (let up = 1; up <= coarserTried; up++) {
        const data = known({ level: id.level + up, index: Math.floor(id.index / 2 ** up) });
        if (data !== undefined) return [{ ...place, data }];
    }
    for (let down = 1; down <= finerTried; down++) {
        const count = 2 ** down;
        const pieces: Piece<T>[] = [];
        for (let i = 0; i < count; i++) {
            const finer = { level: id.level - down, index: id.index * count + i };
            const data = known(finer);
            if (data !== undefined) pieces.push({ ...chunkRange(finer), data });
        }
        if (pieces.length > 0) return pieces;
    }
    return [];
}
