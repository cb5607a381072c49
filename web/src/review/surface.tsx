// The lanes of all cameras: an axis, a lane a camera, and a map of all time below them.
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Deck } from '../player/deck';
import { theme } from '../settings';
import { serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName, offsetText } from '../time';
import {
    drawEvent,
    drawGround,
    drawLane,
    drawLine,
    drawPlayhead,
    drawTicks,
    type LaneShape,
    type Row,
} from '../timeline/draw';
import { type Layer, Marker, paintLayers } from '../timeline/layers';
import { watchPointers } from '../timeline/pointer';
import { toX } from '../timeline/scale';
import { Tip } from '../timeline/tip';
import { describe } from '../timeline/words';
import { useValue } from '../value';
import type { LaneMap } from './api';
import { laneHeight, type LaneRow, type ReviewView, useSettled } from './view';

export const axisHeight = 30;

const mostDiamonds = 120; // in view
const leastMarkSpace = 5; // pixels: closer ones would hide each other

const shape: LaneShape = {
    height: laneHeight,
    sealed: { top: 4, height: 10 },
    redacted: { top: 15, height: 5 },
};

interface SurfaceProps {
    view: ReviewView;
    rows: readonly LaneRow[];
    deck: Deck | null;
    onChoose: (at: number, camera: string | null) => void;
}

type Latest = { current: SurfaceProps };

function rangeKey({ view }: SurfaceProps, width: number): string {
    const { from, to } = view.range.get();
    return `${from} ${to} ${Math.round(serverNow() / ((to - from) / width))}`;
}

function bandRows(lane: number): Row[] {
    const top = lane * laneHeight;
    return [shape.sealed, shape.redacted].map((row) => ({ ...row, top: top + row.top }));
}

function axisLayer(canvas: HTMLCanvasElement, latest: Latest): Layer {
    return {
        canvas,
        height: () => axisHeight,
        key: (width) => `${rangeKey(latest.current, width)} ${headKey(latest.current, width)}`,
        draw: (context, palette, width) => {
            const { view, deck } = latest.current;
            const range = view.range.get();
            context.clearRect(0, 0, width, axisHeight);
            drawTicks(context, palette, width, range, { labels: 9, top: 18, bottom: axisHeight });
            const row = { top: axisHeight - 9, height: 9 };
            const now = palette.colour('--line-now');
            drawLine(context, width, range, serverNow(), row, now, 1);
            if (deck) drawPlayhead(context, palette, width, range, deck.at, row);
        },
    };
}

function lanesLayer(canvas: HTMLCanvasElement, latest: Latest): Layer {
    return {
        canvas,
        height: () => latest.current.rows.length * laneHeight,
        key: (width) => {
            const { view, rows: lanes } = latest.current;
            const versions = `${view.lanes.version.get()} ${view.events.version.get()}`;
            const ids = lanes.map(({ camera }) => camera?.id).join();
            return `${rangeKey(latest.current, width)} ${versions} ${ids}`;
        },
        draw: (context, palette, width) => {
            const { view, rows: lanes } = latest.current;
            const range = view.range.get();
            const height = lanes.length * laneHeight;
            const pieces = view.lanes.pieces(range, width);
            context.clearRect(0, 0, width, height);
            const rows = lanes.flatMap(({ camera }, i) => (camera ? bandRows(i) : []));
            drawGround(context, palette, width, range, serverNow(), rows);
            drawTicks(context, palette, width, range, { labels: null, top: 0, bottom: height });
            lanes.forEach(({ camera }, i) => {
                if (!camera) return;
                const own = pieces.map(({ from, to, data }) => ({
                    from,
                    to,
                    data: data.get(camera.id),
                }));
                drawLane(context, palette, width, range, i * laneHeight, shape, own);
            });
            const places = new Map(lanes.map(({ camera }, i) => [camera?.id, i]));
            const last = new Map<number, number>(); // lane → where its last mark is
            const events = view.eventsInView();
            const plain = events.length > mostDiamonds;
            for (const event of events) {
                const lane = places.get(event.camera);
                // The band shows the gap already, to its full length.
                if (lane === undefined || event.kind === 'gap') continue;
                const x = toX(range, width, event.at);
                const crowded = x - (last.get(lane) ?? -Infinity) < leastMarkSpace;
                if (crowded && event.kind !== 'opening') continue;
                last.set(lane, x);
                drawEvent(context, palette, x, lane * laneHeight + 9, event.kind, plain);
            }
        },
    };
}

// Half pixels, so that the playhead glides.
function headKey({ view, deck }: SurfaceProps, width: number): string {
    const { from, to } = view.range.get();
    return deck ? String(Math.round((2 * (deck.at - from) * width) / (to - from))) : '';
}

const lines = ['now', 'hover', 'mark', 'head'] as const;

// The lines at instants, and the stretch of a film: elements of their own over the lanes.
function markers(root: HTMLElement, latest: Latest): (width: number) => void {
    const find = (name: string): Marker[] =>
        [...root.querySelectorAll<HTMLElement>(`[data-line=${name}]`)].map((it) => new Marker(it));
    const [now, hover, mark, head] = lines.map(find);
    const film = find('film');
    return (width) => {
        const { view, deck } = latest.current;
        const range = view.range.get();
        const put = (all: Marker[] | undefined, at: number | null | undefined): void => {
            const inside = at != null && at >= range.from && at <= range.to;
            const x = inside ? Math.round(2 * toX(range, width, at)) / 2 : null;
            for (const each of all ?? []) each.place(x);
        };
        put(now, Math.floor(serverNow() / 1000) * 1000);
        put(hover, view.hover.get()?.at);
        put(mark, view.mark.get());
        put(head, deck?.at);
        const selected = view.selection.get();
        const left = Math.max(0, toX(range, width, selected?.from ?? 0));
        const right = Math.min(width, toX(range, width, selected?.to ?? 0));
        for (const each of film) each.place(selected && right > left ? left : null, right - left);
    };
}

