// The originals in the page: one camera at a time, the request's number across the picture.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useKeys } from '../keys';
import { cameras as cameraList } from '../state';
import { text } from '../text';
import { clockTime, dayName } from '../time';
import { useValue } from '../value';
import { Icon } from '../views/icon';
import type { OpeningRequest } from './api';
import type { Opening } from './crypto/client';
import { OriginalFilm, type Part, type Phase } from './film';
import { vaultWords } from './failure';
import { CameraPick } from './preview';
import { sealedSource } from './sealed';
import { Watermark } from './watermark';

const words = text.vault.viewer;
const speeds = [0.5, 1, 2, 4];
const jumpSeconds = 10;

// The segments of a camera on the range's media time.
export function partsOf(opening: Opening, camera: string, fromMs: number): Part[] {
    return opening.segments
        .map((segment, index) => ({ segment, index }))
        .filter(
            ({ segment, index }) => segment.camera === camera && !opening.shredded.includes(index),
        )
        .map(({ segment, index }) => ({
            index,
            from: segment.startUs / 1e6 - fromMs / 1000,
            to: segment.endUs / 1e6 - fromMs / 1000,
        }))
        .sort((a, b) => a.from - b.from);
}

// Media time is not negative: it begins with the first segment, which may begin before the range.
export function zeroOf(opening: Opening, fromMs: number): number {
    return Math.min(fromMs, ...opening.segments.map(({ startUs }) => Math.floor(startUs / 1000)));
}

function phaseWords(phase: Phase): string {
    switch (phase.kind) {
        case 'shown':
            return '';
        case 'unplayable':
            return words.unplayable(/^h[ve][cv]1/.test(phase.codec) ? 'H.265' : phase.codec);
        case 'failed':
            return `${words.failed} ${vaultWords(phase.error)}`;
        default:
            return words.phases[phase.kind];
    }
}

interface ViewerProps {
    request: OpeningRequest;
    who: string;
    opening: Opening;
}

// Another camera goes on where the one before stood.
function useFilm(
    { request, opening }: ViewerProps,
    camera: string,
    zero: number,
    from: { current: number },
) {
    const video = useRef<HTMLVideoElement>(null);
    const [film, setFilm] = useState<OriginalFilm | null>(null);
    useEffect(() => {
        if (!video.current) return undefined;
        const made = new OriginalFilm(
            video.current,
            opening,
            (segment) => sealedSource(request.number, segment),
            partsOf(opening, camera, zero),
            from.current,
        );
        setFilm(made);
        return () => {
            from.current = made.at;
            made.destroy();
        };
    }, [opening, camera]);
    return { video, film };
}

function usePhase(film: OriginalFilm | null): { phase: Phase; sound: boolean } {
    const [phase, setPhase] = useState<Phase>({ kind: 'loading' });
    const [sound, setSound] = useState(true);
    useEffect(() => {
        if (!film) return undefined;
        setPhase(film.phase.get());
        setSound(film.sound.get());
        const ends = [film.phase.subscribe(setPhase), film.sound.subscribe(setSound)];
        return () => {
            for (const end of ends) end();
        };
    }, [film]);
    return { phase, sound };
}

// What the video does, as the bar shows it. Segments begin before what was asked for and end after
// it: playback does not.
function useClock(
    film: OriginalFilm | null,
    video: { current: HTMLVideoElement | null },
    last: number,
) {
    const [at, setAt] = useState(0);
    const [playing, setPlaying] = useState(false);
    useEffect(() => {
        const timer = setInterval(() => {
            const element = video.current;
            if (element && element.currentTime > last) {
                element.pause();
                film?.seek(last);
            }
            setAt(element?.currentTime ?? 0);
            setPlaying(element ? !element.paused : false);
        }, 200);
        return () => clearInterval(timer);
    }, [film, last]);
    return { at, playing };
}

