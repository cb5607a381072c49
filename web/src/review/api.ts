// What the timeline of all cameras asks of the server.
import { api, call } from '../api';
import type { LaneData } from '../timeline/draw';
import type { Range } from '../timeline/scale';
import type { EventKind } from '../timeline/words';
import type { GapCause, Span, TimelineData } from '../types';

interface Lanes {
    cameras: (Omit<LaneData, 'gaps'> & {
        id: string;
        gaps: [from: number, to: number, cause: GapCause][];
    })[];
}

export type LaneMap = ReadonlyMap<string, LaneData>;

const round = ({ from, to }: Range): string =>
    `from=${Math.max(0, Math.floor(from))}&to=${Math.ceil(to)}`;

export async function readLanes(
    range: Range,
    width: number,
    signal: AbortSignal,
): Promise<LaneMap> {
    const { cameras } = await call<Lanes>('GET', `/timeline?${round(range)}&width=${width}`, {
        signal,
    });
    return new Map(
        cameras.map((camera) => [
            camera.id,
            { ...camera, gaps: camera.gaps.map(([from, to, cause]) => ({ from, to, cause })) },
        ]),
    );
}

export interface DeskEvent {
    at: number;
    camera: string;
    kind: EventKind;
    words: string;
    cause?: GapCause;
}

export async function readEvents(
    range: Range,
    cameras: readonly string[],
    signal: AbortSignal,
): Promise<DeskEvent[]> {
    const of = cameras.length > 0 ? `&cameras=${cameras.join()}` : '';
    return call<DeskEvent[]>('GET', `/events?${round(range)}${of}`, { signal });
}

export interface Film {
    id: string;
    camera: string;
    from: number;
    to: number;
    name: string;
    reason: string;
    who: string;
    at: number; // when it was made
    bytes: number;
    sha256: string;
    url: string;
}

export interface FilmWish {
    camera: string;
    from: number;
    to: number;
    name: string;
    reason: string;
}

const filmLimitMs = 300_000; // hours of picture are copied and hashed

export const films = {
    list: () => call<Film[]>('GET', '/exports'),
    make: (wish: FilmWish) =>
        call<Film>('POST', '/exports', { body: wish, timeoutMs: filmLimitMs }),
};

// One camera's time to the millisecond, for what a film will hold.
export const exactTimeline = (
    camera: string,
    range: Range,
    signal: AbortSignal,
): Promise<TimelineData> => api.timeline(camera, range.from, range.to, signal);

// How much of a range the spans cover, in ms.
export function covered(spans: readonly Span[], range: Range): number {
    return spans.reduce(
        (sum, [from, to]) => sum + Math.max(0, Math.min(to, range.to) - Math.max(from, range.from)),
        0,
    );
}

// The stretches of a range that the spans leave open, of at least `least` ms.
export function holes(spans: readonly Span[], range: Range, least: number): Range[] {
    const result: Range[] = [];
    let at = range.from;
    for (const [from, to] of [...spans, [range.to, range.to] as Span]) {
        const end = Math.min(from, range.to);
        if (end - at >= least) result.push({ from: at, to: end });
        at = Math.max(at, to);
    }
    return result;
}
