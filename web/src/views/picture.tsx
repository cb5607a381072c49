// The redacted picture of a camera with its state: the same in a tile and on the camera's own page.
import { type ComponentChildren, type RefObject } from 'preact';
import type { PictureState } from '../live/status';
import type { StatusWords } from '../live/words';

interface PictureProps {
    video: RefObject<HTMLVideoElement>;
    label: string;
    state: PictureState | 'archive';
    shown: boolean;
    words: StatusWords;
    children?: ComponentChildren;
}

export function Picture({ video, label, state, shown, words, children }: PictureProps) {
    return (
        <div class="picture" data-state={state}>
            <video
                ref={video}
                class={shown ? 'shown' : 'blanked'}
                muted
                playsInline
                disablePictureInPicture
                aria-label={label}
                tabIndex={-1}
            />
            {!shown && <div class="gauze" />}
            {words.title && (
                <div class="picture-words">
                    <strong>{words.title}</strong>
                    {words.detail && <span>{words.detail}</span>}
                </div>
            )}
            {children}
            <div class="state-line" />
        </div>
    );
}
