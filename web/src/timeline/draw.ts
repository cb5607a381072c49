// Draws a camera's timeline: ticks and labels, the sealed band, the redacted band, now, and the
// marks.
import { clockTime, dayName, minuteTime, zoneOffset } from '../time';
import type { Span, TimelineData } from '../types';
import {
    gapFills,
    type Fill,
    type Palette,
    recordedFill,
    redactedFill,
    unknownFill,
} from './paint';
import { type Range, ticks, tickSteps, toX } from './scale';

export interface Scene {
    range: Range;
    data: TimelineData | null;
    now: number;
    playhead: number | null;
    mark: number | null; // under the pointer, or moved by keys
}

// Rows, in CSS pixels from the top.
export const rows = {
    labels: 20,
    sealed: { top: 26, height: 24 },
    redacted: { top: 55, height: 10 },
    height: 74,
};

const labelWidth = 64;
const leastWidth = 1.5; // a gap of a second must still be seen in a day

export function draw(
    context: CanvasRenderingContext2D,
    palette: Palette,
    width: number,
    scene: Scene,
): void {
    context.clearRect(0, 0, width, rows.height);
    drawGround(context, palette, width, scene);
    drawTicks(context, palette, width, scene.range);
    if (scene.data) drawBands(context, palette, width, scene.range, scene.data);
    drawLine(context, width, scene, scene.now, palette.colour('--line-now'), 1);
    if (scene.mark !== null)
        drawLine(context, width, scene, scene.mark, palette.colour('--text-muted'), 1);
    if (scene.playhead !== null) drawPlayhead(context, palette, width, scene, scene.playhead);
}

function drawGround(
    context: CanvasRenderingContext2D,
    palette: Palette,
    width: number,
    scene: Scene,
): void {
    context.fillStyle = palette.colour('--band-ground');
    const until = Math.min(width, Math.max(0, toX(scene.range, width, scene.now)));
    context.fillRect(0, rows.sealed.top, until, rows.sealed.height);
    context.fillRect(0, rows.redacted.top, until, rows.redacted.height);
}

function drawTicks(
    context: CanvasRenderingContext2D,
    palette: Palette,
    width: number,
    range: Range,
): void {
    const offset = zoneOffset((range.from + range.to) / 2);
    const [major] = tickSteps(range, width, labelWidth);
    context.font = `11px ${getComputedStyle(context.canvas).fontFamily}`;
    context.textBaseline = 'middle';
    for (const tick of ticks(range, width, labelWidth, offset)) {
        const x = Math.round(toX(range, width, tick.at)) + 0.5;
        context.fillStyle = palette.colour(tick.major ? '--line-strong' : '--line');
        context.fillRect(x - 0.5, tick.major ? 17 : 20, 1, tick.major ? rows.height - 17 : 4);
        if (!tick.major) continue;
        const midnight = (tick.at + offset) % 86_400_000 === 0;
        const label = midnight
            ? dayName(tick.at)
            : major < 60_000
              ? clockTime(tick.at)
              : minuteTime(tick.at);
        context.fillStyle = palette.colour(midnight ? '--text' : '--text-muted');
        const half = context.measureText(label).width / 2;
        context.textAlign = x < half ? 'left' : x > width - half ? 'right' : 'center';
        context.fillText(label, Math.min(width, Math.max(0, x)), 9);
    }
}

function drawSpan(
    context: CanvasRenderingContext2D,
    width: number,
    range: Range,
    row: { top: number; height: number },
    [from, to]: Span,
): void {
    if (to < range.from || from > range.to) return;
    const left = Math.max(0, toX(range, width, from));
    const right = Math.min(width, toX(range, width, to));
    context.fillRect(left, row.top, Math.max(leastWidth, right - left), row.height);
}

function drawBands(
    context: CanvasRenderingContext2D,
    palette: Palette,
    width: number,
    range: Range,
    data: TimelineData,
): void {
    const band = (
        fill: Fill,
        row: { top: number; height: number },
        spans: readonly Span[],
    ): void => {
        context.fillStyle = palette.fill(context, fill);
        for (const span of spans) drawSpan(context, width, range, row, span);
    };
    band(unknownFill, rows.sealed, data.unknown);
    band(recordedFill, rows.sealed, data.recorded);
    for (const gap of data.gaps) {
        context.fillStyle = palette.colour('--band-ground');
        drawSpan(context, width, range, rows.sealed, [gap.from, gap.to]);
        band(gapFills[gap.cause], rows.sealed, [[gap.from, gap.to]]);
    }
    band(redactedFill, rows.redacted, data.redacted);
}

function drawLine(
    context: CanvasRenderingContext2D,
    width: number,
    scene: Scene,
    at: number,
    colour: string,
    thickness: number,
): void {
    const x = toX(scene.range, width, at);
    if (x < 0 || x > width) return;
    context.fillStyle = colour;
    context.fillRect(Math.round(x - thickness / 2), 14, thickness, rows.height - 14);
}

function drawPlayhead(
    context: CanvasRenderingContext2D,
    palette: Palette,
    width: number,
    scene: Scene,
    at: number,
): void {
    const x = toX(scene.range, width, at);
    if (x < -6 || x > width + 6) return;
    drawLine(context, width, scene, at, palette.colour('--accent'), 2);
    context.beginPath();
    context.moveTo(x - 5, 14);
    context.lineTo(x + 5, 14);
    context.lineTo(x, 21);
    context.closePath();
    context.fill();
}
