// The two ends of the film on the lanes: dragged, or moved by keys.
import { useRef } from 'preact/hooks';
import { serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName } from '../time';
import { type Range, toTime, toX } from '../timeline/scale';
import { useValue } from '../value';
import type { ReviewView } from './view';

const leastMs = 1000;

function moved(selection: Range, end: 'from' | 'to', at: number): Range {
    const { from, to } = selection;
    return end === 'from'
        ? { from: Math.min(at, to - leastMs), to }
        : { from, to: Math.min(serverNow(), Math.max(at, from + leastMs)) };
}

export function Handles({ view }: { view: ReviewView }) {
    const selection = useValue(view.selection);
    const range = useValue(view.range);
    const area = useRef<HTMLDivElement>(null);
    if (!selection) return null;
    const handle = (end: 'from' | 'to') => {
        const at = selection[end];
        const share = toX(range, 1, at);
        const set = (to: number): void => view.selection.set(moved(selection, end, to));
        const drag = (event: PointerEvent): void => {
            const button = event.currentTarget as HTMLElement;
            if (event.type === 'pointerdown') button.setPointerCapture(event.pointerId);
            else if (!button.hasPointerCapture(event.pointerId)) return;
            event.preventDefault();
            const box = area.current?.getBoundingClientRect();
            if (box) set(toTime(view.range.get(), box.width, event.clientX - box.left));
        };
        const onKeyDown = (event: KeyboardEvent): void => {
            const step = event.shiftKey ? 10_000 : 1000;
            const by = { ArrowLeft: -step, ArrowRight: step, PageDown: -60_000, PageUp: 60_000 };
            const ms = by[event.key as keyof typeof by];
            if (ms === undefined) return;
            event.preventDefault();
            set(at + ms);
        };
        return (
            <div
                class={`film-handle film-handle-${end}`}
                role="slider"
                tabIndex={0}
                hidden={share < 0 || share > 1}
                aria-label={end === 'from' ? text.review.film.start : text.review.film.end}
                aria-valuemin={0}
                aria-valuemax={Math.round(serverNow() / 1000)}
                aria-valuenow={Math.round(at / 1000)}
                aria-valuetext={`${dayName(at)} ${clockTime(at)}`}
                ref={(element) => element?.style.setProperty('--at', String(share))}
                onPointerDown={drag}
                onPointerMove={drag}
                onKeyDown={onKeyDown}
            />
        );
    };
    return (
        <div class="film-handles" ref={area}>
            {handle('from')}
            {handle('to')}
        </div>
    );
}
