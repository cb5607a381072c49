// What is drawn on a camera's picture while somebody edits it. Pure.
import type { Area, AreaKind, Areas, Point } from '../api';
import { covers, crossing, leastPoints, samplesOf } from './geometry';

export interface Shape {
    key: string; // for as long as it is on the screen
    kind: AreaKind;
    name: string; // '' only for a mask of scrim.yaml
    points: Point[];
    fixed: boolean; // of scrim.yaml
    saved: { name: string; points: Point[] } | null; // as the server has it; null: new
}

let lastKey = 0;
export function newKey(): string {
    return `shape-${++lastKey}`;
}

const toShape = ({ kind, name, from, points }: Area): Shape => ({
    key: newKey(),
    kind,
    name: name ?? '',
    points,
    fixed: from === 'scrim.yaml',
    saved: { name: name ?? '', points },
});

export function shapesOf(areas: Areas): Shape[] {
    return areas.areas.map(toShape);
}

const samePoints = (a: readonly Point[], b: readonly Point[]): boolean =>
    a.length === b.length && a.every(([x, y], i) => x === b[i]?.[0] && y === b[i]?.[1]);

export function isChanged({ saved, name, points }: Shape): boolean {
    return !saved || saved.name !== name || !samePoints(saved.points, points);
}

export type NameProblem = 'form' | 'taken';

export function nameProblem(shape: Shape, all: readonly Shape[]): NameProblem | null {
    if (shape.fixed) return null;
    if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(shape.name)) return 'form';
    return all.some((each) => each.key !== shape.key && each.name === shape.name) ? 'taken' : null;
}

export function isSound(shape: Shape, all: readonly Shape[]): boolean {
    return (
        shape.points.length >= leastPoints[shape.kind] &&
        crossing(shape.points, shape.kind) === null &&
        nameProblem(shape, all) === null
    );
}

// mask-1, mask-2 …: a name that nobody has.
export function freeName(kind: AreaKind, all: readonly Shape[]): string {
    for (let i = 1; ; i++) {
        const name = `${kind}-${i}`;
        if (!all.some((shape) => shape.name === name)) return name;
    }
}

export type Act =
    | { act: 'put'; name: string; kind: AreaKind; points: Point[] }
    | { act: 'remove'; name: string; kind: AreaKind };

// What the server has to be told. Everything is put before anything is taken away: what two masks
// covered stays covered all the time.
export function actsOf(before: readonly Shape[], now: readonly Shape[]): Act[] {
    const puts: Act[] = now
        .filter((shape) => !shape.fixed && isChanged(shape))
        .map(({ name, kind, points }) => ({ act: 'put', name, kind, points }));
    const removes: Act[] = before
        .filter(
            (shape) =>
                !shape.fixed && shape.saved && !now.some((each) => each.name === shape.saved?.name),
        )
        .map(({ saved, kind }) => ({ act: 'remove', name: saved?.name ?? '', kind }));
    return [...puts, ...removes];
}

// The names of the masks of which something would be seen: they are gone, smaller or elsewhere, and
// no other mask covers what they covered.
export function uncovered(before: readonly Shape[], now: readonly Shape[]): string[] {
    const masks = now.filter(({ kind }) => kind === 'mask');
    const isHidden = (at: Point): boolean => masks.some(({ points }) => covers(points, at));
    return before
        .filter(({ kind, points }) => kind === 'mask' && !samplesOf(points).every(isHidden))
        .map(({ name }) => name);
}
