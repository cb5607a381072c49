import { usePicture } from '../live/use';
import { statusWords } from '../live/words';
import { placeHash } from '../router';
import { serverNow } from '../state';
import { text } from '../text';
import type { Camera } from '../types';
import { Picture } from './picture';

interface TileProps {
    camera: Camera;
    number: number;
    width: number; // CSS pixels
    chosen: boolean; // the one that Tab reaches
    onFocus: () => void;
}

export function Tile({ camera, number, width, chosen, onFocus }: TileProps) {
    const { video, status, rendition } = usePicture(camera, width);
    const words = statusWords(camera, status, serverNow());
    return (
        <a
            class="tile"
            data-state={status.state}
            data-camera={camera.id}
            data-rendition={rendition}
            href={placeHash({ view: 'camera', camera: camera.id, at: null })}
            tabIndex={chosen ? 0 : -1}
            aria-label={text.wall.open(
                camera.name,
                words.detail ? `${words.short}, ${words.detail}` : words.short,
            )}
            onFocus={onFocus}
        >
            <Picture
                video={video}
                label={text.picture.redacted}
                state={status.state}
                shown={status.shown}
                words={words}
            />
            <span class="caption">
                {number <= 9 && <span class="number">{number}</span>}
                <span class="name">{camera.name}</span>
                <span class="state">{words.short}</span>
            </span>
        </a>
    );
}
