// The timeline of all cameras: what was recorded when, up to nine of them played on one clock, and
// films made of it.
import './review.css';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { ApiError, LinkError } from '../api';
import { useGroupTitles } from '../groups';
import { type KeyHandler, useKeys } from '../keys';
import { useDeckStatus, usePlayback } from '../player/use';
import { asksForOpenings, exportsFilm, seesPast } from '../rights';
import { placeHash } from '../router';
import { cameras as cameraList, now, serverNow, session } from '../state';
import { text } from '../text';
import { clockTime, dayName } from '../time';
import { day, follow, hour, keepUp } from '../timeline/scale';
import type { Camera } from '../types';
import { useValue } from '../value';
import { askHash } from '../vault/address';
import { Controls } from '../views/controls';
import { Icon } from '../views/icon';
import type { RoomProps } from '../views/room';
import { eventBeside } from './api';
import { mostCameras, parseReview, type ReviewAddress, reviewRest } from './address';
import { Exporter } from './exporter';
import { Grid } from './grid';
import { Handles } from './handles';
import { List } from './list';
import { Minimap } from './minimap';
import { Names } from './names';
import { Surface } from './surface';
import { around, firstLength, laneRows, ReviewView, useSettled } from './view';

const noteEveryMs = 2000;
const jumpMs = 10_000;
const originalMs = 300_000; // to ask for, where nothing was chosen
const playedLength = hour; // in view when the address names an instant
const lengths = {
    month: 30 * day,
    week: 7 * day,
    day,
    hour,
    minutes: 600_000,
    minute: 60_000,
} as const;

function firstRange(address: ReviewAddress) {
    if (address.range) return address.range;
    const length = address.at === null ? firstLength : playedLength;
    return around(address.at, length, serverNow());
}

function useView(address: ReviewAddress): ReviewView {
    const view = useMemo(() => new ReviewView(firstRange(address)), []);
    useEffect(() => {
        const fitted = address.range === null && address.at === null;
        const end = fitted ? view.lanes.version.subscribe(() => view.fit()) : undefined;
        return () => {
            end?.();
            view.close();
        };
    }, [view]);
    return view;
}

// The stretch in view moves on with the picture, and with the present while that is in view.
function useKeptUp(view: ReviewView, at: () => number | null, moving: () => boolean): void {
    const tick = useValue(now);
    useEffect(() => {
        if (!moving() || view.hover.get()) return;
        const range = view.range.get();
        const shown = at() ?? tick;
        const near = shown <= range.to + 10_000 && shown >= range.from;
        if (near) {
            const next = keepUp(range, shown);
            if (next !== range) view.show(next);
        }
    }, [tick]);
}

function Spans({ view }: { view: ReviewView }) {
    const range = useSettled(view.range);
    const length = range.to - range.from;
    const middle = (range.from + range.to) / 2;
    return (
        <div class="spans" role="group" aria-label={text.review.spansLabel}>
            {Object.entries(lengths).map(([name, ms]) => (
                <button
                    key={name}
                    class="quiet"
                    aria-pressed={Math.abs(length - ms) < ms / 50}
                    onClick={() => {
                        const seesNow = range.to >= serverNow();
                        const at = view.mark.get() ?? (seesNow ? null : middle);
                        view.show(around(at, ms, serverNow()));
                    }}
                >
                    {text.review.spans[name as keyof typeof lengths]}
                </button>
            ))}
            <button
                class="quiet"
                onClick={() => view.show(around(null, length, serverNow()))}
                disabled={range.to >= serverNow()}
            >
                {text.review.nowButton}
            </button>
        </div>
    );
}

function Where({ view }: { view: ReviewView }) {
    const { from, to } = useSettled(view.range);
    return (
        <p class="review-where">
            <time dateTime={new Date(from).toISOString()}>
                {dayName(from)} {clockTime(from)}
            </time>{' '}
            {text.review.to}{' '}
            <time dateTime={new Date(to).toISOString()}>
                {dayName(to)} {clockTime(to)}
            </time>
        </p>
    );
}

function Instant({ at }: { at: () => number | null }) {
    useValue(now);
    const shown = at();
    const instant = shown ?? serverNow();
    return (
        <time class="review-instant" dateTime={new Date(instant).toISOString()}>
            {dayName(instant)} <b>{clockTime(instant)}</b>
        </time>
    );
}

