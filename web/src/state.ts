// What the desk knows, and the one place that asks for it. Views read these values and never poll.
import { api, ApiError, LinkError, whenSignedOut } from './api';
import { backoffMs } from './backoff';
import { type Glass, glassApi } from './glass/api';
import type { Camera, Health, SecondStep, Session, Site } from './types';
import { Value } from './value';

// "unknown" until the first answer: neither the sign-in nor the desk is shown before it.
export const session = new Value<Session | null | 'unknown'>('unknown');
export const site = new Value<Site | null>(null);
export const cameras = new Value<Camera[] | null>(null);
export const health = new Value<Health | null>(null);
// How break-glass stands; null until it is known, and where the site has none of it.
export const glass = new Value<Glass | null>(null);
// When the server was last heard before it fell silent; null while it answers.
export const lostSince = new Value<number | null>(null);
// Ticks for what ages on the screen (clock, "since", lateness), in the server's time.
export const now = new Value<number>(Date.now());

const beatMs = 1000; // a heartbeat a second, given up after 1.8 s: a lost server shows within 3 s
const beatLimitMs = 1800;
const refreshBeats = 2; // cameras and health every second beat
const hiddenBeatMs = 10_000;
const retryCeilingMs = 4000;

let skewMs = 0;
let lastHeard = Date.now();
let timer: ReturnType<typeof setTimeout> | undefined;
let beats = 0;
let failures = 0;
let beating = false;
let refreshing = false;
let glassRevision: number | undefined; // of what `glass` says

export function serverNow(): number {
    return Date.now() + skewMs;
}

whenSignedOut(() => {
    stop();
    session.set(null);
});

// Beside the heartbeat, so that a slow answer to this never hides a lost server.
async function refresh(): Promise<void> {
    if (refreshing) return;
    refreshing = true;
    try {
        const [list, state] = await Promise.all([api.cameras(), api.health()]);
        if (session.get() === null) return;
        cameras.set(list);
        health.set(state);
    } catch (error) {
        // The heartbeat says whether the server is lost; a refusal here leaves what was known.
        if (!(error instanceof LinkError || error instanceof ApiError)) throw error;
    } finally {
        refreshing = false;
    }
}

// Asks at once; for when something was just done about it.
export async function glassNow(): Promise<void> {
    try {
        const state = await glassApi.now();
        if (session.get() !== null) glass.set(state);
    } catch (error) {
        glassRevision = undefined; // the next beat asks again
        if (!(error instanceof LinkError || error instanceof ApiError)) throw error;
    }
}

function heard(answer: Site, sentAt: number): void {
    const receivedAt = Date.now();
    const measured = answer.now_ms - (sentAt + receivedAt) / 2;
    // A long round trip says little about the clocks: follow it only as far as it can be wrong.
    if (Math.abs(measured - skewMs) > (receivedAt - sentAt) / 2) skewMs = measured;
    lastHeard = receivedAt;
    failures = 0;
    site.set(answer);
    if (answer.glass !== glassRevision) {
        glassRevision = answer.glass;
        void glassNow();
    }
    lostSince.set(null);
}

function missed(error: unknown): void {
    if (error instanceof ApiError && error.code === 'second_step_required')
        location.hash = '#/account'; // nothing else is open to them
    // A refusal is an answer: the server is there. 401 has already led to the sign-in.
    if (error instanceof ApiError && error.status < 500) return;
    if (!(error instanceof LinkError || error instanceof ApiError)) throw error;
    failures++;
    if (lostSince.get() === null) lostSince.set(lastHeard + skewMs);
}

async function beat(): Promise<void> {
    if (beating) return;
    beating = true;
    clearTimeout(timer);
    const startedAt = Date.now();
    try {
        const returned = lostSince.get() !== null;
        heard(await api.site(beatLimitMs), startedAt);
        if (returned || beats % refreshBeats === 0) void refresh();
        beats++;
    } catch (error) {
        missed(error);
    } finally {
        beating = false;
    }
    if (session.get() === null) return;
    const pause =
        failures > 0
            ? backoffMs(failures - 1, 500, retryCeilingMs)
            : document.hidden
              ? hiddenBeatMs
              : beatMs;
    timer = setTimeout(beatNow, Math.max(0, pause - (failures > 0 ? 0 : Date.now() - startedAt)));
}

// Asks at once; for when a socket broke, or the page is looked at again.
export function beatNow(): void {
    void beat();
}

function stop(): void {
    clearTimeout(timer);
    glassRevision = undefined;
    glass.set(null);
    lostSince.set(null);
}

// A session has begun.
export function enter(user: Session): void {
    beats = 0;
    session.set(user);
    beatNow();
}

// The second step, if the server wants one; null: signed in.
export async function signIn(user: string, password: string): Promise<SecondStep | null> {
    const answer = await api.signIn(user, password);
    if ('ticket' in answer) return answer;
    enter(answer);
    return null;
}

export async function signOut(): Promise<void> {
    try {
        await api.signOut();
    } catch (error) {
        if (!(error instanceof ApiError && error.status === 401)) throw error;
    }
    stop();
    session.set(null);
    cameras.set(null);
    health.set(null);
}

// Finds out who is signed in; keeps asking while the server is silent.
export async function start(): Promise<void> {
    setInterval(() => now.set(serverNow()), 500);
    document.addEventListener('visibilitychange', () => {
        if (!document.hidden && session.get() !== null) beatNow();
    });
    for (let attempt = 0; session.get() === 'unknown'; attempt++) {
        try {
            enter(await api.session());
            lostSince.set(null);
        } catch (error) {
            if (error instanceof ApiError && error.status === 401) {
                lostSince.set(null);
                session.set(null);
            } else if (lostSince.get() === null) lostSince.set(lastHeard);
        }
        if (session.get() === 'unknown')
            await new Promise((resolve) =>
                setTimeout(resolve, backoffMs(attempt, 500, retryCeilingMs)),
            );
    }
}
