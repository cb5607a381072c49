// The live picture of a camera in a component: runs while its element can be seen, rests otherwise.
import { type RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { wish } from '../settings';
import { lostSince, now, serverNow } from '../state';
import type { Camera } from '../types';
import { useValue } from '../value';
import { slowLink } from './link';
import { pickRendition, type Rendition } from './rendition';
import { type PictureStatus, pictureStatus } from './status';
import { LiveView } from './view';

const restAfterMs = 1500; // a glance away costs no rejoin

// Whether an open dialog lies over all of it.
function covered(element: Element): boolean {
    const dialog = document.querySelector('dialog[open]');
    if (!dialog || dialog.contains(element)) return false;
    const over = dialog.getBoundingClientRect();
    const own = element.getBoundingClientRect();
    return (
        own.left >= over.left &&
        own.right <= over.right &&
        own.top >= over.top &&
        own.bottom <= over.bottom
    );
}

function whileSeen(element: Element, seen: () => void, unseen: () => void): () => void {
    let inView = false;
    let running = false;
    let aim = false; // what `running` becomes, at once or after the pause
    let timer: ReturnType<typeof setTimeout> | undefined;
    const decide = (): void => {
        const wanted = inView && !document.hidden && !covered(element);
        if (wanted === aim) return;
        aim = wanted;
        clearTimeout(timer);
        if (wanted === running) return;
        const change = (): void => {
            running = wanted;
            (wanted ? seen : unseen)();
        };
        if (wanted) change();
        else timer = setTimeout(change, restAfterMs);
    };
    const observer = new IntersectionObserver((entries) => {
        inView = entries.at(-1)?.isIntersecting ?? false;
        decide();
    });
    observer.observe(element);
    document.addEventListener('visibilitychange', decide);
    const endTicks = now.subscribe(decide); // dialogs come and go without an event
    return () => {
        endTicks();
        clearTimeout(timer);
        observer.disconnect();
        document.removeEventListener('visibilitychange', decide);
    };
}

export interface UsedPicture {
    video: RefObject<HTMLVideoElement>;
    status: PictureStatus;
    rendition: Rendition;
    lateMs: number | null;
}

// `width` is how wide it is shown, in CSS pixels.
export function usePicture(camera: Camera, width: number): UsedPicture {
    const video = useRef<HTMLVideoElement>(null);
    const [view, setView] = useState<LiveView | null>(null);
    const [, redraw] = useState(0);
    const at = useValue(now);
    const lost = useValue(lostSince);
    const rendition = pickRendition(useValue(wish), width, useValue(slowLink));

    useEffect(() => {
        const element = video.current;
        if (!element) return undefined;
        const live = new LiveView(camera.id, rendition, element);
        const endStatus = live.status.subscribe(() => redraw((n) => n + 1));
        const endSeen = whileSeen(
            element,
            () => live.resume(),
            () => live.pause(),
        );
        setView(live);
        return () => {
            endSeen();
            endStatus();
            live.destroy();
            setView(null);
        };
    }, [camera.id, rendition]);

    const feed = view?.sample() ?? {
        open: false,
        startedAt: serverNow(),
        closedAt: null,
        veil: null,
        veilAt: at,
        frameAt: null,
        lateMs: null,
    };
    return {
        video,
        rendition,
        status: pictureStatus(camera, feed, lost, Math.max(at, serverNow())),
        lateMs: feed.lateMs,
    };
}