function Lanes({ list, address }: { list: Camera[]; address: ReviewAddress }) {
    const view = useView(address);
    const who = useValue(session);
    const mayExport = who !== null && who !== 'unknown' && exportsFilm(who.role);
    const mayAsk = who !== null && who !== 'unknown' && asksForOpenings(who.role);
    const playback = usePlayback(address.at);
    const { deck, take, seek, jump, step, toggle, faster, live } = playback;
    const status = useDeckStatus(deck);
    const [chosen, setChosen] = useState<string[]>(address.cameras);
    const [exporting, setExporting] = useState(address.exporting);
    const [note, setNote] = useState('');
    const titleOf = useGroupTitles();
    const identity = list
        .map(({ id, name, groups }) => [id, name, groups?.map(titleOf)].join())
        .join('\n');
    const rows = useMemo(() => laneRows(list, titleOf), [identity]);
    const order = rows.flatMap(({ camera }) => (camera ? [camera] : []));
    const failed = useValue(view.lanes.failed);
    const at = useCallback(() => deck?.at ?? null, [deck]);
    useKeptUp(view, at, () => !deck || deck.clock.playing.get());

    const toggleCamera = useCallback((camera: string) => {
        setChosen((before) => {
            if (before.includes(camera)) return before.filter((id) => id !== camera);
            if (before.length < mostCameras) return [...before, camera];
            setNote(text.review.most(mostCameras));
            return before;
        });
    }, []);
    const go = useCallback(
        (to: number) => {
            view.mark.set(null);
            seek(to);
            view.show(follow(view.range.get(), to));
        },
        [view, seek],
    );
    const chooseTime = useCallback(
        (to: number, camera: string | null) => {
            if (camera !== null)
                setChosen((before) =>
                    before.includes(camera) || before.length >= mostCameras
                        ? before
                        : [...before, camera],
                );
            view.mark.set(null);
            seek(to);
        },
        [view, seek],
    );

    const searching = useRef<AbortController | null>(null);
    const toEvent = useCallback(
        (by: 1 | -1) => {
            searching.current?.abort();
            const abort = new AbortController();
            searching.current = abort;
            const from = view.mark.get() ?? deck?.at ?? serverNow();
            const arrive = async (): Promise<void> => {
                const found = await eventBeside(from, by, chosen, abort.signal);
                if (abort.signal.aborted) return;
                setNote(found ? '' : text.review.noEvent);
                if (!found) return;
                if (chosen.length === 0) setChosen([found.camera]);
                go(found.at);
                // Playback runs on: the search goes on from the event itself.
                view.mark.set(found.at);
            };
            arrive().catch((error: unknown) => {
                if (abort.signal.aborted) return;
                if (!(error instanceof ApiError || error instanceof LinkError)) throw error;
                setNote(text.timeline.failed);
            });
        },
        [view, deck, chosen, go],
    );
    useEffect(() => () => searching.current?.abort(), []);

    const openExport = useCallback(() => {
        const range = view.range.get();
        const length = Math.min(60_000, (range.to - range.from) / 4);
        const middle =
            view.mark.get() ?? deck?.at ?? (range.from + Math.min(range.to, serverNow())) / 2;
        const to = Math.min(serverNow(), middle + length / 2);
        view.selection.set({ from: to - length, to });
        setExporting(true);
    }, [view, deck]);
    // What is chosen for a film, or a few minutes around where playback stands.
    const askOriginal = (): void => {
        const near = deck?.at ?? view.mark.get() ?? serverNow() - 2 * originalMs;
        const around = { from: near - originalMs / 2, to: near + originalMs / 2 };
        location.hash = askHash(chosen, view.selection.get() ?? around);
    };
    const closeExport = useCallback(() => {
        view.selection.set(null);
        setExporting(false);
    }, [view]);
    useEffect(() => {
        if (address.exporting && mayExport) openExport();
    }, []);

    // The address says what is shown, for a reload or a link.
    useEffect(() => {
        const tell = (): void => {
            const range = view.range.get();
            const rest = reviewRest({ at: deck?.at ?? null, cameras: chosen, range, exporting });
            history.replaceState(null, '', placeHash({ view: 'room', room: 'review', rest }));
        };
        const timer = setInterval(tell, noteEveryMs);
        return () => clearInterval(timer);
    }, [view, deck, chosen, exporting]);

    const moveMark = useCallback(
        (share: number) => {
            const range = view.range.get();
            const from = view.mark.get() ?? Math.min(serverNow(), (range.from + range.to) / 2);
            const to = Math.min(serverNow(), from + share * (range.to - range.from));
            view.mark.set(to);
            view.show(follow(view.range.get(), to));
        },
        [view],
    );
    const moveLane = useCallback((by: 1 | -1) => {
        const names = [...document.querySelectorAll<HTMLElement>('.lane-name')];
        const index = names.findIndex((name) => name === document.activeElement);
        names[Math.min(names.length - 1, Math.max(0, index + by))]?.focus();
    }, []);
    const anchor = useCallback(() => view.mark.get() ?? deck?.at, [view, deck]);

    useKeys(
        useCallback<KeyHandler>(
            (key, event) => {
                const target = event.target instanceof HTMLElement ? event.target : null;
                if (target?.closest('.film-handle')) return false;
                const onButton = target?.closest('button, a') != null;
                const digit = /^[1-9]$/.test(key) ? order[Number(key) - 1] : undefined;
                const sideways = (by: 1 | -1) => (): void => {
                    if (event.shiftKey) view.slide(by * 0.1);
                    else if (deck) jump(by * jumpMs);
                    else moveMark(by * 0.01);
                };
                const actions: Record<string, () => void> = {
                    ArrowLeft: sideways(-1),
                    ArrowRight: sideways(1),
                    ArrowUp: () => moveLane(-1),
                    ArrowDown: () => moveLane(1),
                    k: () => moveLane(-1),
                    j: () => moveLane(1),
                    '+': () => view.zoom(0.5, anchor()),
                    '=': () => view.zoom(0.5, anchor()),
                    '-': () => view.zoom(2, anchor()),
                    PageUp: () => view.slide(-0.5),
                    PageDown: () => view.slide(0.5),
                    Home: () => view.show(around(null, lengths.month, serverNow())),
                    End: () => {
                        const { from, to } = view.range.get();
                        view.show(around(null, to - from, serverNow()));
                    },
                    ',': () => step(-1),
                    '.': () => step(1),
                    '[': () => faster(-1),
                    ']': () => faster(1),
                    n: () => toEvent(1),
                    p: () => toEvent(-1),
                    l: live,
                    ...(mayExport ? { e: openExport } : {}),
                    ...(exporting ? { Escape: closeExport } : {}),
                    ...(digit ? { [key]: () => toggleCamera(digit.id) } : {}),
                    ...(onButton ? {} : { ' ': toggle }),
                };
                const mark = view.mark.get();
                if (key === 'Enter' && mark !== null && !onButton) actions.Enter = () => go(mark);
                const action = actions[key.length === 1 ? key.toLowerCase() : key];
                action?.();
                return action !== undefined;
            },
            [
                view,
                deck,
                order,
                jump,
                step,
                faster,
                live,
                toggle,
                toEvent,
                go,
                moveMark,
                moveLane,
                anchor,
                exporting,
                mayExport,
                openExport,
                closeExport,
                toggleCamera,
            ],
        ),
    );

    useEffect(() => {
        if (note === '') return undefined;
        const timer = setTimeout(() => setNote(''), 4000);
        return () => clearTimeout(timer);
    }, [note]);

    const shown = chosen.flatMap((id) => list.find((camera) => camera.id === id) ?? []);
    const skipped = status?.skippedTo;
    const told = note || (skipped == null ? '' : text.player.skipped(clockTime(skipped)));
    return (
        <main
            class="room room-full review"
            data-phase={status?.phase ?? 'live'}
            data-export={exporting}
        >
            <div class="review-head">
                <h1>{text.review.title}</h1>
                <Spans view={view} />
                <Where view={view} />
                {mayExport && (
                    <button
                        aria-pressed={exporting}
                        onClick={() => (exporting ? closeExport() : openExport())}
                    >
                        <Icon name="film" /> {text.review.export}
                    </button>
                )}
                {mayAsk && (
                    <button title={text.vault.askHereHint} onClick={askOriginal}>
                        <Icon name="vault" /> {text.vault.askHere}
                    </button>
                )}
            </div>
            <div class="review-main" data-playing={shown.length > 0}>
                {shown.length > 0 ? (
                    <Grid
                        cameras={shown}
                        deck={deck}
                        take={take}
                        view={view}
                        onRemove={toggleCamera}
                    />
                ) : (
                    <p class="review-hint note">{text.review.nothingChosen}</p>
                )}
                <Controls playback={playback} status={status}>
                    <button
                        class="quiet square"
                        aria-label={text.review.previousEvent}
                        title={`${text.review.previousEvent} (P)`}
                        onClick={() => toEvent(-1)}
                    >
                        <Icon name="eventBack" />
                    </button>
                    <button
                        class="quiet square"
                        aria-label={text.review.nextEvent}
                        title={`${text.review.nextEvent} (N)`}
                        onClick={() => toEvent(1)}
                    >
                        <Icon name="eventForward" />
                    </button>
                    <Instant at={at} />
                    <span class="review-note" role="status">
                        {told}
                    </span>
                </Controls>
                <Surface
                    view={view}
                    rows={rows}
                    deck={deck}
                    onChoose={chooseTime}
                    names={<Names rows={rows} chosen={chosen} onToggle={toggleCamera} />}
                >
                    <Handles view={view} />
                </Surface>
                <Minimap view={view} cameras={list} />
                {failed && (
                    <p class="timeline-failed" role="alert">
                        {text.timeline.failed}
                    </p>
                )}
            </div>
            <aside class="review-side" aria-label={text.review.panel}>
                {exporting && mayExport ? (
                    <Exporter
                        view={view}
                        cameras={order}
                        first={chosen[0] ?? order[0]?.id ?? ''}
                        onClose={closeExport}
                    />
                ) : (
                    <List view={view} rows={rows} onGo={go} />
                )}
            </aside>
        </main>
    );
}

export function ReviewRoom({ rest }: RoomProps) {
    const who = useValue(session);
    const list = useValue(cameraList);
    const words =
        who !== null && who !== 'unknown' && !seesPast(who.role)
            ? text.review.notYours
            : list === null
              ? text.wall.loading
              : list.length === 0
                ? text.review.noCameras
                : null;
    if (words !== null || list === null)
        return (
            <main class="room">
                <h1>{text.review.title}</h1>
                <p class="empty">{words}</p>
            </main>
        );
    return <Lanes key={rest} list={list} address={parseReview(rest)} />;
}
