// What lies under the pointer: the time, the bands in words, and a thumbnail of the picture.
import { useEffect, useRef, useState } from 'preact/hooks';
import { StillFeed } from '../player/stills';
import { clockTime, dayName } from '../time';
import type { Range } from './scale';

interface TipProps {
    range: Range;
    at: number;
    camera: string;
    name?: string; // of the camera, where there are several
    words: string;
    y?: number; // its lower edge, in pixels from the top of what it stands in
}

const staleMs = 5 * 60_000; // a key frame much older than the instant would mislead

export function Tip({ range, at, camera, name, words, y }: TipProps) {
    const canvas = useRef<HTMLCanvasElement>(null);
    const feed = useRef<StillFeed | null>(null);
    const [shown, setShown] = useState<number | null>(null);
    useEffect(() => {
        if (!canvas.current) return undefined;
        const made = new StillFeed(camera, canvas.current, setShown);
        feed.current = made;
        setShown(null);
        return () => made.close();
    }, [camera]);
    useEffect(() => feed.current?.want(at), [camera, at]);
    const place = (element: HTMLDivElement | null): void => {
        if (!element) return;
        const share = Math.min(1, Math.max(0, (at - range.from) / (range.to - range.from)));
        element.style.setProperty('--at', String(share));
        if (y !== undefined) element.style.setProperty('--y', `${Math.round(y)}px`);
    };
    const fresh = shown !== null && at >= shown - 1000 && at - shown < staleMs;
    return (
        <div class="timeline-tip" ref={place} aria-hidden="true" data-picture={fresh}>
            <canvas ref={canvas} class="thumbnail" hidden={!fresh} />
            <span class="timeline-tip-words">
                {name && <b>{name}</b>} <strong>{clockTime(at)}</strong>{' '}
                {range.to - range.from > 86_400_000 && dayName(at)} {words}
            </span>
        </div>
    );
}
