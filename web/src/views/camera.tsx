// One camera: its picture live or from the archive, its day, what it is for.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type KeyHandler, useKeys } from '../keys';
import type { Deck } from '../player/deck';
import { useDeckStatus, usePlayback } from '../player/use';
import { go, noteTime, placeHash } from '../router';
import { cameras, now, serverNow, session } from '../state';
import { text } from '../text';
import { dayStart } from '../time';
import { day, keepUp, opening, type Range } from '../timeline/scale';
import { useTimeline } from '../timeline/use';
import { reviewRest } from '../review/address';
import { exportsFilm, seesPast } from '../rights';
import type { Camera, Gap, TimelineData } from '../types';
import { useValue } from '../value';
import { Controls } from './controls';
import { Facts } from './facts';
import { Gaps } from './gaps';
import { Icon } from './icon';
import { ArchiveStage, LiveStage } from './stage';
import { Timeline } from './timeline';

const jumpMs = 10_000;
const noteEveryMs = 2000;

function today(at: number): Range {
    const from = dayStart(at);
    return { from, to: dayStart(from + day / 2, 1) };
}

interface UsedRange {
    range: Range;
    show: (range: Range) => void;
    fit: (data: TimelineData) => void; // once, to what is known
}

// Notes in the address what is watched.
function useNoted(camera: string, deck: Deck | null, at: number | null): void {
    const first = useRef(true);
    useEffect(() => {
        const arrived = first.current && at === null;
        first.current = false;
        if (!deck) {
            if (!arrived) noteTime(camera, null);
            return undefined;
        }
        const timer = setInterval(() => noteTime(camera, deck.at), noteEveryMs);
        return () => clearInterval(timer);
    }, [deck, camera]);
}

function earliest(data: TimelineData): number | null {
    const starts = [data.recorded[0]?.[0], data.redacted[0]?.[0], data.gaps[0]?.from];
    const known = starts.filter((start) => start !== undefined);
    return known.length > 0 ? Math.min(...known) : null;
}

// The visible stretch of time: a day to begin with. It moves on with the picture that is played,
// and with the present while that is in view.
function useRange(deck: Deck | null, start: number): UsedRange {
    const [range, setRange] = useState<Range>(() => today(start));
    const touched = useRef(0);
    const fitted = useRef(false);
    const at = useValue(now);
    useEffect(() => {
        const length = range.to - range.from;
        if (length >= day / 2 || at - touched.current < 4000) return;
        const shown = deck ? deck.at : at;
        const left = deck === null && (at < range.from || at > range.to + 10_000);
        if (left || (deck && !deck.clock.playing.get())) return;
        const next = keepUp(range, shown);
        if (next !== range) setRange(next);
    }, [at, deck, range]);
    const fit = useCallback((data: TimelineData): void => {
        if (fitted.current) return;
        fitted.current = true;
        const present = serverNow();
        const within = (before: Range): boolean => present >= before.from && present < before.to;
        setRange((before) => (within(before) ? opening(before, earliest(data), present) : before));
    }, []);
    const show = useCallback((next: Range): void => {
        touched.current = serverNow();
        fitted.current = true;
        setRange(next);
    }, []);
    return { range, show, fit };
}

function Neighbours({ list, index }: { list: Camera[]; index: number }) {
    const link = (to: Camera | undefined, label: string, icon: 'left' | 'right') =>
        to && (
            <a
                class="button quiet square"
                href={placeHash({ view: 'camera', camera: to.id, at: null })}
                aria-label={`${label}: ${to.name}`}
                title={to.name}
            >
                <Icon name={icon} />
            </a>
        );
    return (
        <nav class="neighbours">
            {link(list[index - 1], text.camera.previous, 'left')}
            {link(list[index + 1], text.camera.next, 'right')}
        </nav>
    );
}

function Head({ camera, list }: { camera: Camera; list: Camera[] }) {
    return (
        <div class="camera-head">
            <a class="back" href={placeHash({ view: 'wall' })}>
                <Icon name="left" /> {text.camera.back}
            </a>
            <h1>{camera.name}</h1>
            <Neighbours list={list} index={list.indexOf(camera)} />
        </div>
    );
}

// The keys that lead elsewhere.
function leaving(list: Camera[], camera: Camera): Record<string, () => void> {
    const neighbour = (by: number) => (): void => {
        const next = list[list.indexOf(camera) + by];
        if (next) go({ view: 'camera', camera: next.id, at: null });
    };
    return {
        p: neighbour(-1),
        n: neighbour(1),
        P: neighbour(-1),
        N: neighbour(1),
        Escape: () => go({ view: 'wall' }),
    };
}

