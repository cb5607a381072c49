// The tiles of one page of the wall: where they lie, and the keys and the pointer that move them.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { useKeys } from '../keys';
import { go } from '../router';
import { text } from '../text';
import type { Camera } from '../types';
import { watchDrag } from '../wall/drag';
import {
    type Cells,
    commonAspect,
    neighbour,
    spotSpan,
    tileWidth,
    wallPlan,
} from '../wall/geometry';
import { type Layout, moved, resized } from '../wall/layouts';
import { digitPauseMs, typeDigit } from '../wall/number';
import { type Spot, toggleSpotlight } from '../wall/spotlight';
import { Handles, Tile } from './tile';

const strip = 30; // as in wall.css
const gap = 6;
const largeSpan = 2;

export interface Size {
    width: number;
    height: number;
}

interface TilesProps {
    list: Camera[]; // of this page
    first: number; // number of its first tile on the whole wall, from 0
    size: Size;
    layout: Layout;
    order: readonly string[]; // of the whole wall
    lit: Spot | null;
    arranging: boolean;
    onLayout: (layout: Layout) => void;
}

function aspectOf(camera: Camera): number {
    for (const { width, height } of [camera.veil, camera])
        if (width && height) return width / height;
    return 16 / 9;
}

// Read once a set of cameras: a size that becomes known meanwhile must not move the wall under
// someone's eyes.
function useAspect(list: Camera[]): number {
    const ids = list
        .map((camera) => camera.id)
        .sort()
        .join(' ');
    return useMemo(() => commonAspect(list.map(aspectOf)), [ids]);
}

// The number being typed; opens its camera when nothing more follows.
function useNumber(list: Camera[], choose: (index: number) => void): (digit: number) => boolean {
    const typed = useRef(0);
    const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    useEffect(() => () => clearTimeout(timer.current), []);
    return (digit) => {
        const { number, open } = typeDigit(typed.current, digit, list.length);
        const camera = list[number - 1];
        clearTimeout(timer.current);
        typed.current = open ? 0 : number;
        if (!camera) return false;
        const enter = (): void => {
            typed.current = 0;
            go({ view: 'camera', camera: camera.id, at: null });
        };
        choose(number - 1);
        if (open) enter();
        else timer.current = setTimeout(enter, digitPauseMs);
        return true;
    };
}

function place(element: HTMLElement | null, { column, row, span }: Cells): void {
    element?.style.setProperty('--column', `${column + 1} / span ${span}`);
    element?.style.setProperty('--row', `${row + 1} / span ${span}`);
}

export function Tiles({ list, first, size, layout, order, lit, arranging, onLayout }: TilesProps) {
    const [current, setCurrent] = useState(0);
    const [dragged, setDragged] = useState<string | null>(null);
    const grid = useRef<HTMLUListElement>(null);
    const refocus = useRef<number | null>(null); // where the focus goes when the tiles have moved
    const aspect = useAspect(list);
    const spans = list.map(({ id }) =>
        id === lit?.camera
            ? spotSpan(list.length)
            : layout.large.includes(id) && list.length > 1
              ? largeSpan
              : 1,
    );
    const shape = { ...size, gap, strip, aspect };
    const plan = useMemo(
        () => wallPlan(spans, shape),
        [spans.join(), size.width, size.height, aspect],
    );
    const chosen = Math.min(current, list.length - 1);

    const focusTile = (index: number): void =>
        grid.current?.querySelectorAll<HTMLElement>('.tile')[index]?.focus();
    const choose = (index: number): void => {
        setCurrent(index);
        focusTile(index);
    };
    const moveTo = useCallback(
        (camera: string, to: number) => onLayout(moved(layout, order, camera, to)),
        [layout, order, onLayout],
    );
    const type = useNumber(list, choose);

    useLayoutEffect(() => {
        if (refocus.current !== null) focusTile(refocus.current);
        refocus.current = null;
    }, [order]);

    useKeys((key, event) => {
        if (/^[0-9]$/.test(key)) return type(Number(key));
        const inside = grid.current?.contains(document.activeElement) ?? false;
        if (!inside && document.activeElement !== document.body) return false;
        const camera = list[chosen];
        if (!camera) return false;
        if (key === 'f' && inside) {
            toggleSpotlight(camera.id);
            return true;
        }
        if (arranging && (key === '+' || key === '-')) {
            if (layout.large.includes(camera.id) !== (key === '+'))
                onLayout(resized(layout, camera.id));
            return true;
        }
        if (!key.startsWith('Arrow') && key !== 'Home' && key !== 'End') return false;
        const next = inside ? neighbour(plan.cells, chosen, key) : chosen;
        setCurrent(next);
        if (event.shiftKey && inside) {
            refocus.current = next;
            moveTo(camera.id, first + next);
        } else focusTile(next);
        return true;
    });

    useEffect(() => {
        if (!arranging || !grid.current) return undefined;
        return watchDrag(grid.current, {
            start: setDragged,
            over: (camera, target) => moveTo(camera, order.indexOf(target)),
            end: () => setDragged(null),
        });
    }, [arranging, moveTo, order]);

    const set = (element: HTMLUListElement | null): void => {
        grid.current = element;
        element?.style.setProperty('--columns', String(plan.columns));
        element?.style.setProperty('--tile', `${plan.tile}px`);
        element?.style.setProperty('--aspect', String(aspect));
    };
    return (
        <ul class="tiles" ref={set} data-arranging={arranging} aria-label={text.wall.tiles}>
            {list.map((camera, index) => {
                const cells = plan.cells[index] ?? { column: 0, row: 0, span: 1 };
                return (
                    <li
                        key={camera.id}
                        ref={(element) => place(element, cells)}
                        data-place={camera.id}
                        data-dragged={dragged === camera.id}
                    >
                        <Tile
                            camera={camera}
                            number={first + index + 1}
                            width={tileWidth(plan, cells.span, gap)}
                            chosen={index === chosen}
                            lit={lit?.camera === camera.id ? lit.why : null}
                            onFocus={() => setCurrent(index)}
                        />
                        {arranging && (
                            <Handles
                                camera={camera}
                                large={layout.large.includes(camera.id)}
                                first={first + index === 0}
                                last={first + index === order.length - 1}
                                onMove={(by) => moveTo(camera.id, first + index + by)}
                                onResize={() => onLayout(resized(layout, camera.id))}
                            />
                        )}
                    </li>
                );
            })}
        </ul>
    );
}
