// Colours and patterns of the timeline. Every cause differs in both, so that neither is needed
// alone.
import type { GapCause } from '../types';
import type { EventKind } from './words';

export type Pattern =
    | 'solid'
    | 'rise'
    | 'fall'
    | 'cross'
    | 'bars'
    | 'lines'
    | 'dots'
    | 'waves'
    | 'sparse';

export interface Fill {
    colour: string; // CSS custom property
    pattern: Pattern;
}

export const recordedFill: Fill = { colour: '--band-recorded', pattern: 'solid' };
export const redactedFill: Fill = { colour: '--band-redacted', pattern: 'solid' };
export const onlyRedactedFill: Fill = { colour: '--band-redacted', pattern: 'lines' };
export const unknownFill: Fill = { colour: '--band-unknown', pattern: 'sparse' };

// Red is for what the site itself must repair, amber for what came from outside, violet for what
// was meant.
export const gapFills: Record<GapCause, Fill> = {
    camera: { colour: '--gap-outside', pattern: 'rise' },
    network: { colour: '--gap-outside', pattern: 'dots' },
    disk: { colour: '--gap-ours', pattern: 'cross' },
    overload: { colour: '--gap-ours', pattern: 'bars' },
    crash: { colour: '--gap-ours', pattern: 'fall' },
    operator: { colour: '--gap-meant', pattern: 'lines' },
    clock: { colour: '--gap-meant', pattern: 'waves' },
};

// Openings have a ring, and the colour of the vault's own acts.
export const eventFills: Record<EventKind, string> = {
    lost: '--gap-outside',
    returned: '--live',
    gap: '--gap-ours',
    opaque: '--text-muted',
    areas: '--gap-meant',
    export: '--accent',
    opening: '--accent',
};

const cell = 8; // px, the period of every pattern

const strokes: Record<
    Exclude<Pattern, 'solid' | 'dots' | 'sparse'>,
    readonly (readonly [number, number, number, number])[]
> = {
    rise: [
        [-2, 10, 10, -2],
        [-2, 2, 2, -2],
        [6, 10, 10, 6],
    ],
    fall: [
        [-2, -2, 10, 10],
        [6, -2, 10, 2],
        [-2, 6, 2, 10],
    ],
    cross: [
        [-2, 10, 10, -2],
        [-2, -2, 10, 10],
    ],
    bars: [
        [2, 0, 2, 8],
        [6, 0, 6, 8],
    ],
    lines: [
        [0, 2, 8, 2],
        [0, 6, 8, 6],
    ],
    waves: [
        [0, 6, 4, 2],
        [4, 2, 8, 6],
    ],
};

function drawCell(
    context: CanvasRenderingContext2D,
    pattern: Exclude<Pattern, 'solid'>,
    colour: string,
): void {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    if (pattern === 'dots' || pattern === 'sparse') {
        const dots =
            pattern === 'dots'
                ? [
                      [2, 2],
                      [6, 6],
                  ]
                : [[4, 4]];
        for (const [x, y] of dots) {
            context.beginPath();
            context.arc(x ?? 0, y ?? 0, pattern === 'dots' ? 1.6 : 0.9, 0, 2 * Math.PI);
            context.fill();
        }
        return;
    }
    context.globalAlpha = 0.28;
    context.fillRect(0, 0, cell, cell);
    context.globalAlpha = 1;
    context.lineWidth = 1.8;
    for (const [x0, y0, x1, y1] of strokes[pattern]) {
        context.beginPath();
        context.moveTo(x0, y0);
        context.lineTo(x1, y1);
        context.stroke();
    }
}

// Colours as the theme resolves them now, and canvas fills made from them. One a theme and pixel
// ratio.
export class Palette {
    readonly font: string;
    readonly #made = new Map<string, string | CanvasPattern>();

    constructor(
        private readonly element: HTMLElement,
        private readonly ratio: number,
    ) {
        this.font = getComputedStyle(element).fontFamily;
    }

    colour(name: string): string {
        const known = this.#made.get(name);
        if (typeof known === 'string') return known;
        this.element.style.color = `var(${name})`;
        const colour = getComputedStyle(this.element).color;
        this.element.style.color = '';
        this.#made.set(name, colour);
        return colour;
    }

    fill(context: CanvasRenderingContext2D, fill: Fill): string | CanvasPattern {
        if (fill.pattern === 'solid') return this.colour(fill.colour);
        const name = `${fill.colour} ${fill.pattern}`;
        const known = this.#made.get(name);
        if (known !== undefined) return known;
        const tile = document.createElement('canvas');
        tile.width = tile.height = Math.round(cell * this.ratio);
        const tileContext = tile.getContext('2d');
        if (!tileContext) return this.colour(fill.colour);
        tileContext.scale(tile.width / cell, tile.height / cell);
        drawCell(tileContext, fill.pattern, this.colour(fill.colour));
        const pattern = context.createPattern(tile, 'repeat') ?? this.colour(fill.colour);
        if (pattern instanceof CanvasPattern)
            pattern.setTransform(new DOMMatrix().scale(cell / tile.width));
        this.#made.set(name, pattern);
        return pattern;
    }
}
