// What the timeline shows, beside the page's state: it changes with every frame of a drag, and
// drawing reads it without rendering anything anew.
import { useEffect, useState } from 'preact/hooks';
import { serverNow } from '../state';
import { chunkPixels } from '../timeline/chunks';
import { day, longest, opening, type Range, shortest, zoom } from '../timeline/scale';
import { ChunkStore } from '../timeline/store';
import { Value } from '../value';
import type { Camera } from '../types';
import { type DeskEvent, type LaneMap, readEvents, readLanes } from './api';

export interface Hover {
    at: number;
    lane: number | null;
    y: number;
}

const aheadShare = 0.06; // of the range, beyond now

export const laneHeight = 24; // CSS pixels

// A camera's lane, or the heading of a group.
export interface LaneRow {
    camera: Camera | null;
    title: string;
}

// The cameras in their order, those of a group together below its title.
export function laneRows(
    cameras: readonly Camera[],
    titleOf: (group: string) => string,
): LaneRow[] {
    const groups = new Map<string, Camera[]>();
    for (const camera of cameras) {
        const group = camera.groups?.[0] ?? '';
        groups.set(group, [...(groups.get(group) ?? []), camera]);
    }
    const own = (list: Camera[]): LaneRow[] =>
        list.map((camera) => ({ camera, title: camera.name }));
    return [...groups].flatMap(([group, list]) =>
        group === '' ? own(list) : [{ camera: null, title: titleOf(group) }, ...own(list)],
    );
}

// Where a range may lie: not far beyond now.
export function limit(range: Range, now: number): Range {
    const length = Math.min(longest, Math.max(shortest, range.to - range.from));
    const to = Math.min(range.from + length, now + aheadShare * length);
    return { from: to - length, to };
}

// `length` ms with `at` in the middle, or the newest if there is none.
export function around(at: number | null, length: number, now: number): Range {
    const from = at === null ? now - (1 - aheadShare) * length : at - length / 2;
    return limit({ from, to: from + length }, now);
}

export class ReviewView {
    readonly range: Value<Range>;
    readonly hover = new Value<Hover | null>(null);
    readonly mark = new Value<number | null>(null);
    readonly selection = new Value<Range | null>(null); // of the film to be exported
    readonly lanes: ChunkStore<LaneMap>;
    readonly events: ChunkStore<DeskEvent[]>;
    width = 0; // of the lanes, in CSS pixels

    constructor(range: Range) {
        this.range = new Value(limit(range, serverNow()));
        this.lanes = new ChunkStore((part, signal) => readLanes(part, chunkPixels, signal));
        this.events = new ChunkStore((part, signal) => readEvents(part, signal));
    }

    #touched = false;

    // Once, of a site that has not run for long: what there is so far.
    fit(): void {
        if (this.#touched || !this.lanes.complete) return;
        this.#touched = true;
        const now = serverNow();
        const range = this.range.get();
        const starts = this.lanes.pieces(range, this.width).flatMap(({ data }) =>
            [...data.values()].flatMap(({ recorded, redacted, gaps, unknown }) => {
                const first = [recorded[0]?.[0], redacted[0]?.[0], gaps[0]?.from, unknown[0]?.[0]];
                return first.filter((at) => at !== undefined);
            }),
        );
        const first = starts.length > 0 ? Math.min(...starts) : null;
        const next = opening(range, first, now);
        if (next !== range) this.#set(next);
    }

    show = (range: Range): void => {
        this.#touched = true;
        this.#set(range);
    };

    #set(range: Range): void {
        this.range.set(limit(range, serverNow()));
        this.look();
    }

    zoom(factor: number, anchor?: number): void {
        const range = this.range.get();
        const middle = (range.from + range.to) / 2;
        const at = anchor ?? this.mark.get() ?? middle;
        const inside = at >= range.from && at <= range.to;
        this.show(zoom(range, factor, inside ? at : middle));
    }

    get perPixel(): number {
        const { from, to } = this.range.get();
        return (to - from) / Math.max(1, this.width);
    }

    // As far as the fraction of what is in view.
    slide(share: number): void {
        const { from, to } = this.range.get();
        const by = (to - from) * share;
        this.show({ from: from + by, to: to + by });
    }

    resize(width: number): void {
        this.width = width;
        this.look();
    }

    look(): void {
        if (this.width <= 0) return;
        this.lanes.look(this.range.get(), this.width);
        this.events.look(this.range.get(), this.width);
    }

    // The events in view, oldest first.
    eventsInView(): DeskEvent[] {
        const { from, to } = this.range.get();
        return this.events
            .pieces({ from, to }, this.width)
            .flatMap((piece) =>
                piece.data.filter(
                    (event) =>
                        event.at >= Math.max(from, piece.from) && event.at < Math.min(to, piece.to),
                ),
            )
            .sort((a, b) => a.at - b.at);
    }

    close(): void {
        this.lanes.close();
        this.events.close();
    }
}

export const firstLength = day;

const settledMs = 120;

// A value that changes with every frame, for words beside the canvas: told now and then.
export function useSettled<T>(value: Value<T>): T {
    const [current, setCurrent] = useState(() => value.get());
    useEffect(() => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const end = value.subscribe(() => {
            timer ??= setTimeout(() => {
                timer = undefined;
                setCurrent(() => value.get());
            }, settledMs);
        });
        setCurrent(() => value.get());
        return () => {
            end();
            clearTimeout(timer);
        };
    }, [value]);
    return current;
}