// For a role that may not see the past.
function PresentCamera({ camera, list }: { camera: Camera; list: Camera[] }) {
    useKeys(
        useCallback<KeyHandler>(
            (key) => {
                const actions = leaving(list, camera);
                actions[key]?.();
                return key in actions;
            },
            [list, camera],
        ),
    );
    return (
        <main class="camera">
            <Head camera={camera} list={list} />
            <LiveStage camera={camera} />
            <aside class="about">
                <Facts camera={camera} />
                <p class="note">{text.camera.presentOnly}</p>
            </aside>
        </main>
    );
}

// The same instant of all cameras, and a film of it.
function Elsewhere({ camera, at }: { camera: Camera; at: () => number }) {
    const who = useValue(session);
    const mayExport = who !== null && who !== 'unknown' && exportsFilm(who.role);
    const leave = (exporting: boolean) => (): void => {
        const rest = reviewRest({ at: at(), cameras: [camera.id], exporting });
        go({ view: 'room', room: 'review', rest });
    };
    return (
        <>
            <button class="quiet" onClick={leave(false)} title={text.review.allCamerasNote}>
                <Icon name="review" /> {text.review.allCameras}
            </button>
            {mayExport && (
                <button class="quiet" onClick={leave(true)} title={text.review.exportNote}>
                    <Icon name="film" /> {text.review.export}
                </button>
            )}
        </>
    );
}

function WholeCamera({ camera, list, at }: { camera: Camera; list: Camera[]; at: number | null }) {
    const playback = usePlayback(at);
    const { deck, seek, jump, step, toggle, faster, live } = playback;
    const status = useDeckStatus(deck);
    useNoted(camera.id, deck, at);
    const { range, show, fit } = useRange(deck, at ?? serverNow());
    const { data, failed } = useTimeline(camera.id, range);
    useEffect(() => {
        if (data) fit(data);
    }, [data, fit]);
    const gaps = data?.gaps.filter((gap) => gap.to > range.from && gap.from < range.to) ?? [];
    const showGap = (gap: Gap): void => {
        const margin = Math.max(60_000, (gap.to - gap.from) * 2);
        show({ from: gap.from - margin, to: gap.to + margin });
    };

    useKeys(
        useCallback<KeyHandler>(
            (key, event) => {
                const onButton =
                    event.target instanceof HTMLElement &&
                    event.target.closest('button, a') !== null;
                const actions: Record<string, () => void> = {
                    ...leaving(list, camera),
                    ArrowLeft: () => jump(-jumpMs),
                    ArrowRight: () => jump(jumpMs),
                    ',': () => step(-1),
                    '.': () => step(1),
                    '-': () => faster(-1),
                    '+': () => faster(1),
                    '=': () => faster(1),
                    l: live,
                    L: live,
                    ...(onButton ? {} : { ' ': toggle }),
                };
                actions[key]?.();
                return key in actions;
            },
            [jump, step, faster, live, toggle, list, camera],
        ),
    );

    return (
        <main class="camera">
            <Head camera={camera} list={list} />
            {deck === null ? (
                <LiveStage camera={camera} />
            ) : (
                <ArchiveStage key={playback.take} camera={camera} deck={deck} />
            )}
            <Controls playback={playback} status={status}>
                <Elsewhere camera={camera} at={() => deck?.at ?? serverNow()} />
            </Controls>
            <Timeline
                camera={camera.id}
                range={range}
                data={data}
                failed={failed}
                playhead={() => deck?.at ?? null}
                onRange={show}
                onChoose={seek}
            />
            <aside class="about">
                <Facts camera={camera} />
                <Gaps gaps={gaps} onShow={showGap} />
            </aside>
        </main>
    );
}

export function CameraView({ camera: id, at }: { camera: string; at: number | null }) {
    const list = useValue(cameras);
    const who = useValue(session);
    if (!list)
        return (
            <main class="camera">
                <p class="empty">{text.wall.loading}</p>
            </main>
        );
    const camera = list.find((candidate) => candidate.id === id);
    if (!camera)
        return (
            <main class="camera">
                <p class="empty">
                    {text.camera.gone} <a href={placeHash({ view: 'wall' })}>{text.camera.back}</a>
                </p>
            </main>
        );
    if (who === null || who === 'unknown' || !seesPast(who.role))
        return <PresentCamera camera={camera} list={list} />;
    return <WholeCamera camera={camera} list={list} at={at} />;
}
