// Playback in a view: live (no deck), or a deck from some instant on.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { serverNow } from '../state';
import { stepSpeed } from './clips';
import { Deck, type DeckStatus } from './deck';

export interface Playback {
    deck: Deck | null; // null: live
    take: number; // grows with each deck: a failed player is replaced, not repaired
    seek: (at: number) => void;
    jump: (ms: number) => void;
    step: (by: 1 | -1) => void;
    toggle: () => void;
    faster: (by: 1 | -1) => void;
    live: () => void;
}

const backMs = 10_000; // where stepping back from live begins

export function usePlayback(at: number | null): Playback {
    const present = useRef<() => void>(() => {});
    const make = (from: number): Deck =>
        new Deck(Math.min(from, serverNow()), () => present.current());
    const [state, setState] = useState<{ deck: Deck | null; take: number }>(() => ({
        deck: at === null ? null : make(at),
        take: 0,
    }));
    const current = useRef<Deck | null>(state.deck);
    const replace = useCallback((deck: Deck | null): void => {
        current.current?.destroy();
        current.current = deck;
        setState(({ take }) => ({ deck, take: take + 1 }));
    }, []);
    const live = useCallback(() => replace(null), [replace]);
    present.current = live;
    const seek = useCallback(
        (to: number) => {
            const deck = current.current;
            if (deck && deck.status.get().phase !== 'failed') deck.seek(Math.min(to, serverNow()));
            else replace(make(to));
        },
        [replace],
    );
    useEffect(() => () => current.current?.destroy(), []);
    const jump = useCallback(
        (ms: number) => seek((current.current?.at ?? serverNow()) + ms),
        [seek],
    );
    const step = useCallback(
        (by: 1 | -1) => {
            if (current.current) current.current.step(by);
            else seek(serverNow() - backMs);
        },
        [seek],
    );
    const toggle = useCallback(() => current.current?.toggle(), []);
    const faster = useCallback((by: 1 | -1) => {
        const clock = current.current?.clock;
        clock?.setSpeed(stepSpeed(clock.speed.get(), by));
    }, []);
    return { ...state, seek, jump, step, toggle, faster, live };
}

export function useDeckStatus(deck: Deck | null): DeckStatus | null {
    const [status, setStatus] = useState<DeckStatus | null>(null);
    useEffect(() => {
        setStatus(deck?.status.get() ?? null);
        return deck?.status.subscribe(setStatus);
    }, [deck]);
    return status;
}
