// One tile of the wall in the light: because somebody asked for it, or because its camera needs
// eyes. Whatever has a reason to show a camera (a rule's alarm, one day) calls spotlight().
import { cameras, now } from '../state';
import type { Camera } from '../types';
import { Value } from '../value';
import { inUse } from './usage';
import { wallSettings } from './store';

// asked: by hand, stays until it is taken back; the others pass by themselves
export type Why = 'asked' | 'lost' | 'covered';

export interface Spot {
    camera: string;
    why: Why;
}

const litForMs = 60_000; // then the tile's own words have to do

// Reasons of the veil that a hand at the camera would give it.
const tampering: ReadonlySet<string> = new Set(['scene changed', 'camera moves']);

interface Call {
    why: Why;
    until: number;
}

export const spot = new Value<Spot | null>(null);
const calls = new Map<string, Call>(); // by camera, the newest last
let known: Map<string, Why | null> | null = null;

export function needOf(camera: Camera): Why | null {
    if (camera.state === 'waiting') return 'lost';
    if (camera.veil.state === 'opaque' && tampering.has(camera.veil.reason)) return 'covered';
    return null;
}

export function spotlight(camera: string, why: Why): void {
    calls.delete(camera);
    calls.set(camera, { why, until: why === 'asked' ? Infinity : now.get() + litForMs });
    if (why === 'asked') spot.set({ camera, why });
    else shine();
}

export function endSpotlight(camera: string): void {
    const asked = calls.get(camera)?.why === 'asked';
    calls.delete(camera);
    if (asked) spot.set(null);
    shine();
}

// By hand: on, or off whatever lit it.
export function toggleSpotlight(camera: string): void {
    if (spot.get()?.camera !== camera) {
        for (const [other, { why }] of calls) if (why === 'asked') calls.delete(other);
        spotlight(camera, 'asked');
        return;
    }
    calls.delete(camera);
    spot.set(null);
}

// What is asked for goes first, then the newest need; and nothing moves while somebody is there.
function shine(): void {
    const at = now.get();
    for (const [camera, { until }] of calls) if (until <= at) calls.delete(camera);
    const list = [...calls];
    const [camera, call] =
        list.findLast(([, { why }]) => why === 'asked') ?? list.at(-1) ?? ([] as const);
    const next = camera && call ? { camera, why: call.why } : null;
    if (next?.camera === spot.get()?.camera && next?.why === spot.get()?.why) return;
    if (!inUse()) spot.set(next);
}

// What a camera already suffers from when the desk opens is no news.
function watch(list: readonly Camera[]): void {
    const found = new Map(list.map((camera) => [camera.id, needOf(camera)]));
    if (known && wallSettings.get()?.spotlight) {
        for (const [id, need] of found)
            if (need !== null && known.get(id) !== need) spotlight(id, need);
    }
    for (const [id, { why }] of calls)
        if (why !== 'asked' && found.get(id) !== why) endSpotlight(id);
    known = found;
}

cameras.subscribe((list) => {
    if (list) watch(list);
    else known = null; // signed out
});
now.subscribe(shine);
