// The picture with shapes on it: drawing, dragging, and the same by keyboard.
import type { JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { text } from '../../text';
import type { Point } from '../api';
import { arrowOf, crossing, inPicture, moveAll, type Size } from './geometry';
import type { Shape } from './model';

const words = text.cameras.areas;
const handle = 6; // CSS pixels, radius
const reach = 15; // of a finger around it
const arrow = 26;

export interface SurfaceProps {
    size: Size; // of the redacted picture
    shapes: Shape[];
    chosen: string | null;
    drawing: Shape | null; // being drawn: a click adds a point
    readOnly: boolean;
    onChoose: (key: string | null) => void;
    onPoints: (key: string, points: Point[]) => void; // live, while dragging
    onBegin: () => void; // before a change that undo takes back as one
    onDraw: (at: Point) => void;
    onInsert: (key: string, behind: number) => void;
    onRemovePoint: (key: string, index: number) => void;
    onRemove: (key: string) => void;
}

const steps: Record<string, readonly [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
};

function stepOf(event: KeyboardEvent, size: Size): readonly [number, number] | null {
    const step = steps[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return null;
    const pixels = event.shiftKey ? 10 : 1;
    return [(step[0] * pixels) / size.width, (step[1] * pixels) / size.height];
}

// How many pixels of the picture one CSS pixel is: handles are as large on every screen.
function useUnit(size: Size): [(element: SVGSVGElement | null) => void, number] {
    const [element, setElement] = useState<SVGSVGElement | null>(null);
    const [unit, setUnit] = useState(1);
    useLayoutEffect(() => {
        if (!element) return undefined;
        const observer = new ResizeObserver(() =>
            setUnit(size.width / Math.max(1, element.clientWidth)),
        );
        observer.observe(element);
        return () => observer.disconnect();
    }, [element, size.width]);
    return [setElement, unit];
}

type DragEvent = JSX.TargetedPointerEvent<SVGElement>;

// Follows one pointer from its press to its release; `move` gets shares of the picture.
function drag(event: DragEvent, move: (at: Point, from: Point) => void): void {
    const target = event.currentTarget;
    const picture = target.ownerSVGElement ?? target;
    const box = picture.getBoundingClientRect();
    const at = ({ clientX, clientY }: PointerEvent): Point =>
        inPicture((clientX - box.left) / box.width, (clientY - box.top) / box.height);
    const from = at(event);
    target.setPointerCapture(event.pointerId);
    const onMove = (next: Event): void => move(at(next as PointerEvent), from);
    const onEnd = (): void => {
        target.removeEventListener('pointermove', onMove);
        target.removeEventListener('pointerup', onEnd);
        target.removeEventListener('pointercancel', onEnd);
    };
    target.addEventListener('pointermove', onMove);
    target.addEventListener('pointerup', onEnd);
    target.addEventListener('pointercancel', onEnd);
}

interface OutlineProps {
    shape: Shape;
    size: Size;
    unit: number;
    open?: boolean; // still being drawn
}

const pathOf = (points: readonly Point[], { width, height }: Size, closed: boolean): string =>
    points
        .map(([x, y], i) => `${i ? 'L' : 'M'}${(x * width).toFixed(1)} ${(y * height).toFixed(1)}`)
        .join('') + (closed ? 'Z' : '');

function Arrow({ shape, size, unit }: OutlineProps) {
    if (shape.kind !== 'line' || shape.points.length < 2) return null;
    const { x, y, toX, toY } = arrowOf(shape.points, size, arrow * unit);
    const angle = (Math.atan2(toY - y, toX - x) * 180) / Math.PI;
    return (
        <g class="shape-arrow" aria-hidden="true">
            <line x1={x} y1={y} x2={toX} y2={toY} />
            <path
                d="M0 0L-9 -5V5Z"
                transform={`translate(${toX} ${toY}) rotate(${angle}) scale(${unit})`}
            />
        </g>
    );
}

function Edges({ shape, size, open }: OutlineProps) {
    const wrong = crossing(shape.points, shape.kind);
    if (!wrong || open) return null;
    const n = shape.points.length;
    return (
        <g class="shape-wrong" aria-hidden="true">
            {wrong.map((i) => {
                const ends = [shape.points[i], shape.points[(i + 1) % n]] as Point[];
                return <path key={i} d={pathOf(ends, size, false)} />;
            })}
        </g>
    );
}

interface PartProps extends Omit<SurfaceProps, 'shapes' | 'drawing' | 'onDraw'> {
    shape: Shape;
    unit: number;
}

function Corner({ shape, index, ...props }: PartProps & { index: number }) {
    const { size, unit, onBegin, onPoints, onInsert, onRemovePoint, onChoose } = props;
    const [x, y] = shape.points[index] as Point;
    const put = (at: Point): void =>
        onPoints(
            shape.key,
            shape.points.map((point, i) => (i === index ? at : point)),
        );
    const onKeyDown = (event: KeyboardEvent): void => {
        const step = stepOf(event, size);
        if (step) {
            onBegin();
            put(inPicture(x + step[0], y + step[1]));
        } else if (event.key === 'Enter') onInsert(shape.key, index);
        else if (event.key === 'Delete' || event.key === 'Backspace')
            onRemovePoint(shape.key, index);
        else return;
        event.preventDefault();
        event.stopPropagation();
    };
    const percent = (share: number): string => (share * 100).toFixed(1);
    return (
        <g
            class="corner"
            data-index={index}
            role="button"
            tabindex={0}
            aria-label={words.point(
                index + 1,
                shape.points.length,
                shape.name,
                percent(x),
                percent(y),
            )}
            onFocus={() => onChoose(shape.key)}
            onKeyDown={onKeyDown}
            onPointerDown={(event) => {
                if (event.button !== 0) return;
                event.stopPropagation();
                onBegin();
                drag(event, put);
            }}
        >
            <circle
                class="corner-reach"
                cx={x * size.width}
                cy={y * size.height}
                r={reach * unit}
            />
            <circle class="corner-dot" cx={x * size.width} cy={y * size.height} r={handle * unit} />
        </g>
    );
}

function Drawn(props: PartProps) {
    const { shape, size, unit, chosen, readOnly, onChoose, onBegin, onPoints, onRemove } = props;
    const locked = readOnly || shape.fixed;
    const isChosen = shape.key === chosen;
    const onKeyDown = (event: KeyboardEvent): void => {
        const step = stepOf(event, size);
        if (step && !locked) {
            onBegin();
            onPoints(shape.key, moveAll(shape.points, step[0], step[1]));
        } else if ((event.key === 'Delete' || event.key === 'Backspace') && !locked)
            onRemove(shape.key);
        else return;
        event.preventDefault();
    };
    const onPointerDown = (event: DragEvent): void => {
        if (event.button !== 0) return;
        event.stopPropagation();
        onChoose(shape.key);
        if (locked) return;
        const before = shape.points;
        let begun = false;
        drag(event, (at, from) => {
            if (!begun) onBegin();
            begun = true;
            onPoints(shape.key, moveAll(before, at[0] - from[0], at[1] - from[1]));
        });
    };
    const label = words.shape(
        words.kinds[shape.kind],
        shape.name || words.unnamed,
        shape.points.length,
    );
    return (
        <g class="shape" data-kind={shape.kind} data-locked={locked} data-chosen={isChosen}>
            <path
                class="shape-body"
                d={pathOf(shape.points, size, shape.kind !== 'line')}
                role="button"
                tabindex={0}
                aria-label={shape.fixed ? `${label}. ${words.fixed}` : label}
                aria-pressed={isChosen}
                onFocus={() => onChoose(shape.key)}
                onKeyDown={onKeyDown}
                onPointerDown={onPointerDown}
            />
            <Arrow shape={shape} size={size} unit={unit} />
            <Edges shape={shape} size={size} unit={unit} />
            {isChosen &&
                !locked &&
                shape.points.map((_, index) => <Corner key={index} {...props} index={index} />)}
        </g>
    );
}

export function Surface(props: SurfaceProps) {
    const { size, shapes, drawing, readOnly, onChoose, onDraw } = props;
    const [measured, unit] = useUnit(size);
    const [cross, setCross] = useState<Point>([0.5, 0.5]);
    const surface = useRef<SVGSVGElement>(null);
    const set = (element: SVGSVGElement | null): void => {
        surface.current = element;
        measured(element);
    };
    const place = (event: PointerEvent): Point => {
        const box = (event.currentTarget as SVGElement).getBoundingClientRect();
        return inPicture(
            (event.clientX - box.left) / box.width,
            (event.clientY - box.top) / box.height,
        );
    };
    const onKeyDown = (event: KeyboardEvent): void => {
        if (event.target !== event.currentTarget || !drawing) return;
        const step = stepOf(event, size);
        if (step) setCross(inPicture(cross[0] + step[0], cross[1] + step[1]));
        else if (event.key === 'Enter' || event.key === ' ') onDraw(cross);
        else return;
        event.preventDefault();
        event.stopPropagation();
    };
    return (
        <svg
            ref={set}
            class="surface"
            viewBox={`0 0 ${size.width} ${size.height}`}
            data-drawing={drawing ? drawing.kind : undefined}
            role="application"
            aria-label={drawing ? words.surface : words.title}
            tabindex={drawing ? 0 : -1}
            onKeyDown={onKeyDown}
            onPointerMove={(event) => {
                if (drawing) setCross(place(event));
            }}
            onPointerDown={(event) => {
                if (event.button !== 0) return;
                if (!drawing) return onChoose(null);
                event.preventDefault();
                event.currentTarget.focus();
                setCross(place(event));
                onDraw(place(event));
            }}
        >
            {shapes.map((shape) => (
                <Drawn
                    {...props}
                    key={shape.key}
                    shape={shape}
                    unit={unit}
                    readOnly={readOnly || drawing !== null}
                />
            ))}
            {drawing && (
                <g class="shape" data-kind={drawing.kind} data-drawing="">
                    <path
                        class="shape-body"
                        d={pathOf([...drawing.points, cross], size, false)}
                        aria-hidden="true"
                    />
                    {drawing.points.map(([x, y], i) => (
                        <circle
                            key={i}
                            class="corner-dot"
                            cx={x * size.width}
                            cy={y * size.height}
                            r={handle * unit}
                        />
                    ))}
                    <path
                        class="cross"
                        d="M-9 0H9M0 -9V9"
                        transform={`translate(${cross[0] * size.width} ${cross[1] * size.height}) scale(${unit})`}
                    />
                </g>
            )}
        </svg>
    );
}
