// Draws timelines: ticks and labels, the lanes of cameras, events on them, and lines at instants.
// Coordinates are CSS pixels; x is rounded to whole ones, so that neighbouring pieces leave no seam.
import { clockTime, dayName, minuteTime, zoneOffset } from '../time';
import type { GapCause, Span } from '../types';
import type { Piece } from './chunks';
import {
    eventFills,
    type Fill,
    gapFills,
    onlyRedactedFill,
    type Palette,
    recordedFill,
    redactedFill,
    unknownFill,
} from './paint';
import { day, firstAfter, type Range, ticks, tickSteps, toX } from './scale';
import type { EventKind } from './words';

// What a lane shows of its camera; TimelineData is one, too.
export interface LaneData {
    recorded: readonly Span[];
    redacted: readonly Span[];
    only_redacted?: readonly Span[];
    unknown: readonly Span[];
    gaps: readonly { from: number; to: number; cause: GapCause }[];
}

export interface Row {
    top: number;
    height: number;
}

// Where a lane's bands lie, from its top.
export interface LaneShape {
    height: number;
    sealed: Row;
    redacted: Row;
}

type Context = CanvasRenderingContext2D;

const labelWidth = 64;
const diamond = [
    [0, -4],
    [4, 0],
    [0, 4],
    [-4, 0],
] as const;
const labelGap = 6; // between two labels
const leastWidth = 1.5; // a gap of a second must still be seen in a day

export function drawTicks(
    context: Context,
    palette: Palette,
    width: number,
    range: Range,
    place: { labels: number | null; top: number; bottom: number }, // labels: their middle
): void {
    const [major] = tickSteps(range, width, labelWidth);
    context.font = `11px ${palette.font}`;
    context.textBaseline = 'middle';
    context.textAlign = 'left';
    const majors: number[] = [];
    for (const tick of ticks(range, width, labelWidth, zoneOffset)) {
        const x = Math.round(toX(range, width, tick.at));
        if (!tick.major && place.labels === null) continue;
        context.fillStyle = palette.colour(tick.major ? '--line-strong' : '--line');
        context.fillRect(x, place.top, 1, tick.major ? place.bottom - place.top : 4);
        if (tick.major && place.labels !== null) majors.push(tick.at);
    }
    if (place.labels === null) return;
    const isMidnight = (at: number): boolean => (at + zoneOffset(at)) % day === 0;
    const taken: (readonly [left: number, right: number])[] = [];
    // Days before hours: where both do not fit, the hour goes.
    for (const at of majors.sort((a, b) => Number(isMidnight(b)) - Number(isMidnight(a)))) {
        const words = label(at, major, isMidnight(at));
        const wide = context.measureText(words).width;
        const middle = toX(range, width, at);
        const left = Math.round(Math.min(Math.max(0, middle - wide / 2), width - wide));
        if (taken.some(([from, to]) => left < to + labelGap && left + wide > from - labelGap))
            continue;
        taken.push([left, left + wide]);
        context.fillStyle = palette.colour(isMidnight(at) ? '--text' : '--text-muted');
        context.fillText(words, left, place.labels);
    }
}

function label(at: number, major: number, midnight: boolean): string {
    if (midnight) return dayName(at);
    return major < 60_000 ? clockTime(at) : minuteTime(at);
}

// The time that has passed, on which everything known is laid.
export function drawGround(
    context: Context,
    palette: Palette,
    width: number,
    range: Range,
    now: number,
    rows: readonly Row[],
): void {
    context.fillStyle = palette.colour('--band-ground');
    const until = Math.min(width, Math.max(0, Math.round(toX(range, width, now))));
    for (const row of rows) context.fillRect(0, row.top, until, row.height);
}

function fillSpan(
    context: Context,
    width: number,
    range: Range,
    row: Row,
    from: number,
    to: number,
): void {
    const left = Math.max(0, Math.round(toX(range, width, from)));
    const right = Math.min(width, Math.round(toX(range, width, to)));
    context.fillRect(left, row.top, Math.max(leastWidth, right - left), row.height);
}

