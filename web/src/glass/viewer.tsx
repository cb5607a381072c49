// One camera at a time, in the clear: live, or from any moment of the last quarter of an hour.
import { useEffect, useRef, useState } from 'preact/hooks';
import { cameras as cameraList, now } from '../state';
import { text } from '../text';
import { clockTime } from '../time';
import { codecName } from '../units';
import { useValue } from '../value';
import type { GlassWorker } from '../vault/crypto/client';
import { Watermark } from '../vault/watermark';
import { Icon } from '../views/icon';
import type { Broken } from './api';
import { GlassFilm, type GlassPhase } from './film';

const words = text.glass.running;
const backMs = 15 * 60_000;
const steps = [1, 5, 15]; // minutes

function phaseWords(phase: GlassPhase): string {
    switch (phase.kind) {
        case 'unplayable':
            return words.unplayable(codecName(phase.codec));
        case 'failed':
            return words.failed;
        default:
            return words.phases[phase.kind];
    }
}

function useFilm(camera: string, worker: GlassWorker, zeroMs: number) {
    const video = useRef<HTMLVideoElement>(null);
    const [film, setFilm] = useState<GlassFilm | null>(null);
    const [phase, setPhase] = useState<GlassPhase>({ kind: 'loading' });
    const [live, setLive] = useState(true);
    useEffect(() => {
        if (!video.current || !camera) return undefined;
        const made = new GlassFilm(video.current, camera, worker, zeroMs);
        setFilm(made);
        setPhase(made.phase.get());
        setLive(true);
        const ends = [made.phase.subscribe(setPhase), made.live.subscribe(setLive)];
        return () => {
            for (const end of ends) end();
            made.destroy();
        };
    }, [camera, worker]);
    return { video, film, phase, live };
}

// What the video does, as often as an eye needs it.
function useClock(film: GlassFilm | null): { at: number | null; playing: boolean } {
    const [at, setAt] = useState<number | null>(null);
    const [playing, setPlaying] = useState(true);
    useEffect(() => {
        const timer = setInterval(() => {
            setAt(film?.atMs ?? null);
            setPlaying(film?.playing ?? true);
        }, 200);
        return () => clearInterval(timer);
    }, [film]);
    return { at, playing };
}

export function GlassViewer({ broken, worker }: { broken: Broken; worker: GlassWorker }) {
    const list = useValue(cameraList);
    const kept = list?.filter((camera) => camera.state !== 'watching') ?? [];
    const [chosen, setChosen] = useState('');
    const camera = chosen || kept[0]?.id || '';
    const zeroMs = broken.since_ms - 2 * backMs; // media time is not negative, whatever is shown
    const { video, film, phase, live } = useFilm(camera, worker, zeroMs);
    const { at, playing } = useClock(film);
    const present = useValue(now);
    const first = broken.since_ms - backMs;
    const name = kept.find(({ id }) => id === camera)?.name ?? camera;
    const told = phaseWords(phase);
    return (
        <section class="glass-viewer">
            <label class="glass-camera">
                <span>{words.camera}</span>
                <select value={camera} onChange={(event) => setChosen(event.currentTarget.value)}>
                    {kept.map(({ id, name: title }) => (
                        <option key={id} value={id}>
                            {title}
                        </option>
                    ))}
                </select>
            </label>
            <div class="glass-picture" data-phase={phase.kind}>
                <video
                    key={camera}
                    ref={video}
                    muted
                    playsInline
                    disablePictureInPicture
                    aria-label={words.picture(name)}
                />
                <Watermark line={words.mark(broken.number, broken.who)} />
                {told && <p class="glass-told">{told}</p>}
                {live && phase.kind === 'shown' && <span class="glass-live">{words.live}</span>}
            </div>
            <div class="glass-controls">
                <button
                    class="square"
                    aria-label={playing ? text.player.pause : text.player.play}
                    onClick={() => film?.toggle()}
                >
                    <Icon name={playing ? 'pause' : 'play'} />
                </button>
                {steps.toReversed().map((minutes) => (
                    <button
                        key={minutes}
                        onClick={() =>
                            film?.seek(Math.max(first, (at ?? present) - minutes * 60_000))
                        }
                    >
                        {words.back(minutes)}
                    </button>
                ))}
                <input
                    type="range"
                    min={first}
                    max={present}
                    step={1000}
                    value={at ?? present}
                    aria-label={words.position}
                    aria-valuetext={clockTime(at ?? present)}
                    onChange={(event) => film?.seek(Number(event.currentTarget.value))}
                />
                <time dateTime={new Date(at ?? present).toISOString()}>
                    {clockTime(at ?? present)}
                </time>
                <button class="glass-to-live" aria-pressed={live} onClick={() => film?.seek(null)}>
                    {live ? words.live : words.toLive}
                </button>
            </div>
        </section>
    );
}
