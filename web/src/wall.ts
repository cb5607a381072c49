// How many tiles fit beside each other. Pure; pixels.

export interface WallShape {
    width: number;
    height: number;
    gap: number;
    strip: number; // height of the caption under each picture
    aspect: number; // width / height of a picture
}

export interface WallLayout {
    columns: number;
    tile: number; // width of a tile
}

const leastTile = 168; // narrower says nothing: the wall scrolls instead
const leastPhoneTile = 340; // a few cameras on a phone: one below the other, as wide as it is

function columnWidth(shape: WallShape, columns: number): number {
    return Math.floor((shape.width - shape.gap * (columns - 1)) / columns);
}

// The largest tiles that all fit; where those would be too small, the smallest useful ones, and
// the wall scrolls.
export function wallLayout(count: number, shape: WallShape): WallLayout {
    const least = Math.min(
        shape.width,
        shape.width < 600 && count <= 6 ? leastPhoneTile : leastTile,
    );
    let best: WallLayout = { columns: 1, tile: 0 };
    for (let columns = 1; columns <= Math.max(1, count); columns++) {
        const rows = Math.ceil(count / columns);
        const pictureHeight = (shape.height - shape.gap * (rows - 1)) / rows - shape.strip;
        const tile = Math.floor(
            Math.min(columnWidth(shape, columns), pictureHeight * shape.aspect),
        );
        if (tile > best.tile) best = { columns, tile };
    }
    if (best.tile >= least) return best;
    const columns = Math.max(1, Math.floor((shape.width + shape.gap) / (least + shape.gap)));
    return { columns, tile: columnWidth(shape, columns) };
}

// The tile that an arrow key leads to; it stays where there is none.
export function neighbour(index: number, count: number, columns: number, key: string): number {
    const moves: Record<string, number> = {
        ArrowLeft: -1,
        ArrowRight: 1,
        ArrowUp: -columns,
        ArrowDown: columns,
    };
    const next = index + (moves[key] ?? 0);
    return next >= 0 && next < count ? next : index;
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
