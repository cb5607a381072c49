// The large picture of a camera's page: either the live one or the archive's. Each has a video
// element of its own, so that neither can show under the other's name.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { PictureState } from '../live/status';
import { usePicture } from '../live/use';
import { type StatusWords, statusWords } from '../live/words';
import { blankStatus, Player, type PlayerStatus } from '../player/player';
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

function archiveWords(status: PlayerStatus): StatusWords {
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

function archiveNote({ skippedTo, newest }: PlayerStatus): string {
    if (skippedTo !== null) return text.player.skipped(clockTime(skippedTo));
    return newest === null ? '' : text.player.newest(clockTime(newest));
}

interface ArchiveProps {
    camera: Camera;
    start: number;
    onPlayer: (player: Player | null) => void;
}

export function ArchiveStage({ camera, start, onPlayer }: ArchiveProps) {
    const video = useRef<HTMLVideoElement>(null);
    const [player, setPlayer] = useState<Player | null>(null);
    const [status, setStatus] = useState<PlayerStatus>(blankStatus);
    const fps = useRef(camera.fps);
    fps.current = camera.fps;
    useValue(now); // the caption's time moves on
    useEffect(() => {
        if (!video.current) return undefined;
        const made = new Player(camera.id, video.current, start, () => fps.current);
        const unsubscribe = made.status.subscribe(setStatus);
        setPlayer(made);
        onPlayer(made);
        return () => {
            unsubscribe();
            made.destroy();
            onPlayer(null);
        };
    }, []);

    const words = archiveWords(status);
    const note = archiveNote(status);
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
            />
            <Caption state={words.short} at={player?.at ?? start} note={note} />
        </div>
    );
}
