// An uploaded plan: one picture, moved and scaled by the page itself, with the marks over it. No
// map engine: it would draw the same picture through WebGL, which not every desk has, and keep its
// own keyboard. The engine is loaded for the map only (map.tsx).
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { text } from '../text';
import type { Place, PlanPlace } from '../types';
import { Icon } from '../views/icon';
import { imagePath, type Plan } from './api';
import {
    fitSheet,
    moveSheet,
    placeOnPlan,
    type Sheet,
    type Size,
    type Spot,
    zoomSheet,
} from './cone';
import type { Ground } from './ground';

const words = text.plan;
const wheelStep = 1.0015;

function groundOf(plan: Plan, sheet: Sheet): Ground {
    const { width, height } = plan;
    const share = ({ x, y }: Spot): Spot => ({
        x: (x - sheet.x) / (width * sheet.scale),
        y: (y - sheet.y) / (height * sheet.scale),
    });
    return {
        spotOf: (place) => {
            const { x, y, reach } = place as PlanPlace;
            return {
                x: sheet.x + x * width * sheet.scale,
                y: sheet.y + y * height * sheet.scale,
                reach: reach * width * sheet.scale,
            };
        },
        moved: (place, to) => {
            const { x, y } = share(to);
            const { x: inX, y: inY } = placeOnPlan(plan.id, x, y);
            return { ...(place as PlanPlace), x: inX, y: inY };
        },
        reaching: (place, pixels): Place => ({
            ...place,
            reach: Math.min(
                2,
                Math.max(0.01, Math.round((pixels / (width * sheet.scale)) * 1e4) / 1e4),
            ),
        }),
        placeAt: (spot) => {
            const { x, y } = share(spot);
            return placeOnPlan(plan.id, x, y);
        },
    };
}

// Fingers on the sheet: one moves it, two scale it.
class Fingers {
    readonly #down = new Map<number, Spot>();

    press(id: number, at: Spot): void {
        this.#down.set(id, at);
    }

    lift(id: number): void {
        this.#down.delete(id);
    }

    // How far the middle of all fingers moved, how much they spread, and where that middle is.
    move(id: number, at: Spot): { dx: number; dy: number; by: number; middle: Spot } | null {
        const before = this.#down.get(id);
        if (!before) return null;
        const other = [...this.#down].find(([key]) => key !== id)?.[1];
        this.#down.set(id, at);
        const n = other ? 2 : 1;
        const apart = (spot: Spot): number =>
            other ? Math.hypot(spot.x - other.x, spot.y - other.y) : 1;
        return {
            dx: (at.x - before.x) / n,
            dy: (at.y - before.y) / n,
            by: apart(at) / Math.max(1, apart(before)),
            middle: other ? { x: (at.x + other.x) / 2, y: (at.y + other.y) / 2 } : at,
        };
    }
}

interface SheetProps {
    plan: Plan;
    children: (ground: Ground, window: Size) => ComponentChildren;
}

export function PlanSheet({ plan, children }: SheetProps) {
    const place = useRef<HTMLDivElement>(null);
    const [size, setSize] = useState<Size | null>(null);
    const [moved, setMoved] = useState<Sheet | null>(null); // null: all of it
    const fingers = useRef(new Fingers());
    useLayoutEffect(() => {
        const element = place.current;
        if (!element) return undefined;
        const observer = new ResizeObserver(() => {
            setSize({ width: element.clientWidth, height: element.clientHeight });
            setMoved(null);
        });
        observer.observe(element);
        return () => observer.disconnect();
    }, []);
    const sheet = size && (moved ?? fitSheet(plan, size));
    const latest = useRef({ sheet, size });
    latest.current = { sheet, size };
    const zoomBy = (by: number, at?: Spot): void => {
        const { sheet: now, size: room } = latest.current;
        if (!now || !room) return;
        setMoved(zoomSheet(now, by, at ?? { x: room.width / 2, y: room.height / 2 }, plan, room));
    };
    const at = ({ clientX, clientY }: MouseEvent): Spot => {
        const box = place.current?.getBoundingClientRect();
        return { x: clientX - (box?.left ?? 0), y: clientY - (box?.top ?? 0) };
    };
    // Not through onWheel: the page must not scroll, and such listeners are passive otherwise.
    useLayoutEffect(() => {
        const element = place.current;
        const onWheel = (event: WheelEvent): void => {
            event.preventDefault();
            zoomBy(wheelStep ** -event.deltaY, at(event));
        };
        element?.addEventListener('wheel', onWheel, { passive: false });
        return () => element?.removeEventListener('wheel', onWheel);
    }, [plan]);
    const onPointerMove = (event: PointerEvent): void => {
        const change = fingers.current.move(event.pointerId, at(event));
        const { sheet: now, size: room } = latest.current;
        if (!change || !now || !room) return;
        const next = moveSheet(now, change.dx, change.dy, plan, room);
        setMoved(change.by === 1 ? next : zoomSheet(next, change.by, change.middle, plan, room));
    };
    const lift = (event: PointerEvent): void => fingers.current.lift(event.pointerId);
    const show = (element: HTMLImageElement | null): void => {
        if (!element || !sheet) return;
        element.style.setProperty('--x', `${sheet.x}px`);
        element.style.setProperty('--y', `${sheet.y}px`);
        element.style.setProperty('--scale', String(sheet.scale));
    };
    return (
        <div
            ref={place}
            class="ground"
            onPointerDown={(event) => {
                if (event.button !== 0 || (event.target as Element).closest('button')) return;
                event.currentTarget.setPointerCapture(event.pointerId);
                fingers.current.press(event.pointerId, at(event));
            }}
            onPointerMove={onPointerMove}
            onPointerUp={lift}
            onPointerCancel={lift}
        >
            <img
                ref={show}
                class="sheet"
                src={imagePath(plan.id)}
                width={plan.width}
                height={plan.height}
                alt={words.sheet(plan.name)}
                draggable={false}
            />
            {sheet && size && children(groundOf(plan, sheet), size)}
            <div class="ground-zoom">
                <button
                    class="square"
                    aria-label={words.closer}
                    title={words.closer}
                    onClick={() => zoomBy(1.5)}
                >
                    <Icon name="plus" />
                </button>
                <button
                    class="square"
                    aria-label={words.wider}
                    title={words.wider}
                    onClick={() => zoomBy(1 / 1.5)}
                >
                    <Icon name="minus" />
                </button>
                <button onClick={() => setMoved(null)}>{words.all}</button>
            </div>
        </div>
    );
}
