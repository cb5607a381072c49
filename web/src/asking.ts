// How rooms ask the server for something and tell what came of it.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './api';
import { text } from './text';
import { KeyError } from './webauthn';

// A failure whose message is already the sentence to show.
export class Said extends Error {}

// Why something did not happen, for the person who wanted it.
export function explain(error: unknown): string {
    if (error instanceof KeyError) return text.entry.key[error.why];
    if (error instanceof Said) return error.message;
    if (!(error instanceof ApiError)) return text.signIn.noServer;
    if (error.status === 429) return text.signIn.wait(error.retryAfter ?? 60);
    const own = (text.entry.refusals as Record<string, string | undefined>)[error.code];
    return own ?? text.errors[error.code] ?? error.message;
}

export interface Asked<T> {
    data: T | null; // null until the first answer
    problem: string; // in words; empty while there is none
    again: () => Promise<void>;
}

// Asks when the view appears, and again when told to. What was known stays until something newer is.
export function useAsked<T>(ask: () => Promise<T>): Asked<T> {
    const [data, setData] = useState<T | null>(null);
    const [problem, setProblem] = useState('');
    const gone = useRef(false);
    const latest = useRef(ask);
    latest.current = ask;
    const again = useCallback(async () => {
        try {
            const answer = await latest.current();
            if (gone.current) return;
            setData(() => answer);
            setProblem('');
        } catch (error) {
            if (!gone.current) setProblem(explain(error));
        }
    }, []);
    useEffect(() => {
        gone.current = false;
        void again();
        return () => {
            gone.current = true;
        };
    }, [again]);
    return { data, problem, again };
}

export interface Doing {
    busy: boolean;
    problem: string;
    // True when it went well. One thing at a time: a second call meanwhile does nothing.
    run: (act: () => Promise<void>) => Promise<boolean>;
    say: (problem: string) => void;
}

export function useDoing(): Doing {
    const [busy, setBusy] = useState(false);
    const [problem, say] = useState('');
    const running = useRef(false);
    const run = useCallback(async (act: () => Promise<void>): Promise<boolean> => {
        if (running.current) return false;
        running.current = true;
        setBusy(true);
        say('');
        try {
            await act();
            return true;
        } catch (error) {
            say(explain(error));
            return false;
        } finally {
            running.current = false;
            setBusy(false);
        }
    }, []);
    return { busy, problem, run, say };
}
