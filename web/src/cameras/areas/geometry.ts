// Shapes on a picture, in shares of it (0 to 1, origin top left). Pure. The rules are those of
// src/site/area.c, which has the last word.
import type { AreaKind, Point } from '../api';

export interface Size {
    width: number; // pixels of the picture
    height: number;
}

export const leastPoints: Record<AreaKind, number> = { mask: 3, zone: 3, line: 2 };
export const mostPoints = 64;
const decimals = 1e5; // as the server keeps them

const inside = (value: number): number =>
    Math.round(Math.min(1, Math.max(0, value)) * decimals) / decimals;

export function inPicture(x: number, y: number): Point {
    return [inside(x), inside(y)];
}

// All points, moved together, as far as the picture goes.
export function moveAll(points: readonly Point[], dx: number, dy: number): Point[] {
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const right = Math.min(Math.max(dx, -Math.min(...xs)), 1 - Math.max(...xs));
    const down = Math.min(Math.max(dy, -Math.min(...ys)), 1 - Math.max(...ys));
    return points.map(([x, y]) => inPicture(x + right, y + down));
}

// Twice the signed area of a triangle: which side of ab c lies on.
function side(a: Point, b: Point, c: Point): number {
    const area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
    return Math.abs(area) < 1e-12 ? 0 : Math.sign(area);
}

function within(a: Point, b: Point, c: Point): boolean {
    return (
        Math.min(a[0], b[0]) <= c[0] &&
        c[0] <= Math.max(a[0], b[0]) &&
        Math.min(a[1], b[1]) <= c[1] &&
        c[1] <= Math.max(a[1], b[1])
    );
}

// Whether the segments ab and cd cross or touch.
export function meet(a: Point, b: Point, c: Point, d: Point): boolean {
    const [c1, d1] = [side(a, b, c), side(a, b, d)];
    const [a1, b1] = [side(c, d, a), side(c, d, b)];
    if (c1 !== d1 && a1 !== b1 && c1 && d1 && a1 && b1) return true;
    return (
        (c1 === 0 && within(a, b, c)) ||
        (d1 === 0 && within(a, b, d)) ||
        (a1 === 0 && within(c, d, a)) ||
        (b1 === 0 && within(c, d, b))
    );
}

// Whether the edges ab and bc run back over each other.
function folds(a: Point, b: Point, c: Point): boolean {
    const ahead = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]);
    return side(a, b, c) === 0 && ahead <= 0;
}

// The first two edges, counted from 0, that cross or touch though they are not neighbours, or fold
// back; null if all is well. A line may cross itself.
export function crossing(points: readonly Point[], kind: AreaKind): [number, number] | null {
    const n = points.length;
    if (kind === 'line' || n < 3) return null;
    const at = (i: number): Point => points[i % n] as Point;
    for (let i = 0; i < n; i++) {
        if (folds(at(i), at(i + 1), at(i + 2))) return [i, (i + 1) % n];
        for (let j = i + 2; j < n; j++) {
            if ((j + 1) % n === i) continue; // a neighbour
            if (meet(at(i), at(i + 1), at(j), at(j + 1))) return [i, j];
        }
    }
    return null;
}

const edgesOf = (points: readonly Point[]): [Point, Point][] =>
    points.map((a, i) => [a, points[(i + 1) % points.length] as Point]);

function distance([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
    const length = (bx - ax) ** 2 + (by - ay) ** 2;
    const share = length ? ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length : 0;
    const on = Math.min(1, Math.max(0, share));
    return Math.hypot(x - ax - on * (bx - ax), y - ay - on * (by - ay));
}

// Whether a point lies in a shape or on its outline, by the even-odd rule.
export function covers(points: readonly Point[], at: Point): boolean {
    let crossed = false;
    for (const [a, b] of edgesOf(points)) {
        if (distance(at, a, b) < 2 / decimals) return true;
        const x = a[0] + ((at[1] - a[1]) * (b[0] - a[0])) / (b[1] - a[1]);
        if (a[1] > at[1] !== b[1] > at[1] && at[0] < x) crossed = !crossed;
    }
    return crossed;
}

const grid = 8; // cells in each direction
const edgeParts = 4;

// Points that stand for all of a shape: its corners, some along its edges, and the middles of the
// cells of a grid over it that it covers.
export function samplesOf(points: readonly Point[]): Point[] {
    const xs = points.map(([x]) => x);
    const ys = points.map(([, y]) => y);
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
    const inner = Array.from({ length: grid * grid }, (_, i): Point => {
        const row = Math.floor(i / grid);
        return [left + (((i % grid) + 0.5) / grid) * width, top + ((row + 0.5) / grid) * height];
    });
    const outline = edgesOf(points).flatMap(([[ax, ay], [bx, by]]) =>
        Array.from({ length: edgeParts }, (_, i): Point => {
            const share = i / edgeParts;
            return [ax + share * (bx - ax), ay + share * (by - ay)];
        }),
    );
    return [...outline, ...inner.filter((at) => covers(points, at))];
}

// Where a click adds a point to a shape: behind the point whose edge is nearest.
export function nearestEdge(points: readonly Point[], kind: AreaKind, at: Point): number {
    const edges = edgesOf(points).slice(0, kind === 'line' ? -1 : undefined);
    let best = 0;
    let least = Infinity;
    edges.forEach(([a, b], i) => {
        const far = distance(at, a, b);
        if (far < least) {
            least = far;
            best = i;
        }
    });
    return best;
}

// The arrow of a line: from its middle to the right of whoever walks from its first point to its
// last. In pixels of the picture.
export function arrowOf(points: readonly Point[], { width, height }: Size, length: number) {
    const first = points[0] as Point;
    const last = points.at(-1) as Point;
    const dx = (last[0] - first[0]) * width;
    const dy = (last[1] - first[1]) * height;
    const far = Math.hypot(dx, dy) || 1;
    const middle = points[Math.floor((points.length - 1) / 2)] as Point;
    const next = points[Math.floor((points.length - 1) / 2) + 1] as Point;
    const x = ((middle[0] + next[0]) / 2) * width;
    const y = ((middle[1] + next[1]) / 2) * height;
    return { x, y, toX: x - (dy / far) * length, toY: y + (dx / far) * length };
}
