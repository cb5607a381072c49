import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../settings';
import { serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName, dayStart, duration } from '../time';
import { draw, rows } from '../timeline/draw';
import { Palette } from '../timeline/paint';
import { watchPointers } from '../timeline/pointer';
import { day, follow, pan, type Range, spanAt, zoom } from '../timeline/scale';
import type { TimelineData } from '../types';
import { useValue } from '../value';
import { Icon } from './icon';
import { Legend } from './legend';

const writingMs = 150_000; // a segment enters the record when it is whole

interface TimelineProps {
    range: Range;
    data: TimelineData | null;
    failed: boolean;
    playhead: () => number | null; // null: live
    onRange: (range: Range) => void;
    onChoose: (at: number) => void;
}

// What the bands show at an instant, in words.
function describe(data: TimelineData | null, at: number): string {
    if (at > serverNow()) return text.timeline.future;
    if (!data) return '';
    const gap = data.gaps.find((candidate) => at >= candidate.from && at < candidate.to);
    if (gap) return `${text.timeline.gap(text.causes[gap.cause])}, ${duration(gap.to - gap.from)}`;
    const parts: string[] = [];
    if (spanAt(data.recorded, at)) parts.push(text.timeline.recorded);
    else if (spanAt(data.unknown, at)) parts.push(text.timeline.unknown);
    if (spanAt(data.redacted, at)) parts.push(text.timeline.redacted);
    return (
        parts.join(' · ') ||
        (at > serverNow() - writingMs ? text.timeline.writing : text.timeline.nothing)
    );
}

// Draws on every frame on which something could have moved, and only then.
function useDrawing(props: TimelineProps, mark: number | null) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const mode = useValue(theme);
    const latest = useRef({ ...props, mark });
    latest.current = { ...props, mark };
    useEffect(() => {
        const element = canvas.current;
        const context = element?.getContext('2d');
        if (!element || !context) return undefined;
        const ratio = devicePixelRatio;
        const palette = new Palette(element, ratio);
        let frame = 0;
        let drawn = '';
        const paint = (): void => {
            frame = requestAnimationFrame(paint);
            const { range, data, playhead, mark: marked } = latest.current;
            const width = element.clientWidth;
            const perPixel = (range.to - range.from) / Math.max(1, width);
            const now = serverNow();
            const head = playhead();
            const key = [
                range.from,
                range.to,
                width,
                Math.round(now / perPixel),
                head && Math.round((2 * head) / perPixel),
                marked,
            ].join();
            if (key === drawn && data === paintedData) return;
            drawn = key;
            paintedData = data;
            if (element.width !== Math.round(width * ratio)) {
                element.width = Math.round(width * ratio);
                element.height = Math.round(rows.height * ratio);
            }
            context.setTransform(ratio, 0, 0, ratio, 0, 0);
            draw(context, palette, width, { range, data, now, playhead: head, mark: marked });
        };
        let paintedData: TimelineData | null = null;
        paint();
        return () => cancelAnimationFrame(frame);
    }, [mode]);
    return canvas;
}

function DayButtons({ range, onRange }: { range: Range; onRange: (range: Range) => void }) {
    const middle = (range.from + range.to) / 2;
    const show = (days: number): void => {
        const from = dayStart(middle, days);
        onRange({ from, to: dayStart(from + day / 2, 1) });
    };
    const today = dayStart(serverNow());
    return (
        <div class="timeline-days">
            <button
                class="quiet square"
                aria-label={text.timeline.earlier}
                title={text.timeline.earlier}
                onClick={() => show(-1)}
            >
                <Icon name="left" />
            </button>
            <span class="timeline-day">{dayName(middle)}</span>
            <button
                class="quiet square"
                aria-label={text.timeline.later}
                title={text.timeline.later}
                disabled={range.to > serverNow()}
                onClick={() => show(1)}
            >
                <Icon name="right" />
            </button>
            <button
                class="quiet"
                onClick={() => onRange({ from: today, to: dayStart(today + day / 2, 1) })}
            >
                {text.timeline.today}
            </button>
            <button
                class="quiet square"
                aria-label={text.timeline.zoomOut}
                title={text.timeline.zoomOut}
                onClick={() => onRange(zoom(range, 2, middle))}
            >
                <Icon name="minus" />
            </button>
            <button
                class="quiet square"
                aria-label={text.timeline.zoomIn}
                title={text.timeline.zoomIn}
                onClick={() => onRange(zoom(range, 0.5, middle))}
            >
                <Icon name="plus" />
            </button>
        </div>
    );
}

export function Timeline(props: TimelineProps) {
    const { range, data, failed, playhead, onRange, onChoose } = props;
    const [hover, setHover] = useState<number | null>(null);
    const [mark, setMark] = useState<number | null>(null);
    const surface = useRef<HTMLDivElement>(null);
    const canvas = useDrawing(props, hover ?? mark);
    const latest = useRef(props);
    latest.current = props;

    useLayoutEffect(() => {
        const element = surface.current;
        if (!element) return undefined;
        return watchPointers(element, {
            range: () => latest.current.range,
            setRange: (next) => latest.current.onRange(next),
            hover: setHover,
            choose: (at) => {
                setMark(null);
                latest.current.onChoose(Math.min(at, serverNow()));
            },
        });
    }, []);

    const at = mark ?? playhead() ?? serverNow();
    const move = (to: number): void => {
        const next = Math.min(to, serverNow());
        setMark(next);
        onRange(follow(range, next));
    };
    const step = (range.to - range.from) / 100;
    const actions: Record<string, () => void> = {
        ArrowLeft: () => move(at - step),
        ArrowRight: () => move(at + step),
        PageUp: () => onRange(pan(range, -(range.to - range.from) / 2)),
        PageDown: () => onRange(pan(range, (range.to - range.from) / 2)),
        '+': () => onRange(zoom(range, 0.5, at)),
        '-': () => onRange(zoom(range, 2, at)),
        Enter: () => {
            setMark(null);
            onChoose(at);
        },
    };
    const onKeyDown = (event: KeyboardEvent): void => {
        const action = actions[event.key];
        if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        action();
    };

    const told = hover ?? mark;
    const place = (element: HTMLDivElement | null): void => {
        if (!element || told === null) return;
        const share = Math.min(1, Math.max(0, (told - range.from) / (range.to - range.from)));
        element.style.setProperty('--at', String(share));
    };
    return (
        <section class="timeline" aria-label={text.timeline.label}>
            <div
                ref={surface}
                class="timeline-surface"
                role="slider"
                tabIndex={0}
                aria-label={text.timeline.label}
                aria-valuemin={Math.round(range.from / 1000)}
                aria-valuemax={Math.round(range.to / 1000)}
                aria-valuenow={Math.round(at / 1000)}
                aria-valuetext={`${dayName(at)} ${clockTime(at)}, ${describe(data, at)}`}
                onKeyDown={onKeyDown}
            >
                <canvas ref={canvas} aria-hidden="true" />
                {told !== null && (
                    <div class="timeline-tip" ref={place} aria-hidden="true">
                        <strong>{clockTime(told)}</strong> {describe(data, told)}
                    </div>
                )}
            </div>
            <div class="timeline-foot">
                <DayButtons range={range} onRange={onRange} />
                {failed ? (
                    <p class="timeline-failed" role="alert">
                        {text.timeline.failed}
                    </p>
                ) : (
                    <Legend data={data} />
                )}
            </div>
        </section>
    );
}