// One lane with its top at `y`. Each piece is drawn within its own stretch only.
export function drawLane(
    context: Context,
    palette: Palette,
    width: number,
    range: Range,
    y: number,
    shape: LaneShape,
    pieces: readonly Piece<LaneData | undefined>[],
): void {
    const sealed = { top: y + shape.sealed.top, height: shape.sealed.height };
    const redacted = { top: y + shape.redacted.top, height: shape.redacted.height };
    for (const { from, to, data } of pieces) {
        const clip = { from: Math.max(from, range.from), to: Math.min(to, range.to) };
        if (!data || clip.from >= clip.to) continue;
        const band = (fill: Fill, row: Row, spans: readonly Span[]): void => {
            if (spans.length === 0) return;
            context.fillStyle = palette.fill(context, fill);
            for (let i = firstAfter(spans, clip.from); i < spans.length; i++) {
                const [start, end] = spans[i] ?? [0, 0];
                if (start >= clip.to) break;
                const a = Math.max(start, clip.from);
                fillSpan(context, width, range, row, a, Math.min(end, clip.to));
            }
        };
        band(unknownFill, sealed, data.unknown);
        band(onlyRedactedFill, sealed, data.only_redacted ?? []);
        band(recordedFill, sealed, data.recorded);
        drawGaps(context, palette, width, range, clip, sealed, data.gaps);
        band(redactedFill, redacted, data.redacted);
    }
}

function drawGaps(
    context: Context,
    palette: Palette,
    width: number,
    range: Range,
    clip: Range,
    row: Row,
    gaps: LaneData['gaps'],
): void {
    for (const gap of gaps) {
        if (gap.to <= clip.from || gap.from >= clip.to) continue;
        const from = Math.max(gap.from, clip.from);
        const to = Math.min(gap.to, clip.to);
        context.fillStyle = palette.colour('--band-ground');
        fillSpan(context, width, range, row, from, to);
        context.fillStyle = palette.fill(context, gapFills[gap.cause]);
        fillSpan(context, width, range, row, from, to);
    }
}

// A mark for an event around (x, y): a diamond; for an opening a ring, since it is the graver act.
// `plain`: a bar, for many at once.
export function drawEvent(
    context: Context,
    palette: Palette,
    x: number,
    y: number,
    kind: EventKind,
    plain: boolean,
): void {
    const colour = palette.colour(eventFills[kind]);
    if (plain && kind !== 'opening') {
        context.fillStyle = colour;
        context.fillRect(Math.round(x) - 1, y - 4, 2, 9);
        return;
    }
    context.beginPath();
    if (kind === 'opening') context.arc(x, y, 3, 0, 2 * Math.PI);
    else for (const [dx, dy] of diamond) context.lineTo(x + dx, y + dy);
    context.closePath();
    context.lineWidth = 5;
    context.strokeStyle = palette.colour('--raised');
    context.stroke();
    context.lineWidth = 2;
    context.strokeStyle = context.fillStyle = colour;
    if (kind === 'opening') context.stroke();
    else context.fill();
}

export function drawLine(
    context: Context,
    width: number,
    range: Range,
    at: number,
    row: Row,
    colour: string,
    thickness: number,
): void {
    const x = toX(range, width, at);
    if (x < 0 || x > width) return;
    context.fillStyle = colour;
    context.fillRect(Math.round(x - thickness / 2), row.top, thickness, row.height);
}

// The instant that is played: a line with a handle on top.
export function drawPlayhead(
    context: Context,
    palette: Palette,
    width: number,
    range: Range,
    at: number,
    row: Row,
): void {
    const x = toX(range, width, at);
    if (x < -6 || x > width + 6) return;
    drawLine(context, width, range, at, row, palette.colour('--accent'), 2);
    context.beginPath();
    context.moveTo(x - 5, row.top);
    context.lineTo(x + 5, row.top);
    context.lineTo(x, row.top + 7);
    context.closePath();
    context.fill();
}
