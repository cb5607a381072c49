// Histories of cameras, asked for a few at a time and again every minute.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, LinkError } from '../api';
import { serverNow } from '../state';
import { camerasApi, type History } from './api';

const againMs = 60_000;
const atOnce = 4; // questions
const day = 86_400_000;
const step = 900_000;

// The last 24 hours of each; what could not be had is not in it.
export function useDays(ids: readonly string[]): ReadonlyMap<string, History> {
    const [known, setKnown] = useState<ReadonlyMap<string, History>>(new Map());
    const key = ids.join(' ');
    useEffect(() => {
        let gone = false;
        const askAll = async (): Promise<void> => {
            const to = Math.ceil(serverNow() / step) * step;
            const left = key ? key.split(' ') : [];
            const next = async (): Promise<void> => {
                for (let id = left.shift(); id !== undefined && !gone; id = left.shift()) {
                    try {
                        const history = await camerasApi.history(id, to - day, to, step);
                        if (gone) return;
                        setKnown((before) => new Map(before).set(id ?? '', history));
                    } catch (error) {
                        // The column says that nothing is known; a lost server has its own banner.
                        if (!(error instanceof ApiError || error instanceof LinkError)) throw error;
                    }
                }
            };
            await Promise.all(Array.from({ length: atOnce }, next));
        };
        void askAll();
        const timer = setInterval(() => void askAll(), againMs);
        return () => {
            gone = true;
            clearInterval(timer);
        };
    }, [key]);
    return known;
}
