// What the bands of the timeline mean: the three that are always there, and the causes of the
// gaps in view.
import { useEffect, useRef } from 'preact/hooks';
import { theme } from '../settings';
import { text } from '../text';
import {
    type Fill,
    gapFills,
    Palette,
    recordedFill,
    redactedFill,
    unknownFill,
} from '../timeline/paint';
import type { TimelineData } from '../types';
import { useValue } from '../value';

const width = 22;
const height = 10;

function Swatch({ fill }: { fill: Fill }) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const mode = useValue(theme);
    useEffect(() => {
        const context = canvas.current?.getContext('2d');
        if (!canvas.current || !context) return;
        const ratio = devicePixelRatio;
        canvas.current.width = width * ratio;
        canvas.current.height = height * ratio;
        const palette = new Palette(canvas.current, ratio);
        context.scale(ratio, ratio);
        context.fillStyle = palette.colour('--band-ground');
        context.fillRect(0, 0, width, height);
        context.fillStyle = palette.fill(context, fill);
        context.fillRect(0, 0, width, height);
    }, [mode, fill]);
    return <canvas ref={canvas} class="swatch" aria-hidden="true" />;
}

export function Legend({ data }: { data: TimelineData | null }) {
    const causes = [...new Set(data?.gaps.map((gap) => gap.cause))];
    return (
        <ul class="legend" aria-label={text.timeline.legend}>
            <li>
                <Swatch fill={recordedFill} />
                {text.timeline.recorded}
            </li>
            <li>
                <Swatch fill={redactedFill} />
                {text.timeline.redacted}
            </li>
            {(data?.unknown.length ?? 0) > 0 && (
                <li>
                    <Swatch fill={unknownFill} />
                    {text.timeline.unknown}
                </li>
            )}
            {causes.map((cause) => (
                <li key={cause}>
                    <Swatch fill={gapFills[cause]} />
                    {text.timeline.gap(text.causes[cause])}
                </li>
            ))}
        </ul>
    );
}