function laneOf(
    data: readonly { from: number; to: number; data: LaneMap }[],
    at: number,
    id: string,
) {
    return data.find((piece) => at >= piece.from && at < piece.to)?.data.get(id);
}

// In words, what a camera's lane shows at an instant.
export function laneWords(view: ReviewView, camera: string, at: number): string {
    const range = view.range.get();
    return describe(laneOf(view.lanes.pieces(range, view.width), at, camera), at);
}

function HoverTip({ view, rows }: { view: ReviewView; rows: readonly LaneRow[] }) {
    const hover = useValue(view.hover);
    const range = useValue(view.range);
    const camera = hover?.lane == null ? null : rows[hover.lane]?.camera;
    if (!hover || !camera) return null;
    return (
        <Tip
            range={range}
            at={hover.at}
            camera={camera.id}
            name={camera.name}
            words={laneWords(view, camera.id, hover.at)}
            y={hover.y}
        />
    );
}

// What assistive technology is told of the canvas: written while nobody looks at frames.
function Spoken({ view, deck }: SurfaceProps) {
    const mark = useSettled(view.mark);
    const range = useSettled(view.range);
    const at = mark ?? deck?.at ?? range.to;
    return (
        <p class="unseen" id="review-spoken">
            {text.review.minimapValue(
                `${dayName(range.from)} ${clockTime(range.from)}`,
                `${dayName(range.to)} ${clockTime(range.to)}`,
            )}
            . {dayName(at)} {clockTime(at)} {offsetText(at)}. {text.review.lanesHint}
        </p>
    );
}

function useLayers(props: SurfaceProps) {
    const sized = useRef<HTMLDivElement>(null);
    const outer = useRef<HTMLDivElement>(null);
    const axis = useRef<HTMLCanvasElement>(null);
    const lanes = useRef<HTMLCanvasElement>(null);
    const mode = useValue(theme);
    const latest = useRef(props);
    latest.current = props;
    useEffect(() => {
        if (!sized.current || !axis.current || !lanes.current) return undefined;
        const layers = [axisLayer(axis.current, latest), lanesLayer(lanes.current, latest)];
        const resized = (width: number): void => {
            // What lies over the lanes is as wide as they are, without their scroll bar.
            outer.current?.style.setProperty('--lanes-width', `${width}px`);
            latest.current.view.resize(width);
        };
        return paintLayers(sized.current, layers, resized, markers(sized.current, latest));
    }, [mode]);
    return { sized, outer, axis, lanes, latest };
}

export function Surface(
    props: SurfaceProps & { names: ComponentChildren; children?: ComponentChildren },
) {
    const { view, rows } = props;
    const { sized, outer, axis, lanes, latest } = useLayers(props);
    const scroller = useRef<HTMLDivElement>(null);
    useLayoutEffect(() => {
        const element = sized.current;
        if (!element) return undefined;
        const laneAt = (y: number): number | null => {
            const lane = Math.floor(y / laneHeight);
            return lane >= 0 && lane < latest.current.rows.length ? lane : null;
        };
        const inOuter = (y: number): number => {
            const top = outer.current?.getBoundingClientRect().top ?? 0;
            return element.getBoundingClientRect().top - top + (laneAt(y) ?? 0) * laneHeight;
        };
        return watchPointers(element, {
            range: () => view.range.get(),
            setRange: view.show,
            hover: (at, y) => {
                view.hover.set(at === null ? null : { at, lane: laneAt(y), y: inOuter(y) });
            },
            choose: (at, y) => {
                const lane = laneAt(y);
                const camera = lane === null ? null : latest.current.rows[lane]?.camera;
                view.mark.set(null);
                latest.current.onChoose(Math.min(at, serverNow()), camera?.id ?? null);
            },
            scroll: (pixels) => {
                if (scroller.current) scroller.current.scrollTop += pixels;
            },
        });
    }, [view]);
    const tall = (element: HTMLDivElement | null): void => {
        sized.current = element;
        element?.style.setProperty('--lanes', String(rows.length));
    };
    return (
        <div class="lanes" ref={outer}>
            <div class="lanes-axis" aria-hidden="true">
                <span class="note">{offsetText(view.range.get().to)}</span>
                <canvas ref={axis} />
            </div>
            <div class="lanes-scroll" ref={scroller} tabIndex={-1}>
                {props.names}
                <div
                    ref={tall}
                    class="lanes-surface"
                    role="img"
                    aria-label={text.review.lanes}
                    aria-describedby="review-spoken"
                >
                    <canvas ref={lanes} aria-hidden="true" />
                    <i class="lanes-line" data-line="film" />
                    {lines.map((name) => (
                        <i key={name} class="lanes-line" data-line={name} />
                    ))}
                </div>
            </div>
            <div class="lanes-over">
                <HoverTip view={view} rows={rows} />
                {props.children}
            </div>
            <Spoken {...props} />
        </div>
    );
}
