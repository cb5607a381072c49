// Health of one camera over time, as charts. What a chart shows is said in words beneath it: a
// canvas tells a screen reader nothing.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useAsked } from '../asking';
import { theme } from '../settings';
import { serverNow, site } from '../state';
import { text } from '../text';
import { duration } from '../time';
import { decimal } from '../units';
import { useValue } from '../value';
import { camerasApi, type History } from './api';
import { levelOf, sumOf, worstOf } from './history';

const words = text.cameras.charts;
const minute = 60_000;
const ranges = {
    hour: { length: 60 * minute, step: minute },
    day: { length: 24 * 60 * minute, step: 10 * minute },
    month: { length: 30 * 24 * 60 * minute, step: 6 * 60 * minute },
} as const;
type RangeName = keyof typeof ranges;
const rangeNames = Object.keys(ranges) as RangeName[];
const height = 130;
const againMs = 60_000;
const clockSlackMs = 2000;

interface Curve {
    name: string;
    colour: string; // a custom property of base.css
    values: (number | null)[];
    bars?: boolean;
}

interface PlotProps {
    history: History;
    curves: Curve[];
    fromZero: boolean;
}

function Plot({ history, curves, fromZero }: PlotProps) {
    const place = useRef<HTMLDivElement>(null);
    const dark = useValue(theme); // colours follow it
    const zone = useValue(site)?.time_zone;
    useEffect(() => {
        const element = place.current;
        if (!element) return undefined;
        let end = (): void => {};
        let gone = false;
        void import('./plot').then(({ plot }) => {
            if (!gone)
                end = plot(element, { history, curves, fromZero, height, zone: zone ?? null });
        });
        return () => {
            gone = true;
            end();
        };
    }, [history, dark, zone]);
    return <div class="plot" ref={place} aria-hidden="true" />;
}

interface ChartProps extends PlotProps {
    title: string;
    unit: string;
    summary: string;
}

function Chart({ title, unit, summary, ...rest }: ChartProps) {
    const known = rest.curves.some(({ values }) => values.some((value) => value !== null));
    return (
        <figure class="card chart">
            <h3>
                {title} <span class="note">{unit}</span>
            </h3>
            {known ? <Plot {...rest} /> : <div class="plot" />}
            <figcaption>{known ? summary : words.unknown}</figcaption>
        </figure>
    );
}

function levelWords(values: (number | null)[], unit: string): string {
    const level = levelOf(values);
    if (!level) return words.unknown;
    const said = words.level(decimal(level.mean), decimal(level.low), decimal(level.high), unit);
    return level.missing > 0.01
        ? `${said} ${words.missing(`${Math.round(level.missing * 100)} %`)}`
        : said;
}

function seconds(count: number | null): string {
    return count === null ? text.cameras.unknown : duration(count * 1000);
}

function clockSummary(history: History): string {
    const worst = worstOf(history.clock_ms) ?? 0;
    return Math.abs(worst) < clockSlackMs
        ? words.clockRight
        : words.clockOff(duration(Math.abs(worst)));
}

const scaled = (series: (number | null)[], by: number): (number | null)[] =>
    series.map((value) => (value === null ? null : value * by));

function All({ history }: { history: History }) {
    const rate = scaled(history.bitrate, 1e-6);
    const again = sumOf(history.reconnects);
    return (
        <div class="charts">
            <Chart
                title={words.bitrate}
                unit={words.units.bitrate}
                history={history}
                fromZero
                curves={[{ name: words.bitrate, colour: '--live', values: rate }]}
                summary={levelWords(rate, words.units.bitrate)}
            />
            <Chart
                title={words.fps}
                unit={words.units.fps}
                history={history}
                fromZero
                curves={[{ name: words.fps, colour: '--live', values: history.fps }]}
                summary={levelWords(history.fps, words.units.fps)}
            />
            <Chart
                title={words.gaps}
                unit={words.units.seconds}
                history={history}
                fromZero
                curves={[
                    {
                        name: words.gap,
                        colour: '--gap-outside',
                        values: history.gap_s,
                        bars: true,
                    },
                    {
                        name: words.opaque,
                        colour: '--band-unknown',
                        values: history.opaque_s,
                        bars: true,
                    },
                ]}
                summary={words.gapSum(
                    seconds(sumOf(history.gap_s)),
                    seconds(sumOf(history.opaque_s)),
                    again === null ? text.cameras.unknown : text.cameras.reconnects(again),
                )}
            />
            <Chart
                title={words.clock}
                unit={words.units.clock}
                history={history}
                fromZero={false}
                curves={[
                    {
                        name: words.clock,
                        colour: '--gap-meant',
                        values: scaled(history.clock_ms, 1e-3),
                    },
                ]}
                summary={clockSummary(history)}
            />
        </div>
    );
}

export type { Curve };

export function Charts({ camera }: { camera: string }) {
    const [range, setRange] = useState<RangeName>('day');
    const { data, problem, again } = useAsked(() => {
        const { length, step } = ranges[range];
        const to = Math.ceil(serverNow() / step) * step;
        return camerasApi.history(camera, to - length, to, step);
    });
    useEffect(() => {
        void again();
        const timer = setInterval(() => void again(), againMs);
        return () => clearInterval(timer);
    }, [range]);
    return (
        <>
            <div class="tabs" role="group" aria-label={words.range}>
                {rangeNames.map((name) => (
                    <button key={name} aria-pressed={name === range} onClick={() => setRange(name)}>
                        {words[name]}
                    </button>
                ))}
            </div>
            {problem && (
                <p class="notice" data-mood="warn">
                    {words.failed} {problem}
                </p>
            )}
            {data && <All history={data} />}
        </>
    );
}