export function Viewer(props: ViewerProps) {
    const { request, who, opening } = props;
    const list = useValue(cameraList);
    const [camera, setCamera] = useState(request.cameras[0] ?? '');
    const [speed, setSpeed] = useState(1);
    const zero = zeroOf(opening, request.from_ms);
    const first = (request.from_ms - zero) / 1000;
    const last = (request.to_ms - zero) / 1000;
    const frame = useRef<HTMLDivElement>(null);
    const from = useRef(first);
    const { video, film } = useFilm(props, camera, zero, from);
    const { phase, sound } = usePhase(film);
    const { at, playing } = useClock(film, video, last);
    const name = (id: string): string => list?.find((each) => each.id === id)?.name ?? id;

    useEffect(() => {
        if (video.current) video.current.playbackRate = speed;
    }, [speed, film]);

    const toggle = (): void => {
        const element = video.current;
        if (!element) return;
        if (element.paused)
            void element.play().catch(() => {}); // the button says what it does
        else element.pause();
    };
    const seek = (to: number): void => film?.seek(Math.min(last, Math.max(first, to)));
    const jump = (by: number): void => seek((video.current?.currentTime ?? first) + by);
    useKeys((key, event) => {
        const onButton = (event.target as HTMLElement | null)?.closest('button, a') != null;
        const act = {
            ...(onButton ? {} : { ' ': toggle }),
            ArrowLeft: () => jump(-jumpSeconds),
            ArrowRight: () => jump(jumpSeconds),
        }[key];
        act?.();
        return act !== undefined;
    });
    const instant = zero + at * 1000;
    const told = phaseWords(phase);
    const shape = list?.find(({ id }) => id === camera);
    useEffect(() => {
        const { width, height } = shape ?? { width: 16, height: 9 };
        if (height > 0) frame.current?.style.setProperty('--aspect', `${width} / ${height}`);
    }, [shape?.width, shape?.height]);
    const full = (): void =>
        void (document.fullscreenElement
            ? document.exitFullscreen()
            : frame.current?.requestFullscreen?.());
    return (
        <section class="vault-viewer" aria-label={words.title}>
            <CameraPick
                cameras={request.cameras.map((id) => ({ id, name: name(id) }))}
                chosen={camera}
                onChoose={setCamera}
            />
            <div ref={frame} class="vault-original" data-phase={phase.kind}>
                <video
                    key={camera}
                    ref={video}
                    muted
                    playsInline
                    disablePictureInPicture
                    aria-label={words.picture(name(camera), request.number)}
                />
                <Watermark line={`${text.vault.numbered(request.number)} ${who}`} />
                {told && <p class="vault-told">{told}</p>}
            </div>
            <div class="vault-bar">
                <button
                    class="square"
                    aria-label={playing ? text.player.pause : text.player.play}
                    onClick={toggle}
                >
                    <Icon name={playing ? 'pause' : 'play'} />
                </button>
                <button
                    class="quiet square"
                    aria-label={text.player.back}
                    onClick={() => jump(-jumpSeconds)}
                >
                    <Icon name="back" />
                </button>
                <button
                    class="quiet square"
                    aria-label={text.player.forward}
                    onClick={() => jump(jumpSeconds)}
                >
                    <Icon name="forward" />
                </button>
                <input
                    type="range"
                    min={first}
                    max={last}
                    step="any"
                    value={at}
                    aria-label={text.vault.position}
                    aria-valuetext={clockTime(instant)}
                    onInput={(event) => seek(Number(event.currentTarget.value))}
                />
                <time dateTime={new Date(instant).toISOString()}>
                    {dayName(instant)} <b>{clockTime(instant)}</b>
                </time>
                <label class="speed">
                    <span class="unseen">{text.player.speed}</span>
                    <select
                        value={String(speed)}
                        onChange={(event) => setSpeed(Number(event.currentTarget.value))}
                    >
                        {speeds.map((each) => (
                            <option key={each} value={String(each)}>
                                {text.player.times(each)}
                            </option>
                        ))}
                    </select>
                </label>
                <button class="quiet square" aria-label={words.full} onClick={full}>
                    <Icon name="full" />
                </button>
            </div>
            {!sound && <p class="note">{words.noSound}</p>}
        </section>
    );
}
