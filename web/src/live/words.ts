// A picture's state in words: a short one for the strip, and what more there is to say over the
// picture.
import { text } from '../text';
import { clockTime, duration } from '../time';
import type { Camera } from '../types';
import type { PictureStatus } from './status';

export interface StatusWords {
    short: string;
    title: string; // over the picture; empty while there is nothing to say
    detail: string;
}

// What the server says in English, in the page's language where it has words for it.
export function reasonWords(reason: string): string {
    return text.reasons[reason] ?? reason;
}

export function statusWords(camera: Camera, status: PictureStatus, now: number): StatusWords {
    const since = text.picture.since(clockTime(status.since));
    switch (status.state) {
        case 'live':
            return { short: text.picture.live, title: '', detail: '' };
        case 'late': {
            const words = text.picture.lateBy(duration(now - status.since));
            return { short: words, title: words, detail: '' };
        }
        case 'opaque':
            return {
                short: text.picture.opaque,
                title: text.picture.opaque,
                detail: reasonWords(status.reason),
            };
        case 'connecting':
            return {
                short: text.picture.connecting,
                title: text.picture.connecting,
                detail: reasonWords(status.reason),
            };
        case 'waiting':
            return {
                short: text.picture.waiting,
                title: text.picture.waiting,
                detail: reasonWords(status.reason),
            };
        case 'down': {
            const note =
                camera.state === 'recording' || camera.state === 'watching'
                    ? text.picture.downNote
                    : text.picture.downNoteNotRecording;
            return {
                short: `${text.picture.down} ${since}`,
                title: `${text.picture.down} ${since}`,
                detail: note,
            };
        }
        case 'lost': {
            const what = text.picture.lostBy[status.lostBy ?? 'feed'];
            return {
                short: `${what} ${since}`,
                title: what,
                detail: status.reason ? `${since} · ${reasonWords(status.reason)}` : since,
            };
        }
    }
}
