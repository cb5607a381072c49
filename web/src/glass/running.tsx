// While it is broken: for whoever broke it the picture, for all others what is known of it.
import { useEffect, useState } from 'preact/hooks';
import { useDoing } from '../asking';
import { endsGlass } from '../rights';
import { glassNow, now } from '../state';
import { text } from '../text';
import { clockTime, countdown } from '../time';
import type { Session } from '../types';
import { useValue } from '../value';
import { type Broken, glassApi } from './api';
import { held, letGo, takeUp } from './hold';
import { GlassViewer } from './viewer';

const words = text.glass.running;

function Facts({ broken }: { broken: Broken }) {
    return (
        <section class="card">
            <p>{broken.reason}</p>
            <dl class="glass-facts">
                <dt>{words.since}</dt>
                <dd>{clockTime(broken.since_ms)}</dd>
                <dt>{words.until}</dt>
                <dd>{clockTime(broken.until_ms)}</dd>
                <dt>{words.seenBy}</dt>
                <dd>{broken.seen.join(', ') || words.seenByNone}</dd>
            </dl>
        </section>
    );
}

// The keys of one's own break: true once they are here, false if another browser has them.
function useHeld(broken: Broken, mine: boolean): boolean | null {
    const holding = useValue(held);
    const [lost, setLost] = useState(false);
    useEffect(() => {
        if (!mine) return;
        takeUp(broken.number).then(
            (here) => setLost(!here),
            () => setLost(true),
        );
    }, [broken.number, mine]);
    if (holding?.number === broken.number) return true;
    return lost ? false : null;
}

export function Running({ broken, user }: { broken: Broken; user: Session }) {
    const mine = broken.who === user.user;
    const here = useHeld(broken, mine);
    const holding = useValue(held);
    const left = broken.until_ms - useValue(now);
    const { busy, problem, run } = useDoing();
    const end = (): void =>
        void run(async () => {
            await glassApi.end(broken.number);
            if (mine) await letGo();
            await glassNow();
        });
    return (
        <>
            <div class="room-head">
                <h1>{words.heading(broken.number)}</h1>
                <p class="glass-clock" role="timer">
                    <span class="note">{words.left}</span> <b>{countdown(left)}</b>
                </p>
                {(mine || endsGlass(user.role)) && (
                    <button class="danger" disabled={busy} onClick={end}>
                        {words.end}
                    </button>
                )}
            </div>
            {problem && (
                <p class="notice" data-mood="bad" role="alert">
                    {problem}
                </p>
            )}
            {mine && here === false && <p class="notice">{words.elsewhere}</p>}
            {!mine && <p class="lead">{words.other(broken.who)}</p>}
            {mine && holding && <GlassViewer broken={broken} worker={holding.worker} />}
            <Facts broken={broken} />
        </>
    );
}
