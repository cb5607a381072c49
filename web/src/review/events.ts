// The next or the previous event, however far it is: asked for in stretches that grow.
import { day, hour, type Range } from '../timeline/scale';
import { type DeskEvent, readEvents } from './api';

const stretches = [hour, day, 7 * day, 60 * day, 60 * day];
const least = 1; // ms beyond the instant one is at

// The stretches to ask for from an instant on, nearest first, up to now and not before 1970.
export function windows(at: number, by: 1 | -1, now: number): Range[] {
    const result: Range[] = [];
    let edge = at + by * least;
    for (const length of stretches) {
        const end = Math.max(0, Math.min(now, edge + by * length));
        if (by > 0 ? end <= edge : end >= edge) break;
        result.push(by > 0 ? { from: edge, to: end } : { from: end, to: edge });
        edge = end;
    }
    return result;
}

export async function findEvent(
    at: number,
    by: 1 | -1,
    now: number,
    cameras: readonly string[],
    signal: AbortSignal,
): Promise<DeskEvent | null> {
    for (const range of windows(at, by, now)) {
        const found = (await readEvents(range, cameras, signal))
            .filter((event) => event.at >= range.from && event.at <= range.to)
            .sort((a, b) => by * (a.at - b.at));
        if (found[0]) return found[0];
    }
    return null;
}
