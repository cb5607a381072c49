// What the bands show at an instant, in words: for the tip at the pointer, for screen readers, and
// for a player that has no picture.
import { serverNow } from '../state';
import { text } from '../text';
import { duration } from '../time';
import type { LaneData } from './draw';
import { spanAt } from './scale';

export const eventKinds = [
    'lost',
    'returned',
    'gap',
    'opaque',
    'areas',
    'export',
    'opening',
] as const;
export type EventKind = (typeof eventKinds)[number];

const writingMs = 150_000; // a segment enters the record when it is whole

function gapAt(data: LaneData, at: number): LaneData['gaps'][number] | undefined {
    return data.gaps.find((gap) => at >= gap.from && at < gap.to);
}

export function describe(data: LaneData | null | undefined, at: number): string {
    if (at > serverNow()) return text.timeline.future;
    if (!data) return '';
    const gap = gapAt(data, at);
    if (gap) return `${text.timeline.gap(text.causes[gap.cause])}, ${duration(gap.to - gap.from)}`;
    const parts: string[] = [];
    if (spanAt(data.recorded, at)) parts.push(text.timeline.recorded);
    else if (spanAt(data.only_redacted ?? [], at)) parts.push(text.review.onlyRedacted);
    else if (spanAt(data.unknown, at)) parts.push(text.timeline.unknown);
    if (spanAt(data.redacted, at)) parts.push(text.timeline.redacted);
    return (
        parts.join(' · ') ||
        (at > serverNow() - writingMs ? text.timeline.writing : text.timeline.nothing)
    );
}

// Why there is no redacted picture at an instant.
export function whyNone(data: LaneData | null | undefined, at: number): string {
    if (!data) return '';
    const gap = gapAt(data, at);
    if (gap) return text.timeline.gap(text.causes[gap.cause]);
    if (spanAt(data.recorded, at)) return text.review.onlySealed;
    return spanAt(data.unknown, at) ? text.timeline.unknown : text.timeline.nothing;
}
