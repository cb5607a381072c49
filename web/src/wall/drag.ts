// Dragging tiles: with a mouse anywhere on a tile, with a finger by its grip, so that a phone can
// still be scrolled.

export interface DragTarget {
    start(camera: string): void;
    over(camera: string, target: string): void; // the pointer is on another tile
    end(): void;
}

function tileAt(x: number, y: number): string | undefined {
    return document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-place]')?.dataset.place;
}

// Returns the function that ends the watch.
export function watchDrag(grid: HTMLElement, target: DragTarget): () => void {
    let camera: string | null = null;
    let last: string | undefined; // the tile it made room for: once a visit
    const down = (event: PointerEvent): void => {
        const from = event.target instanceof Element ? event.target : null;
        const grip = from?.closest('.grip');
        if (event.button !== 0 || (from?.closest('button') && !grip)) return;
        if (event.pointerType !== 'mouse' && !grip) return;
        const place = from?.closest<HTMLElement>('[data-place]')?.dataset.place;
        if (place === undefined) return;
        camera = place;
        last = place;
        grid.setPointerCapture(event.pointerId);
        target.start(place);
        event.preventDefault();
    };
    const move = (event: PointerEvent): void => {
        if (camera === null) return;
        const over = tileAt(event.clientX, event.clientY);
        if (over === last) return;
        last = over;
        if (over !== undefined && over !== camera) target.over(camera, over);
    };
    const up = (): void => {
        if (camera === null) return;
        camera = null;
        target.end();
    };
    grid.addEventListener('pointerdown', down);
    grid.addEventListener('pointermove', move);
    grid.addEventListener('pointerup', up);
    grid.addEventListener('pointercancel', up);
    return () => {
        grid.removeEventListener('pointerdown', down);
        grid.removeEventListener('pointermove', move);
        grid.removeEventListener('pointerup', up);
        grid.removeEventListener('pointercancel', up);
    };
}
