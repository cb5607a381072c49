// One camera: its picture live or from the archive, its day, what it is for.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type KeyHandler, useKeys } from '../keys';
import { stepSpeed } from '../player/clips';
import type { Player, PlayerStatus } from '../player/player';
import { go, noteTime, placeHash } from '../router';
import { cameras, now, serverNow, session } from '../state';
import { text } from '../text';
import { dayStart } from '../time';
import { day, keepUp, opening, type Range } from '../timeline/scale';
import { useTimeline } from '../timeline/use';
import { seesPast } from '../rights';
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

function usePlayerStatus(player: Player | null): PlayerStatus | null {
    const [status, setStatus] = useState<PlayerStatus | null>(null);
    useEffect(() => {
        setStatus(player?.status.get() ?? null);
        return player?.status.subscribe(setStatus);
    }, [player]);
    return status;
}

interface UsedRange {
    range: Range;
    show: (range: Range) => void;
    fit: (data: TimelineData) => void; // once, to what is known
}

interface Watching {
    start: number;
    take: number; // a new stage for each: a failed player is replaced, not repaired
}

// Live, or a time in the archive.
function useWatching(camera: string, at: number | null) {
    const [watching, setWatching] = useState<Watching | null>(
        at === null ? null : { start: at, take: 0 },
    );
    const [player, setPlayer] = useState<Player | null>(null);
    const seek = useCallback(
        (to: number) => {
            if (player && player.status.get().phase !== 'failed') player.seek(to);
            else setWatching((before) => ({ start: to, take: (before?.take ?? 0) + 1 }));
        },
        [player],
    );
    const live = useCallback(() => {
        setWatching(null);
        noteTime(camera, null);
    }, [camera]);
    useEffect(() => {
        if (!player) return undefined;
        const timer = setInterval(() => noteTime(camera, player.at), noteEveryMs);
        return () => clearInterval(timer);
    }, [player, camera]);
    return { watching, player, setPlayer, seek, live };
}

function earliest(data: TimelineData): number | null {
    const starts = [data.recorded[0]?.[0], data.redacted[0]?.[0], data.gaps[0]?.from];
    const known = starts.filter((start) => start !== undefined);
    return known.length > 0 ? Math.min(...known) : null;
}

// The visible stretch of time: a day to begin with. It moves on with the picture that is played,
// and with the present while that is in view.
function useRange(player: Player | null, start: number): UsedRange {
    const [range, setRange] = useState<Range>(() => today(start));
    const touched = useRef(0);
    const fitted = useRef(false);
    const at = useValue(now);
    useEffect(() => {
        const length = range.to - range.from;
        if (length >= day / 2 || at - touched.current < 4000) return;
        const shown = player ? player.at : at;
        const left = player === null && (at < range.from || at > range.to + 10_000);
        if (left || (player && !player.playing)) return;
        const next = keepUp(range, shown);
        if (next !== range) setRange(next);
    }, [at, player, range]);
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

function WholeCamera({ camera, list, at }: { camera: Camera; list: Camera[]; at: number | null }) {
    const { watching, player, setPlayer, seek, live } = useWatching(camera.id, at);
    const status = usePlayerStatus(player);
    const { range, show, fit } = useRange(player, at ?? serverNow());
    const { data, failed } = useTimeline(camera.id, range);
    useEffect(() => {
        if (data) fit(data);
    }, [data, fit]);
    const gaps = data?.gaps.filter((gap) => gap.to > range.from && gap.from < range.to) ?? [];

    const jump = useCallback(
        (ms: number) => seek(Math.min(serverNow(), (player?.at ?? serverNow()) + ms)),
        [player, seek],
    );
    const step = useCallback(
        (frames: number) => (player ? player.step(frames) : seek(serverNow() - jumpMs)),
        [player, seek],
    );
    const toggle = useCallback(() => {
        if (player?.playing) player.pause();
        else player?.play();
    }, [player]);
    const speed = useCallback(
        (by: 1 | -1) => player?.setSpeed(stepSpeed(player.speed.get(), by)),
        [player],
    );
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
                    '-': () => speed(-1),
                    '+': () => speed(1),
                    '=': () => speed(1),
                    l: live,
                    L: live,
                    ...(onButton ? {} : { ' ': toggle }),
                };
                actions[key]?.();
                return key in actions;
            },
            [jump, step, speed, live, toggle, list, camera],
        ),
    );

    return (
        <main class="camera">
            <Head camera={camera} list={list} />
            {watching === null ? (
                <LiveStage camera={camera} />
            ) : (
                <ArchiveStage
                    key={watching.take}
                    camera={camera}
                    start={watching.start}
                    onPlayer={setPlayer}
                />
            )}
            <Controls
                player={player}
                status={status}
                onToggle={toggle}
                onJump={jump}
                onStep={step}
                onLive={live}
            />
            <Timeline
                range={range}
                data={data}
                failed={failed}
                playhead={() => player?.at ?? null}
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
