// The large picture of a camera's page: either the live one or the archive's. Each has a video
// element of its own, so that neither can show under the other's name.
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PictureState } from '../live/status';
import { usePicture } from '../live/use';
import { type StatusWords, statusWords } from '../live/words';
import type { Deck, DeckStatus } from '../player/deck';
import type { Player } from '../player/player';
import { useDeckStatus } from '../player/use';
import { now, serverNow } from '../state';
import { text } from '../text';
import { clockTime, dayName } from '../time';
import type { Camera } from '../types';
import { decimal } from '../units';
import { useValue } from '../value';
import { Picture } from './picture';

function Caption({ state, at, note }: { state: string; at: number; note: string }) {
    return (
        <p class="stage-caption">
            <strong class="state">{state}</strong>
            <time dateTime={new Date(at).toISOString()}>
                {dayName(at)} <b>{clockTime(at)}</b>
            </time>
            <span class="note">{note}</span>
        </p>
    );
}

export function LiveStage({ camera }: { camera: Camera }) {
    const { video, status, rendition, lateMs } = usePicture(camera, Infinity);
    const words = statusWords(camera, status, serverNow());
    const visible = status.shown && lateMs !== null;
    const behind = visible ? text.camera.behind(decimal(lateMs / 1000)) : '';
    const note = rendition === 'thin' ? `${text.camera.thin} ${behind}` : behind;
    return (
        <div class="stage" data-state={status.state} data-rendition={rendition}>
            <Picture
                video={video}
                label={text.picture.redacted}
                state={status.state}
                shown={status.shown}
                words={words}
            />
            <Caption state={words.short} at={serverNow() - (visible ? lateMs : 0)} note={note} />
        </div>
    );
}

function archiveWords(status: DeckStatus): StatusWords {
    const none = { title: '', detail: '' };
    switch (status.phase) {
        case 'playing':
            return { short: text.player.playing, ...none };
        case 'paused':
            return { short: text.player.paused, ...none };
        case 'loading':
            return { short: text.player.loading, ...none };
        case 'ended': {
            const title = status.nothing ? text.player.none : text.player.caughtUp;
            return { short: text.player.playing, title, detail: '' };
        }
        case 'failed':
            return { short: text.player.failed, title: text.player.failed, detail: '' };
    }
}

// A player of the deck in the elements it shows its pictures in, for as long as they are there.
export function useDeckPlayer(deck: Deck, camera: string) {
    const video = useRef<HTMLVideoElement>(null);
    const canvas = useRef<HTMLCanvasElement>(null);
    const [player, setPlayer] = useState<Player | null>(null);
    useEffect(() => {
        if (!video.current || !canvas.current) return undefined;
        const made = deck.add(camera, video.current, canvas.current);
        setPlayer(made);
        return () => deck.remove(made);
    }, [deck, camera]);
    return { video, canvas, player };
}

// Shows key frames in the place of the video while playback is too fast for it.
export function KeyFrames({
    canvas,
    player,
}: {
    canvas: RefObject<HTMLCanvasElement>;
    player: Player | null;
}) {
    const [fast, setFast] = useState(false);
    useEffect(() => {
        setFast(player?.fast.get() ?? false);
        return player?.fast.subscribe(setFast);
    }, [player]);
    return <canvas ref={canvas} class="key-frames" hidden={!fast} aria-hidden="true" />;
}

export function ArchiveStage({ camera, deck }: { camera: Camera; deck: Deck }) {
    const { video, canvas, player } = useDeckPlayer(deck, camera.id);
    const status = useDeckStatus(deck) ?? deck.status.get();
    useValue(now); // the caption's time moves on
    const words = archiveWords(status);
    const { skippedTo } = status;
    const note = skippedTo === null ? '' : text.player.skipped(clockTime(skippedTo));
    const shown = !(status.phase === 'ended' && status.nothing) && status.phase !== 'failed';
    const state: PictureState | 'archive' = 'archive';
    return (
        <div class="stage" data-state={state} data-phase={status.phase}>
            <Picture
                video={video}
                label={text.picture.redactedArchive}
                state={state}
                shown={shown}
                words={words}
            >
                <KeyFrames canvas={canvas} player={player} />
            </Picture>
            <Caption state={words.short} at={deck.at} note={note} />
        </div>
    );
}
