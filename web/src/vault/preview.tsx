// The redacted picture of just the time that a request asks for, one camera at a time.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useDeckStatus } from '../player/use';
import { Deck } from '../player/deck';
import { now } from '../state';
import { text } from '../text';
import { clockTime, dayName } from '../time';
import type { Camera } from '../types';
import { useValue } from '../value';
import { Icon } from '../views/icon';
import { KeyFrames, useDeckPlayer } from '../views/stage';
import { Picture } from '../views/picture';

const words = text.vault;

interface PickProps {
    cameras: readonly { id: string; name: string }[];
    chosen: string;
    onChoose: (camera: string) => void;
}

// Which of the cameras is shown; nothing to pick from where there is one.
export function CameraPick({ cameras, chosen, onChoose }: PickProps) {
    if (cameras.length < 2) return null;
    return (
        <div class="vault-pick" role="group" aria-label={words.pick}>
            {cameras.map(({ id, name }) => (
                <button
                    key={id}
                    type="button"
                    class="quiet"
                    aria-pressed={id === chosen}
                    onClick={() => onChoose(id)}
                >
                    {name}
                </button>
            ))}
        </div>
    );
}

// The deck that plays the range: it shows the first picture there is, waits for somebody to play
// on, and stops at the range's end. `nothing`: there is no picture in all of it.
function useRangeDeck(from: number, to: number): { deck: Deck; nothing: boolean } {
    const [nothing, setNothing] = useState(false);
    const deck = useMemo(() => new Deck(from, () => {}), [from, to]);
    useEffect(() => {
        let begun = false;
        setNothing(false);
        const begin = deck.status.subscribe(({ phase }) => {
            if (begun || phase !== 'playing') return;
            begun = true;
            deck.pause();
        });
        const timer = setInterval(() => {
            if (deck.at < to || !deck.clock.playing.get()) return;
            deck.pause();
            if (begun) deck.seek(from);
            else setNothing(true);
        }, 100);
        return () => {
            begin();
            clearInterval(timer);
            deck.destroy();
        };
    }, [deck]);
    return { deck, nothing };
}

interface PictureProps {
    deck: Deck;
    camera: Camera;
    none: boolean;
}

function DeckPicture({ deck, camera, none }: PictureProps) {
    const { video, canvas, player } = useDeckPlayer(deck, camera.id);
    const status = useDeckStatus(deck) ?? deck.status.get();
    const nothing = none || (status.phase === 'ended' && status.nothing);
    const failed = status.phase === 'failed';
    const title = nothing ? words.previewNone : failed ? text.player.failed : '';
    const { width, height } = camera.veil;
    const shape = (element: HTMLDivElement | null): void =>
        element?.style.setProperty('--aspect', height > 0 ? `${width} / ${height}` : '4 / 3');
    return (
        <div ref={shape} class="vault-picture" data-phase={status.phase}>
            <Picture
                video={video}
                label={`${camera.name}: ${text.picture.redactedArchive}`}
                state="archive"
                shown={!nothing && !failed}
                words={{ short: '', title, detail: '' }}
            >
                <KeyFrames canvas={canvas} player={player} />
            </Picture>
        </div>
    );
}

function Bar({ deck, from, to }: { deck: Deck; from: number; to: number }) {
    useValue(now);
    const playing = useValue(deck.clock.playing);
    const at = Math.min(Math.max(deck.at, from), to);
    const label = playing ? text.player.pause : text.player.play;
    return (
        <div class="vault-bar">
            <button
                type="button"
                class="square"
                aria-label={label}
                title={label}
                onClick={() => deck.toggle()}
            >
                <Icon name={playing ? 'pause' : 'play'} />
            </button>
            <input
                type="range"
                min={from}
                max={to}
                step={1000}
                value={at}
                aria-label={words.position}
                aria-valuetext={clockTime(at)}
                onInput={(event) => deck.seek(Number(event.currentTarget.value))}
            />
            <time dateTime={new Date(at).toISOString()}>
                {dayName(at)} <b>{clockTime(at)}</b>
            </time>
        </div>
    );
}

interface PreviewProps {
    cameras: readonly Camera[];
    from: number;
    to: number;
}

export function Preview({ cameras, from, to }: PreviewProps) {
    const { deck, nothing } = useRangeDeck(from, to);
    const [wanted, setWanted] = useState('');
    const camera = cameras.find(({ id }) => id === wanted) ?? cameras[0];
    if (!camera) return <p class="vault-blank note">{words.previewNoCamera}</p>;
    return (
        <section class="vault-preview" aria-label={words.preview}>
            <CameraPick cameras={cameras} chosen={camera.id} onChoose={setWanted} />
            <DeckPicture
                key={`${camera.id} ${from} ${to}`}
                deck={deck}
                camera={camera}
                none={nothing}
            />
            <Bar deck={deck} from={from} to={to} />
            <p class="note">{words.previewNote}</p>
        </section>
    );
}
