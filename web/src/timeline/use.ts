// What is known about the visible stretch of a camera's day: asked for when it comes into view,
// and again while it grows.
import { useEffect, useState } from 'preact/hooks';
import { api, ApiError, LinkError } from '../api';
import { lostSince, serverNow } from '../state';
import type { TimelineData } from '../types';
import { useValue } from '../value';
import type { Range } from './scale';

const settleMs = 120; // while someone zooms, only where they stop is asked for
const freshMs = 5000;

export interface UsedTimeline {
    data: TimelineData | null;
    failed: boolean;
}

export function useTimeline(camera: string, range: Range): UsedTimeline {
    const [used, setUsed] = useState<UsedTimeline>({ data: null, failed: false });
    const lost = useValue(lostSince) !== null;
    useEffect(() => {
        if (lost) return undefined;
        const abort = new AbortController();
        let timer: ReturnType<typeof setTimeout>;
        const length = range.to - range.from;
        const read = async (): Promise<void> => {
            try {
                const data = await api.timeline(
                    camera,
                    range.from - length / 2,
                    range.to + length / 2,
                    abort.signal,
                );
                setUsed({ data, failed: false });
            } catch (error) {
                if (abort.signal.aborted) return;
                if (!(error instanceof ApiError || error instanceof LinkError)) throw error;
                setUsed((before) => ({ data: before.data, failed: true }));
            }
            if (range.to + length / 2 > serverNow()) timer = setTimeout(() => void read(), freshMs);
        };
        timer = setTimeout(() => void read(), settleMs);
        return () => {
            clearTimeout(timer);
            abort.abort();
        };
    }, [camera, range.from, range.to, lost]);
    return used;
}
