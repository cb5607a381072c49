// The arithmetic of a timeline: which instants are on the screen, and where. Pure; ms and pixels.
import type { Span } from '../types';

export interface Range {
    readonly from: number;
    readonly to: number;
}

export interface Tick {
    at: number;
    major: boolean; // carries a label
}

const second = 1000;
const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;
const week = 7 * day;
const monday = 4 * day; // the first one after the beginning of 1970

export const shortest = 10 * second;
export const longest = 400 * day;

// A zoomed range keeps the instant under the pointer where it is.
export function zoom(range: Range, factor: number, anchor: number): Range {
    const length = range.to - range.from;
    const next = Math.min(longest, Math.max(shortest, length * factor));
    const share = length > 0 ? (anchor - range.from) / length : 0.5;
    const from = anchor - share * next;
    return { from, to: from + next };
}

export function pan(range: Range, ms: number): Range {
    return { from: range.from + ms, to: range.to + ms };
}

// The least move that brings `at` into the middle part of the range.
export function follow(range: Range, at: number, margin = 0.1): Range {
    const slack = (range.to - range.from) * margin;
    if (at < range.from + slack) return pan(range, at - range.from - slack);
    if (at > range.to - slack) return pan(range, at - range.to + slack);
    return range;
}

// Follows a moving instant in strides, so that a view is asked for now and then and not each
// second.
export function keepUp(range: Range, at: number): Range {
    const length = range.to - range.from;
    if (at >= range.from && at <= range.to - 0.04 * length) return range;
    return pan(range, at - range.from - 0.7 * length);
}

// What to begin with: the day, or of a site that has not run for long what there is so far.
// `first`: the earliest instant that anything is known of.
export function opening(today: Range, first: number | null, now: number): Range {
    const known = now - (first ?? now);
    if (known > 6 * hour) return today;
    const length = Math.max(20 * minute, 1.4 * known);
    return { from: now - 0.8 * length, to: now + 0.2 * length };
}

export function toX(range: Range, width: number, at: number): number {
    return ((at - range.from) / (range.to - range.from)) * width;
}

export function toTime(range: Range, width: number, x: number): number {
    return range.from + (x / width) * (range.to - range.from);
}

// [every label, every small tick]
const steps: readonly (readonly [number, number])[] = [
    [second, second / 5],
    [2 * second, second],
    [5 * second, second],
    [10 * second, 2 * second],
    [30 * second, 5 * second],
    [minute, 10 * second],
    [2 * minute, 30 * second],
    [5 * minute, minute],
    [10 * minute, 2 * minute],
    [30 * minute, 5 * minute],
    [hour, 10 * minute],
    [2 * hour, 30 * minute],
    [3 * hour, hour],
    [6 * hour, hour],
    [12 * hour, 3 * hour],
    [day, 6 * hour],
    [2 * day, day],
    [week, day],
    [2 * week, week],
    [4 * week, week],
];

export function tickSteps(
    range: Range,
    width: number,
    labelWidth: number,
): readonly [number, number] {
    const perPixel = (range.to - range.from) / Math.max(1, width);
    return steps.find(([major]) => major / perPixel >= labelWidth) ?? [13 * week, week];
}

// Ticks fall on round wall-clock times, weeks on Mondays; `offset` is the zone's distance from UTC
// at an instant.
export function ticks(
    range: Range,
    width: number,
    labelWidth: number,
    offset: (at: number) => number,
): Tick[] {
    const [major, minor] = tickSteps(range, width, labelWidth);
    const first = offset(range.from);
    const changes = offset(range.to) !== first;
    const zero = minor >= week || major >= week ? monday : 0;
    const result: Tick[] = [];
    for (let n = Math.ceil((range.from + first - zero) / minor); ; n++) {
        const wall = zero + n * minor;
        const at = wall - (changes ? offset(wall - first) : first);
        if (at > range.to) return result;
        if (at >= range.from) result.push({ at, major: (wall - zero) % major === 0 });
    }
}

// The first of ascending spans that ends after `at`.
export function firstAfter(spans: readonly Span[], at: number): number {
    let low = 0;
    let high = spans.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((spans[middle]?.[1] ?? Infinity) <= at) low = middle + 1;
        else high = middle;
    }
    return low;
}

export function spanAt(spans: readonly Span[], at: number): Span | null {
    return spans.find(([from, to]) => at >= from && at < to) ?? null;
}
