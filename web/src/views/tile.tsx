import { useEffect, useRef } from 'preact/hooks';
import { usePicture } from '../live/use';
import { statusWords } from '../live/words';
import { go, placeHash } from '../router';
import { serverNow } from '../state';
import { text } from '../text';
import type { Camera } from '../types';
import { toggleSpotlight, type Why } from '../wall/spotlight';
import { Icon } from './icon';
import { Picture } from './picture';

const doubleMs = 240; // a second click within it lights the tile instead of opening the camera

interface TileProps {
    camera: Camera;
    number: number;
    width: number; // CSS pixels
    chosen: boolean; // the one that Tab reaches
    lit: Why | null;
    onFocus: () => void;
}

// A mouse waits for a second click; a finger and a key open at once.
function useClicks(camera: string): (event: MouseEvent) => void {
    const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
    useEffect(() => () => clearTimeout(timer.current), []);
    return (event) => {
        const mouse = event instanceof PointerEvent && event.pointerType === 'mouse';
        if (!mouse || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        clearTimeout(timer.current);
        if (event.detail >= 2) toggleSpotlight(camera);
        else timer.current = setTimeout(() => go({ view: 'camera', camera, at: null }), doubleMs);
    };
}

export function Tile({ camera, number, width, chosen, lit, onFocus }: TileProps) {
    const { video, status, rendition } = usePicture(camera, width);
    const words = statusWords(camera, status, serverNow());
    return (
        <a
            class="tile"
            data-state={status.state}
            data-camera={camera.id}
            data-rendition={rendition}
            data-lit={lit ?? undefined}
            href={placeHash({ view: 'camera', camera: camera.id, at: null })}
            tabIndex={chosen ? 0 : -1}
            draggable={false}
            aria-label={text.wall.open(
                camera.name,
                words.detail ? `${words.short}, ${words.detail}` : words.short,
            )}
            onFocus={onFocus}
            onClick={useClicks(camera.id)}
        >
            <Picture
                video={video}
                label={text.picture.redacted}
                state={status.state}
                shown={status.shown}
                words={words}
            />
            <span class="caption">
                <span class="number">{number}</span>
                <span class="name">{camera.name}</span>
                <span class="state">{words.short}</span>
            </span>
        </a>
    );
}

interface HandlesProps {
    camera: Camera;
    large: boolean;
    first: boolean;
    last: boolean;
    onMove: (by: number) => void;
    onResize: () => void;
}

// Over a tile while the wall is being arranged: all that dragging does, by buttons, too.
export function Handles({ camera, large, first, last, onMove, onResize }: HandlesProps) {
    const name = camera.name;
    return (
        <div class="handles">
            <span class="grip" title={text.wall.drag} aria-hidden="true">
                <Icon name="grip" />
            </span>
            <strong>{name}</strong>
            <div class="handles-row">
                <button
                    class="square"
                    disabled={first}
                    aria-label={text.wall.earlier(name)}
                    title={text.wall.earlier(name)}
                    onClick={() => onMove(-1)}
                >
                    <Icon name="left" />
                </button>
                <button
                    class="square"
                    aria-pressed={large}
                    aria-label={text.wall.larger(name)}
                    title={text.wall.larger(name)}
                    onClick={onResize}
                >
                    <Icon name={large ? 'minus' : 'plus'} />
                </button>
                <button
                    class="square"
                    disabled={last}
                    aria-label={text.wall.later(name)}
                    title={text.wall.later(name)}
                    onClick={() => onMove(1)}
                >
                    <Icon name="right" />
                </button>
            </div>
        </div>
    );
}
