// Mouse, touch and wheel on a timeline: drag and two fingers move it, wheel and pinch zoom, a click
// chooses a time. `y` is in pixels from the top of the element.
import { pan, type Range, toTime, zoom } from './scale';

export interface PointerTarget {
    range(): Range;
    setRange(range: Range): void;
    hover(at: number | null, y: number): void;
    choose(at: number, y: number): void;
    scroll?(pixels: number): void; // dragged up or down by a mouse; fingers scroll by themselves
}

const clickSlack = 5; // px
const wheelStep = 0.0016;
const pinchStep = 0.01; // a trackpad's pinch is a wheel with Ctrl, in small steps

export function watchPointers(element: HTMLElement, target: PointerTarget): () => void {
    const held = new Map<number, number>(); // pointer → x
    let heldY = 0;
    let moved = 0;
    const bounds = (): DOMRect => element.getBoundingClientRect();
    const timeAt = (x: number): number => toTime(target.range(), bounds().width, x - bounds().left);

    const down = (event: PointerEvent): void => {
        if (event.button !== 0) return;
        element.setPointerCapture(event.pointerId);
        if (held.size === 0) moved = 0;
        held.set(event.pointerId, event.clientX);
        heldY = event.clientY;
    };
    const move = (event: PointerEvent): void => {
        const before = held.get(event.pointerId);
        if (before === undefined) {
            if (event.pointerType !== 'touch')
                target.hover(timeAt(event.clientX), event.clientY - bounds().top);
            return;
        }
        const range = target.range();
        const perPixel = (range.to - range.from) / bounds().width;
        const other = [...held].find(([id]) => id !== event.pointerId)?.[1];
        moved += Math.abs(event.clientX - before);
        moved += other === undefined ? 0 : clickSlack;
        held.set(event.pointerId, event.clientX);
        if (other !== undefined) {
            const factor =
                Math.max(8, Math.abs(before - other)) /
                Math.max(8, Math.abs(event.clientX - other));
            target.setRange(zoom(range, factor, timeAt(other)));
        } else if (moved > clickSlack) {
            target.hover(null, 0);
            if (event.pointerType === 'mouse') target.scroll?.(heldY - event.clientY);
            heldY = event.clientY;
            target.setRange(pan(range, (before - event.clientX) * perPixel));
        }
    };
    const up = (event: PointerEvent): void => {
        if (!held.delete(event.pointerId)) return;
        if (held.size === 0 && moved <= clickSlack && event.type === 'pointerup')
            target.choose(timeAt(event.clientX), event.clientY - bounds().top);
    };
    // A click is for the picture: the keys stay with it, and reach the timeline by Tab.
    const keepFocus = (event: MouseEvent): void => event.preventDefault();
    const leave = (): void => target.hover(null, 0);
    const wheel = (event: WheelEvent): void => {
        event.preventDefault();
        const range = target.range();
        const perPixel = (range.to - range.from) / bounds().width;
        const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
        const step = event.ctrlKey ? pinchStep : wheelStep;
        if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            target.setRange(pan(range, (event.deltaX || event.deltaY) * unit * perPixel));
        } else {
            target.setRange(
                zoom(range, Math.exp(event.deltaY * unit * step), timeAt(event.clientX)),
            );
        }
    };

    element.addEventListener('mousedown', keepFocus);
    element.addEventListener('pointerdown', down);
    element.addEventListener('pointermove', move);
    element.addEventListener('pointerup', up);
    element.addEventListener('pointercancel', up);
    element.addEventListener('pointerleave', leave);
    element.addEventListener('wheel', wheel, { passive: false });
    return () => {
        element.removeEventListener('mousedown', keepFocus);
        element.removeEventListener('pointerdown', down);
        element.removeEventListener('pointermove', move);
        element.removeEventListener('pointerup', up);
        element.removeEventListener('pointercancel', up);
        element.removeEventListener('pointerleave', leave);
        element.removeEventListener('wheel', wheel);
    };
}
