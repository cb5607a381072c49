// Break-glass: breaking it, watching while it is broken, and the reviews that are due.
import { breaksGlass, reviewsGlass } from '../rights';
import { glass, now, session } from '../state';
import { text } from '../text';
import { clockTime } from '../time';
import type { Session } from '../types';
import { useValue } from '../value';
import type { RoomProps } from '../views/room';
import type { Glass } from './api';
import { Begin } from './begin';
import { Reviews } from './reviews';
import { Running } from './running';
import './glass.css';

const words = text.glass;

// Why it cannot be broken now; empty: it can.
function obstacle(state: Glass, at: number): string {
    if (!state.allowed) return words.notNamed;
    if (!state.ready) return words.notReady;
    if (state.next_ms !== null && at < state.next_ms) return words.notYet(clockTime(state.next_ms));
    return '';
}

function Idle({ state, user }: { state: Glass; user: Session }) {
    const why = obstacle(state, useValue(now));
    if (!state.on)
        return (
            <section class="card">
                <h2>{words.off.title}</h2>
                <p>{words.off.text}</p>
            </section>
        );
    return <>{why === '' ? <Begin /> : breaksGlass(user.role) && <p class="notice">{why}</p>}</>;
}

export function GlassRoom(_: RoomProps) {
    const state = useValue(glass);
    const user = useValue(session);
    if (user === null || user === 'unknown' || state === null)
        return (
            <main class="room">
                <h1>{words.title}</h1>
            </main>
        );
    const { active, reviews } = state;
    return (
        <main class="room glass-room">
            {active ? (
                <Running key={active.number} broken={active} user={user} />
            ) : (
                <>
                    <div class="room-head">
                        <h1>{words.title}</h1>
                    </div>
                    <Idle state={state} user={user} />
                </>
            )}
            {(reviewsGlass(user.role) || reviews.length > 0) && (
                <Reviews reviews={reviews} user={user} />
            )}
            {state.reason_shown && (
                <section class="glass-why">
                    <h2>{words.whySite}</h2>
                    <p>{state.reason_shown}</p>
                </section>
            )}
        </main>
    );
}
