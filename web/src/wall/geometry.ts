// Where each tile of the wall lies. Pure; pixels.
//
// The wall is a grid of equal cells. A tile covers one cell, or a square of them when it is larger
// than the others; smaller ones fill the holes that large ones leave.

export interface WallShape {
    width: number;
    height: number;
    gap: number;
    strip: number; // height of the caption under each picture
    aspect: number; // width / height of a picture
}

export interface Cells {
    column: number; // from 0
    row: number;
    span: number; // cells across and down
}

export interface WallPlan {
    columns: number;
    rows: number;
    tile: number; // width of a cell
    cells: Cells[]; // of each tile, in their order
}

const leastTile = 168; // narrower says nothing: the wall scrolls instead
const leastPhoneTile = 340; // a few cameras on a phone: one below the other, as wide as it is

function columnWidth(shape: WallShape, columns: number): number {
    return Math.floor((shape.width - shape.gap * (columns - 1)) / columns);
}

// The first free place for each, row by row.
function pack(spans: readonly number[], columns: number): { cells: Cells[]; rows: number } {
    const taken = new Set<number>(); // row × columns + column
    const squares = (column: number, row: number, span: number): number[] =>
        Array.from(
            { length: span * span },
            (_, i) => (row + Math.floor(i / span)) * columns + column + (i % span),
        );
    let rows = 0;
    let first = 0; // nothing before it is free
    const cells = spans.map((wanted) => {
        const span = Math.min(wanted, columns);
        while (taken.has(first)) first++;
        for (let at = first; ; at++) {
            const column = at % columns;
            const row = Math.floor(at / columns);
            if (column + span > columns) continue;
            const needed = squares(column, row, span);
            if (needed.some((square) => taken.has(square))) continue;
            for (const square of needed) taken.add(square);
            rows = Math.max(rows, row + span);
            return { column, row, span };
        }
    });
    return { cells, rows };
}

// The largest tiles that all fit; where those would be too small, the smallest useful ones, and
// the wall scrolls. `spans` says how many cells across each tile wants.
export function wallPlan(spans: readonly number[], shape: WallShape): WallPlan {
    const least = Math.min(
        shape.width,
        shape.width < 600 && spans.length <= 6 ? leastPhoneTile : leastTile,
    );
    const area = spans.reduce((sum, span) => sum + span * span, 0);
    let best: WallPlan = { columns: 1, rows: 1, tile: 0, cells: [] };
    for (let columns = 1; columns <= Math.max(1, area); columns++) {
        const widest = columnWidth(shape, columns);
        if (widest < Math.max(best.tile, 1)) break;
        const { cells, rows } = pack(spans, columns);
        const pictureHeight = (shape.height - shape.gap * (rows - 1)) / rows - shape.strip;
        const tile = Math.floor(Math.min(widest, pictureHeight * shape.aspect));
        if (tile > best.tile) best = { columns, rows, tile, cells };
    }
    if (best.tile >= least) return best;
    const columns = Math.max(1, Math.floor((shape.width + shape.gap) / (least + shape.gap)));
    return { columns, tile: columnWidth(shape, columns), ...pack(spans, columns) };
}

export function tileWidth(plan: WallPlan, span: number, gap: number): number {
    return plan.tile * span + gap * (span - 1);
}

// How many cells across the spot-lit one of so many tiles gets: about half of the wall.
export function spotSpan(tiles: number): number {
    return tiles <= 1 ? 1 : tiles <= 5 ? 2 : tiles <= 17 ? 3 : 4;
}

// The tile that a key leads to: the next or the last one before in order, the nearest above or
// below; it stays where there is none.
export function neighbour(cells: readonly Cells[], index: number, key: string): number {
    const last = cells.length - 1;
    const from = cells[index];
    if (!from) return 0;
    switch (key) {
        case 'ArrowLeft':
            return Math.max(0, index - 1);
        case 'ArrowRight':
            return Math.min(last, index + 1);
        case 'Home':
            return 0;
        case 'End':
            return last;
    }
    const down = key === 'ArrowDown';
    if (!down && key !== 'ArrowUp') return index;
    let best = index;
    let least = Infinity;
    for (const [i, to] of cells.entries()) {
        const away = down ? to.row - (from.row + from.span) : from.row - (to.row + to.span);
        if (away < 0) continue;
        // One that does not lie straight above or below counts as further away than any that does.
        const aside = Math.max(
            0,
            to.column - (from.column + from.span - 1),
            from.column - (to.column + to.span - 1),
        );
        const distance = aside * 1000 + away * 10 + Math.abs(to.column - from.column);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return least >= 1000 ? index : best;
}

// The most common shape among the pictures, widest first: the others get bars, not crops.
export function commonAspect(aspects: readonly number[]): number {
    const counts = new Map<number, number>();
    for (const aspect of aspects) {
        const rounded = Math.round(aspect * 100) / 100;
        counts.set(rounded, (counts.get(rounded) ?? 0) + 1);
    }
    const [first] = [...counts].sort(([a, n], [b, m]) => m - n || b - a);
    return first?.[0] ?? 16 / 9;
}
