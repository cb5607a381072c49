// Playback: play and pause, jumps, frames, speed, and the way back to live.
import type { ComponentChildren } from 'preact';
import { speeds } from '../player/clips';
import type { Deck, DeckStatus } from '../player/deck';
import type { Playback } from '../player/use';
import { text } from '../text';
import { useValue } from '../value';
import { Icon } from './icon';

interface ControlsProps {
    playback: Playback;
    status: DeckStatus | null;
    children?: ComponentChildren; // what a view adds
}

function Speed({ deck }: { deck: Deck }) {
    const speed = useValue(deck.clock.speed);
    return (
        <label class="speed">
            <span class="unseen">{text.player.speed}</span>
            <select
                value={String(speed)}
                onChange={(event) => deck.clock.setSpeed(Number(event.currentTarget.value))}
            >
                {speeds.map((value) => (
                    <option key={value} value={String(value)}>
                        {text.player.times(value)}
                    </option>
                ))}
            </select>
        </label>
    );
}

export function Controls({ playback, status, children }: ControlsProps) {
    const { deck } = playback;
    const paused = deck !== null && (status?.phase === 'paused' || !deck.clock.playing.get());
    return (
        <div class="controls">
            <button
                class="quiet square"
                aria-label={text.player.back}
                title={text.player.back}
                onClick={() => playback.jump(-10_000)}
            >
                <Icon name="back" />
            </button>
            <button
                class="quiet square"
                aria-label={text.player.frameBack}
                title={text.player.frameBack}
                onClick={() => playback.step(-1)}
            >
                <Icon name="frameBack" />
            </button>
            <button
                class="square play"
                aria-label={paused ? text.player.play : text.player.pause}
                title={paused ? text.player.play : text.player.pause}
                disabled={!deck}
                onClick={playback.toggle}
            >
                <Icon name={paused ? 'play' : 'pause'} />
            </button>
            <button
                class="quiet square"
                aria-label={text.player.frameForward}
                title={text.player.frameForward}
                disabled={!deck}
                onClick={() => playback.step(1)}
            >
                <Icon name="frameForward" />
            </button>
            <button
                class="quiet square"
                aria-label={text.player.forward}
                title={text.player.forward}
                disabled={!deck}
                onClick={() => playback.jump(10_000)}
            >
                <Icon name="forward" />
            </button>
            {deck && <Speed deck={deck} />}
            <button
                class="live-button"
                aria-pressed={!deck}
                onClick={playback.live}
                title={text.player.toLive}
            >
                <span class="live-dot" /> {text.player.live}
            </button>
            {children}
        </div>
    );
}
