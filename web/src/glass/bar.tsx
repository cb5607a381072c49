// What everybody sees of break-glass, whatever they look at: the red bar while glass is broken, the
// bar of a review that is missing, and for keyholders the alarm, which they acknowledge.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { glass, glassNow, now } from '../state';
import { placeHash } from '../router';
import { decidesOnOpenings, reviewsGlass } from '../rights';
import { text } from '../text';
import { clockTime, countdown, dayName, duration } from '../time';
import type { Session } from '../types';
import { useValue } from '../value';
import { type Broken, type Glass, glassApi } from './api';
import './bar.css';

const words = text.glass.bar;
const reviewMs = 7 * 86_400_000; // src/keeper/glass.h: then it bars the next
const room = placeHash({ view: 'room', room: 'glass', rest: '' });

function Active({ broken, mine }: { broken: Broken; mine: boolean }) {
    const left = broken.until_ms - useValue(now);
    return (
        <div class="glass-bar" role="alert">
            <p>
                <strong>{words.broken(broken.who, clockTime(broken.since_ms))}</strong>{' '}
                <span>{words.reason(broken.reason)}</span>
            </p>
            <span class="glass-left" role="timer">
                {words.left(countdown(left))}
            </span>
            <a href={room}>{mine ? words.watch : words.details}</a>
        </div>
    );
}

function Due({ reviews }: { reviews: Broken[] }) {
    const at = useValue(now);
    const [first] = reviews;
    if (!first) return null;
    const age = at - first.until_ms;
    const late = at - first.since_ms >= reviewMs;
    return (
        <div class="glass-bar glass-due" role="status" data-late={late}>
            <p>
                <strong>
                    {reviews.length > 1
                        ? words.dueMany(reviews.length, duration(age))
                        : words.due(first.who, duration(age))}
                </strong>{' '}
                {late && <span>{words.dueLate}</span>}
            </p>
            <a href={room}>{words.review}</a>
        </div>
    );
}

// Modal until it is acknowledged: Escape does not send it away.
function Alarm({ broken, running }: { broken: Broken; running: boolean }) {
    const dialog = useRef<HTMLDialogElement>(null);
    const id = useId();
    const [state, setState] = useState<'open' | 'busy' | 'failed'>('open');
    useEffect(() => dialog.current?.showModal(), []);
    const said = text.glass.alarm;
    const acknowledge = (): void => {
        setState('busy');
        glassApi.seen(broken.number).then(glassNow, () => setState('failed'));
    };
    return (
        <dialog
            ref={dialog}
            class="dialog glass-alarm"
            aria-labelledby={id}
            onCancel={(event) => event.preventDefault()}
        >
            <h2 id={id}>{said.title}</h2>
            <p>{running ? said.running(broken.who) : said.over(broken.who)}</p>
            <dl>
                <dt>{said.reason}</dt>
                <dd>{broken.reason}</dd>
                <dt>{said.since}</dt>
                <dd>
                    {dayName(broken.since_ms)} {clockTime(broken.since_ms)}
                </dd>
                <dt>{said.until}</dt>
                <dd>
                    {dayName(broken.until_ms)} {clockTime(broken.until_ms)}
                </dd>
            </dl>
            <p class="note">{said.note}</p>
            {state === 'failed' && (
                <p class="notice" data-mood="bad" role="alert">
                    {said.failed}
                </p>
            )}
            <button class="primary" autofocus disabled={state === 'busy'} onClick={acknowledge}>
                {said.seen}
            </button>
        </dialog>
    );
}

// The newest that this keyholder has not seen.
function unseen({ active, reviews }: Glass, user: Session): Broken | undefined {
    if (!decidesOnOpenings(user.role)) return undefined;
    return [active, ...reviews.toReversed()].find(
        (each): each is Broken =>
            each !== null && each.who !== user.user && !each.seen.includes(user.user),
    );
}

export function GlassBars({ user }: { user: Session }) {
    const state = useValue(glass);
    if (!state) return null;
    const { active, reviews } = state;
    const alarm = unseen(state, user);
    return (
        <>
            {active && <Active broken={active} mine={active.who === user.user} />}
            {reviewsGlass(user.role) && reviews.length > 0 && <Due reviews={reviews} />}
            {alarm && <Alarm key={alarm.number} broken={alarm} running={alarm === active} />}
        </>
    );
}
