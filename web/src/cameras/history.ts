// What a history says in figures: for sparklines, for the words beside a chart. Pure.
import type { History } from './api';

type Series = readonly (number | null)[];

export interface Level {
    low: number;
    high: number;
    mean: number;
    missing: number; // share of the steps of which nothing is known
}

export function levelOf(series: Series): Level | null {
    const known = series.filter((value) => value !== null);
    if (known.length === 0) return null;
    return {
        low: Math.min(...known),
        high: Math.max(...known),
        mean: known.reduce((sum, value) => sum + value, 0) / known.length,
        missing: 1 - known.length / series.length,
    };
}

// null when nothing at all is known.
export function sumOf(series: Series): number | null {
    const known = series.filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

export function worstOf(series: Series): number | null {
    const known = series.filter((value) => value !== null);
    return known.length === 0
        ? null
        : known.reduce((worst, value) => (Math.abs(value) > Math.abs(worst) ? value : worst));
}

// The steps from `at` on, as a history of their own.
export function since(history: History, at: number): History {
    const first = Math.max(0, Math.ceil((at - history.from) / history.step));
    const cut = (series: Series): (number | null)[] => series.slice(first);
    return {
        from: history.from + first * history.step,
        step: history.step,
        bitrate: cut(history.bitrate),
        fps: cut(history.fps),
        gap_s: cut(history.gap_s),
        reconnects: cut(history.reconnects),
        clock_ms: cut(history.clock_ms),
        opaque_s: cut(history.opaque_s),
    };
}

// SVG path of a line that is interrupted where nothing is known; a lone value is a dot.
export function sparkPath(series: Series, width: number, height: number): string {
    const level = levelOf(series);
    if (!level) return '';
    const top = Math.max(level.high, 1e-9);
    const x = (i: number): string => ((i / Math.max(1, series.length - 1)) * width).toFixed(1);
    const y = (value: number): string => (height - (value / top) * height).toFixed(1);
    return series
        .map((value, i) => {
            if (value === null) return '';
            const before = i > 0 && series[i - 1] !== null;
            const after = i + 1 < series.length && series[i + 1] !== null;
            if (before) return `L${x(i)} ${y(value)}`;
            return `M${x(i)} ${y(value)}${after ? '' : 'h0.1'}`;
        })
        .join('');
}
