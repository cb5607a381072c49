import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { theme } from '../settings';
import { serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName, dayStart } from '../time';
import {
    drawGround,
    drawLane,
    drawLine,
    drawPlayhead,
    drawTicks,
    type LaneShape,
} from '../timeline/draw';
import { paintLayers } from '../timeline/layers';
import { watchPointers } from '../timeline/pointer';
import { day, follow, pan, type Range, zoom } from '../timeline/scale';
import { Tip } from '../timeline/tip';
import { describe } from '../timeline/words';
import type { TimelineData } from '../types';
import { useValue } from '../value';
import { Icon } from './icon';
import { Legend } from './legend';

interface TimelineProps {
    camera: string;
    range: Range;
    data: TimelineData | null;
    failed: boolean;
    playhead: () => number | null; // null: live
    onRange: (range: Range) => void;
    onChoose: (at: number) => void;
}

const height = 74;
const lane: LaneShape = {
    height,
    sealed: { top: 26, height: 24 },
    redacted: { top: 55, height: 10 },
};
const lines = { top: 14, height: height - 14 };

function useDrawing(props: TimelineProps, mark: number | null) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const mode = useValue(theme);
    const latest = useRef({ ...props, mark });
    latest.current = { ...props, mark };
    useEffect(() => {
        const element = canvas.current;
        if (!element?.parentElement) return undefined;
        let version = 0;
        let seen: TimelineData | null = null;
        const key = (width: number): string => {
            const { range, data, playhead, mark: marked } = latest.current;
            const perPixel = (range.to - range.from) / width;
            const head = playhead();
            if (data !== seen) version++;
            seen = data;
            return [
                range.from,
                range.to,
                version,
                Math.round(serverNow() / perPixel),
                head && Math.round((2 * head) / perPixel),
                marked,
            ].join();
        };
        return paintLayers(
            element.parentElement,
            [
                {
                    canvas: element,
                    height: () => height,
                    key,
                    draw: (context, palette, width) => {
                        const { range, data, playhead, mark: marked } = latest.current;
                        const now = serverNow();
                        context.clearRect(0, 0, width, height);
                        drawGround(context, palette, width, range, now, [
                            lane.sealed,
                            lane.redacted,
                        ]);
                        drawTicks(context, palette, width, range, {
                            labels: 9,
                            top: 17,
                            bottom: height,
                        });
                        if (data)
                            drawLane(context, palette, width, range, 0, lane, [{ ...data, data }]);
                        const line = (at: number, colour: string): void =>
                            drawLine(context, width, range, at, lines, palette.colour(colour), 1);
                        line(now, '--line-now');
                        if (marked !== null) line(marked, '--text-muted');
                        const head = playhead();
                        if (head !== null)
                            drawPlayhead(context, palette, width, range, head, lines);
                    },
                },
            ],
            () => {},
        );
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
                    <Tip
                        range={range}
                        at={told}
                        camera={props.camera}
                        words={describe(data, told)}
                    />
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
