// All the time that anything is kept of, with the stretch in view: where one is, and the way to
// elsewhere.
import { useEffect, useRef } from 'preact/hooks';
import { theme } from '../settings';
import { serverNow } from '../state';
import { text } from '../text';
import { drawLane, drawTicks, type LaneShape } from '../timeline/draw';
import { paintLayers } from '../timeline/layers';
import { day, hour, type Range, toTime, toX } from '../timeline/scale';
import type { Camera } from '../types';
import { useValue } from '../value';
import { type LaneMap, readLanes } from './api';
import { limit, type ReviewView } from './view';

const height = 34;
const bands = { top: 3, height: 18 };
const freshMs = 60_000;
const longestMap = 60 * day; // the API answers 62 days at once
const leastWindow = 6; // pixels

function whole(cameras: readonly Camera[], now: number): Range {
    const hours = Math.max(24, ...cameras.map((camera) => camera.retention_hours));
    return { from: now - Math.min(longestMap, 1.04 * hours * hour), to: now };
}

export function Minimap({ view, cameras }: { view: ReviewView; cameras: readonly Camera[] }) {
    const sized = useRef<HTMLDivElement>(null);
    const canvas = useRef<HTMLCanvasElement>(null);
    const mode = useValue(theme);
    const latest = useRef(cameras);
    latest.current = cameras;

    useEffect(() => {
        const [element, drawn] = [sized.current, canvas.current];
        if (!element || !drawn) return undefined;
        const abort = new AbortController();
        let range = whole(latest.current, serverNow());
        let width = 0;
        let known: { range: Range; data: LaneMap } | null = null;
        let version = 0;
        const read = (): void => {
            if (width <= 0 || document.hidden) return;
            range = whole(latest.current, serverNow());
            const asked = range;
            readLanes(asked, Math.round(width), abort.signal).then(
                (data) => {
                    known = { range: asked, data };
                    version++;
                },
                () => {}, // the lanes say what is wrong; the next round asks again
            );
        };
        const timer = setInterval(read, freshMs);
        const end = paintLayers(
            element,
            [
                {
                    canvas: drawn,
                    height: () => height,
                    key: () => {
                        const shown = view.range.get();
                        return `${version} ${shown.from} ${shown.to}`;
                    },
                    draw: (context, palette, wide) => {
                        context.clearRect(0, 0, wide, height);
                        context.fillStyle = palette.colour('--band-ground');
                        context.fillRect(0, bands.top, wide, bands.height);
                        drawTicks(context, palette, wide, range, {
                            labels: 28,
                            top: bands.top,
                            bottom: bands.top + bands.height,
                        });
                        const list = latest.current;
                        const each = bands.height / Math.max(1, list.length);
                        const row = { top: 0, height: each };
                        const shape: LaneShape = {
                            height: each,
                            sealed: row,
                            redacted: { top: 0, height: 0 },
                        };
                        list.forEach((camera, i) => {
                            if (!known) return;
                            const piece = { ...known.range, data: known.data.get(camera.id) };
                            drawLane(context, palette, wide, range, bands.top + i * each, shape, [
                                piece,
                            ]);
                        });
                        const shown = view.range.get();
                        const left = toX(range, wide, shown.from);
                        const right = Math.max(left + leastWindow, toX(range, wide, shown.to));
                        context.strokeStyle = palette.colour('--accent');
                        context.lineWidth = 2;
                        context.strokeRect(left, 1, right - left, bands.height + 4);
                    },
                },
            ],
            (next) => {
                const first = width <= 0;
                width = next;
                // After the lanes themselves, which somebody waits for.
                if (first) setTimeout(read, 400);
            },
        );
        const go = (event: PointerEvent): void => {
            if (event.type === 'pointermove' && !element.hasPointerCapture(event.pointerId)) return;
            if (event.type === 'pointerdown') element.setPointerCapture(event.pointerId);
            const box = element.getBoundingClientRect();
            const at = toTime(range, box.width, event.clientX - box.left);
            const { from, to } = view.range.get();
            const half = (to - from) / 2;
            view.show(limit({ from: at - half, to: at + half }, serverNow()));
        };
        element.addEventListener('pointerdown', go);
        element.addEventListener('pointermove', go);
        return () => {
            abort.abort();
            clearInterval(timer);
            end();
            element.removeEventListener('pointerdown', go);
            element.removeEventListener('pointermove', go);
        };
    }, [mode, view]);

    return (
        <div class="minimap">
            <span class="note">{text.review.minimap}</span>
            <div class="minimap-surface" ref={sized} aria-hidden="true">
                <canvas ref={canvas} />
            </div>
        </div>
    );
}
