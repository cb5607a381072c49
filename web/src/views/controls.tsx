// Playback: play and pause, jumps, frames, speed, and the way back to live.
import { speeds } from '../player/clips';
import type { Player, PlayerStatus } from '../player/player';
import { text } from '../text';
import { useValue } from '../value';
import { Icon } from './icon';

interface ControlsProps {
    player: Player | null; // null: live
    status: PlayerStatus | null;
    onToggle: () => void;
    onJump: (ms: number) => void;
    onStep: (frames: number) => void;
    onLive: () => void;
}

function Speed({ player }: { player: Player }) {
    const speed = useValue(player.speed);
    return (
        <label class="speed">
            <span class="unseen">{text.player.speed}</span>
            <select
                value={String(speed)}
                onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}
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

export function Controls({ player, status, onToggle, onJump, onStep, onLive }: ControlsProps) {
    const paused = player !== null && (status?.phase === 'paused' || !player.playing);
    return (
        <div class="controls">
            <button
                class="quiet square"
                aria-label={text.player.back}
                title={text.player.back}
                onClick={() => onJump(-10_000)}
            >
                <Icon name="back" />
            </button>
            <button
                class="quiet square"
                aria-label={text.player.frameBack}
                title={text.player.frameBack}
                onClick={() => onStep(-1)}
            >
                <Icon name="frameBack" />
            </button>
            <button
                class="square play"
                aria-label={paused ? text.player.play : text.player.pause}
                title={paused ? text.player.play : text.player.pause}
                disabled={!player}
                onClick={onToggle}
            >
                <Icon name={paused ? 'play' : 'pause'} />
            </button>
            <button
                class="quiet square"
                aria-label={text.player.frameForward}
                title={text.player.frameForward}
                disabled={!player}
                onClick={() => onStep(1)}
            >
                <Icon name="frameForward" />
            </button>
            <button
                class="quiet square"
                aria-label={text.player.forward}
                title={text.player.forward}
                disabled={!player}
                onClick={() => onJump(10_000)}
            >
                <Icon name="forward" />
            </button>
            {player && <Speed player={player} />}
            <button
                class="live-button"
                aria-pressed={!player}
                onClick={onLive}
                title={text.player.toLive}
            >
                <span class="live-dot" /> {text.player.live}
            </button>
        </div>
    );
}
