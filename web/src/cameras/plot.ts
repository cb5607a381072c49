// The only file that knows uPlot; loaded with the first chart.
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { History } from './api';
import type { Curve } from './charts';

export interface PlotOptions {
    history: History;
    curves: Curve[];
    fromZero: boolean;
    height: number; // CSS pixels
    zone: string | null; // IANA name; null: the browser's
}

// Draws into `element` and follows its width. Returns what ends it.
export function plot(element: HTMLElement, options: PlotOptions): () => void {
    const { history, curves, fromZero, height, zone } = options;
    const style = getComputedStyle(element);
    // Resolves light-dark(), which a canvas does not understand.
    const probe = document.createElement('i');
    element.append(probe);
    const colour = (property: string): string => {
        probe.style.setProperty('color', `var(${property})`);
        return getComputedStyle(probe).color;
    };
    const dateOf = (at: number): Date =>
        zone ? uPlot.tzDate(new Date(at * 1000), zone) : new Date(at * 1000);
    const times = history.bitrate.map((_, i) => (history.from + i * history.step) / 1000);
    const axis = {
        stroke: colour('--text-muted'),
        font: `12px ${style.fontFamily}`,
        grid: { stroke: colour('--line'), width: 1 },
        ticks: { show: false },
    };
    const drawn = new uPlot(
        {
            width: element.clientWidth,
            height,
            legend: { show: false },
            cursor: { show: false },
            tzDate: dateOf,
            scales: {
                y: {
                    range: (_, low, high) => {
                        const top = Math.max(high ?? 0, fromZero ? 0.1 : 1);
                        return fromZero ? [0, top * 1.1] : [Math.min(low ?? 0, -1), top];
                    },
                },
            },
            axes: [
                { ...axis, size: 28, space: 70, values: axisTimes(history, dateOf) },
                { ...axis, size: 42, space: 34 },
            ],
            series: [
                {},
                ...curves.map((curve) => ({
                    label: curve.name,
                    stroke: colour(curve.colour),
                    width: 1.5,
                    points: { show: false },
                    ...(curve.bars && uPlot.paths.bars
                        ? {
                              fill: colour(curve.colour),
                              paths: uPlot.paths.bars({ size: [0.8, 24] }),
                          }
                        : {}),
                })),
            ],
        },
        [times, ...curves.map(({ values }) => values)],
        element,
    );
    probe.remove();
    const observer = new ResizeObserver(() =>
        drawn.setSize({ width: element.clientWidth, height }),
    );
    observer.observe(element);
    return () => {
        observer.disconnect();
        drawn.destroy();
    };
}

// Clock times within a day, dates beyond it; no line has both.
function axisTimes(history: History, dateOf: (at: number) => Date): uPlot.Axis.Values {
    const days = history.step > 3_600_000;
    const pad = (n: number): string => String(n).padStart(2, '0');
    return (_, splits) =>
        splits.map((at) => {
            const date = dateOf(at);
            return days
                ? `${date.getDate()}.${pad(date.getMonth() + 1)}.`
                : `${pad(date.getHours())}:${pad(date.getMinutes())}`;
        });
}
