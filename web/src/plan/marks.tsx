// Cameras on a plan or a map: a mark and a cone of view each, coloured by state; for administrators
// with handles to move, turn and widen them, by pointer and by keyboard.
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { conditionOf, moods } from '../cameras/mood';
import { text } from '../text';
import type { Camera, Place } from '../types';
import { ahead, angleOf, conePath, headingTo, type Spot, turn } from './cone';
import type { Ground } from './ground';

const words = text.plan;
const dot = 9; // CSS pixels
const handle = 7;
const reachLeast = 24; // a handle must not lie under the mark
const step = 4;
const degrees = 5;

export interface MarksProps {
    ground: Ground;
    cameras: Camera[]; // all with a place on this ground
    chosen: string | null;
    arranging: boolean;
    onChoose: (id: string) => void;
    onPlace: (id: string, place: Place) => void;
}

type PointerDown = JSX.TargetedPointerEvent<SVGElement>;

function follow(event: PointerDown, move: (at: Spot) => void): void {
    if (event.button !== 0) return;
    event.stopPropagation();
    const target = event.currentTarget;
    const box = target.ownerSVGElement?.getBoundingClientRect();
    if (!box) return;
    target.setPointerCapture(event.pointerId);
    const onMove = (next: Event): void => {
        const { clientX, clientY } = next as PointerEvent;
        move({ x: clientX - box.left, y: clientY - box.top });
    };
    const onEnd = (): void => {
        target.removeEventListener('pointermove', onMove);
        target.removeEventListener('pointerup', onEnd);
        target.removeEventListener('pointercancel', onEnd);
    };
    target.addEventListener('pointermove', onMove);
    target.addEventListener('pointerup', onEnd);
    target.addEventListener('pointercancel', onEnd);
}

interface HandleProps {
    at: Spot;
    name: string;
    value: number;
    least: number;
    most: number;
    said: string;
    onKey: (key: string) => boolean;
    onMove: (at: Spot) => void;
}

function Handle({ at, name, value, least, most, said, onKey, onMove }: HandleProps) {
    return (
        <g
            class="mark-handle"
            role="slider"
            tabindex={0}
            aria-label={name}
            aria-valuenow={Math.round(value)}
            aria-valuemin={least}
            aria-valuemax={most}
            aria-valuetext={said}
            onPointerDown={(event) => follow(event, onMove)}
            onKeyDown={(event) => {
                if (!onKey(event.key)) return;
                event.preventDefault();
                event.stopPropagation();
            }}
        >
            <circle class="mark-reach" cx={at.x} cy={at.y} r={16} />
            <circle class="mark-grip" cx={at.x} cy={at.y} r={handle} />
        </g>
    );
}

const keyStep: Record<string, readonly [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
};

interface MarkProps extends Omit<MarksProps, 'cameras'> {
    camera: Camera;
    place: Place;
}

function Handles({ camera, place, ground, onPlace }: MarkProps) {
    const spot = ground.spotOf(place);
    const reach = Math.max(reachLeast, spot.reach);
    const put = (part: Partial<Place>): void => onPlace(camera.id, { ...place, ...part } as Place);
    return (
        <>
            <Handle
                at={ahead(spot, place.heading, reach)}
                name={words.headingOf(camera.name)}
                value={place.heading}
                least={0}
                most={359}
                said={words.heading(Math.round(place.heading))}
                onMove={(at) => {
                    const far = Math.max(reachLeast, Math.hypot(at.x - spot.x, at.y - spot.y));
                    const turned = { ...place, heading: headingTo(spot, at) } as Place;
                    onPlace(camera.id, ground.reaching(turned, far));
                }}
                onKey={(key) => {
                    const [dx, dy] = keyStep[key] ?? [0, 0];
                    if (dx) put({ heading: turn(place.heading + dx * degrees) });
                    else if (dy) onPlace(camera.id, ground.reaching(place, reach - dy * step));
                    return dx !== 0 || dy !== 0;
                }}
            />
            <Handle
                at={ahead(spot, place.heading + place.angle / 2, reach)}
                name={words.angleOf(camera.name)}
                value={place.angle}
                least={1}
                most={360}
                said={words.angle(Math.round(place.angle))}
                onMove={(at) => put({ angle: angleOf(place.heading, headingTo(spot, at)) })}
                onKey={(key) => {
                    const [dx, dy] = keyStep[key] ?? [0, 0];
                    const wider = place.angle + (dx - dy) * degrees;
                    if (dx || dy) put({ angle: Math.min(360, Math.max(degrees, wider)) });
                    return dx !== 0 || dy !== 0;
                }}
            />
        </>
    );
}

function Mark(props: MarkProps) {
    const { camera, place, ground, chosen, arranging, onChoose, onPlace } = props;
    const spot = ground.spotOf(place);
    const condition = conditionOf(camera);
    const isChosen = chosen === camera.id;
    const body = useRef<SVGGElement>(null);
    const onKeyDown = (event: KeyboardEvent): void => {
        const [dx, dy] = keyStep[event.key] ?? [0, 0];
        if (event.key === 'Enter' || event.key === ' ') onChoose(camera.id);
        else if (arranging && (dx || dy)) {
            const far = event.shiftKey ? 5 * step : step;
            onPlace(camera.id, ground.moved(place, { x: spot.x + dx * far, y: spot.y + dy * far }));
        } else return;
        event.preventDefault();
        event.stopPropagation();
    };
    const onPointerDown = (event: PointerDown): void => {
        onChoose(camera.id);
        event.stopPropagation();
        if (!arranging) return;
        follow(event, (at) => onPlace(camera.id, ground.moved(place, at)));
    };
    return (
        <g
            class="mark-camera"
            data-camera={camera.id}
            data-mood={moods[condition]}
            data-chosen={isChosen}
        >
            <path
                class="mark-cone"
                d={conePath(spot, place.heading, place.angle, Math.max(reachLeast, spot.reach))}
            />
            <g
                ref={body}
                class="mark-body"
                role="button"
                tabindex={0}
                aria-pressed={isChosen}
                aria-label={words.mark(camera.name, text.cameras.states[condition])}
                onClick={() => onChoose(camera.id)}
                onPointerDown={onPointerDown}
                onKeyDown={onKeyDown}
            >
                <circle class="mark-reach" cx={spot.x} cy={spot.y} r={18} />
                <circle class="mark-dot" cx={spot.x} cy={spot.y} r={dot} />
                <path
                    class="mark-sign"
                    d="M0 -7L4 2H-4Z"
                    transform={`translate(${spot.x} ${spot.y}) rotate(${place.heading})`}
                />
                <text class="mark-name" x={spot.x} y={spot.y + dot + 15} aria-hidden="true">
                    {camera.name}
                </text>
            </g>
            {arranging && isChosen && <Handles {...props} />}
        </g>
    );
}

export function Marks({ cameras, ...props }: MarksProps) {
    return (
        <svg class="marks" role="group" aria-label={words.marks}>
            {cameras.map(
                (camera) =>
                    camera.place && (
                        <Mark key={camera.id} camera={camera} place={camera.place} {...props} />
                    ),
            )}
        </svg>
    );
}
