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
}

// What is drawn as a mark; other gaps are bands.
const marked = 'lost,returned,opaque,areas,export';
const mostMarks = 4000;

export const readEvents = (range: Range, signal: AbortSignal): Promise<DeskEvent[]> =>
    call<DeskEvent[]>('GET', `/events?${round(range)}&kinds=${marked}&limit=${mostMarks}`, {
        signal,
    });

// The next event after an instant, or the last one before it; null where there is none.
export async function eventBeside(
    at: number,
    by: 1 | -1,
    cameras: readonly string[],
    signal: AbortSignal,
): Promise<DeskEvent | null> {
    const from = by > 0 ? `after=${Math.ceil(at)}` : `before=${Math.floor(at)}`;
    const of = cameras.length > 0 ? `&cameras=${cameras.join()}` : '';
    const found = await call<DeskEvent[]>('GET', `/events?${from}${of}&limit=1`, { signal });
    return found[0] ?? null;
}

export interface Film {
    id: string;
    camera: string;
    from: number;
    to: number;
    name: string;
    reason: string;
    who: string;
    created: number;
    expires: number; // removed then
    state: 'making' | 'ready' | 'failed';
    progress: number; // 0 to 1
    words: string | null; // why it failed
    bytes: number | null; // these three when it is ready
    sha256: string | null;
    url: string | null;
}

export interface FilmWish {
    camera: string;
    from: number;
    to: number;
    name: string;
    reason: string;
}

export const films = {
    list: () => call<Film[]>('GET', '/exports'),
    make: (wish: FilmWish) => call<Film>('POST', '/exports', { body: wish }),
    look: (id: string) => call<Film>('GET', `/exports/${id}`),
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
