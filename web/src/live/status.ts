// What a tile says about its picture: one state out of everything that is known. Pure.
import type { Camera, Veil } from '../types';

export type PictureState = 'connecting' | 'live' | 'late' | 'opaque' | 'waiting' | 'lost' | 'down';

export interface FeedStatus {
    open: boolean; // the socket is there
    startedAt: number; // when it was first asked for
    closedAt: number | null; // when it broke
    veil: Veil | null; // what the veil last said over this socket
    veilAt: number; // and since when
    frameAt: number | null; // when the last frame arrived; null until there is one to be seen
    lateMs: number | null; // how old the shown picture is, by the server's clock
}

export type LostBy = 'server' | 'camera' | 'feed';

export interface PictureStatus {
    state: PictureState;
    since: number; // server time, ms
    reason: string; // in the server's words; may be empty
    lostBy: LostBy | null;
    shown: boolean; // whether the picture may be seen: what is not known to be now is not shown as now
}

const lateFrameMs = 1500; // no frame for so long
const lateAgeMs = 3000; // or a frame so old
const patienceMs = 3000; // a feed that has not opened yet is "connecting" for so long

function is(
    state: PictureState,
    since: number,
    shown: boolean,
    reason = '',
    lostBy: LostBy | null = null,
): PictureStatus {
    return { state, since, reason, lostBy, shown };
}

export function pictureStatus(
    camera: Camera,
    feed: FeedStatus,
    serverLost: number | null,
    now: number,
): PictureStatus {
    if (serverLost !== null) return is('lost', serverLost, false, '', 'server');
    const veil = feed.veil ?? camera.veil;
    if (veil.state === 'down') return is('down', feed.veilAt, false, veil.reason);
    if (camera.state === 'waiting')
        return is('lost', camera.since_ms, false, camera.detail, 'camera');
    if (!feed.open) {
        if (feed.closedAt === null && now - feed.startedAt < patienceMs)
            return is('connecting', feed.startedAt, false);
        if (feed.closedAt !== null && now - feed.closedAt < 1000)
            return is('connecting', feed.closedAt, false);
        return is('lost', feed.closedAt ?? feed.startedAt, false, '', 'feed');
    }
    if (camera.state === 'connecting')
        return is('connecting', camera.since_ms, false, camera.detail);
    if (veil.state === 'waiting') return is('waiting', feed.veilAt, false, veil.reason);
    if (feed.frameAt === null) {
        return now - feed.startedAt < patienceMs
            ? is('connecting', feed.startedAt, false)
            : is('waiting', feed.startedAt, false);
    }
    if (now - feed.frameAt > lateFrameMs) return is('late', feed.frameAt, true);
    if (veil.state === 'opaque') return is('opaque', feed.veilAt, true, veil.reason);
    if (feed.lateMs !== null && feed.lateMs > lateAgeMs) return is('late', now - feed.lateMs, true);
    return is('live', camera.since_ms, true);
}
