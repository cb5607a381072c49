// Which file of the redacted archive plays next, and how fast. Pure; ms on the wall clock.
import type { Recording } from '../types';

export function sortClips(clips: readonly Recording[]): Recording[] {
    return [...clips].sort((a, b) => a.start_ms - b.start_ms);
}

// Adds newly listed files to those known. A file listed again replaces its older entry: the last
// one may have grown.
export function mergeClips(known: readonly Recording[], listed: readonly Recording[]): Recording[] {
    const byUrl = new Map(known.map((clip) => [clip.url, clip]));
    for (const clip of listed) byUrl.set(clip.url, clip);
    return sortClips([...byUrl.values()]);
}

// The file that holds `at`, or else the first one after it. Null: nothing from there on is known.
export function clipFrom(clips: readonly Recording[], at: number): Recording | null {
    return clips.find((clip) => clip.end_ms > at || clip.growing) ?? null;
}

// Where a file's picture starts on the media time line whose zero is `base`, in seconds: what
// SourceBuffer.timestampOffset must be, since the fragments carry the veil's running time.
export function timestampOffset(clip: Recording, base: number): number {
    return (clip.start_ms - base - clip.first_pts_ms) / 1000;
}

// How much picture to hold ahead, in seconds: a minute's file must arrive before it is due.
export function aheadSeconds(speed: number): number {
    return Math.max(20, 15 * speed);
}

export const speeds = [0.25, 0.5, 1, 2, 4, 8, 16] as const;
// Above it, only key frames are decoded: nine cameras at sixteenfold speed must not fall behind.
export const smoothest = 2;

export function stepSpeed(speed: number, by: 1 | -1): number {
    const index = speeds.findIndex((candidate) => candidate >= speed);
    return speeds[Math.min(speeds.length - 1, Math.max(0, index + by))] ?? 1;
}

const deadBand = 0.012; // seconds
const hardest = 0.15; // of the speed: not seen as a change of pace

// The rate that brings a video back to the clock within a second or so. `drift` in seconds of
// media, positive when it is ahead.
export function steerRate(speed: number, drift: number): number {
    if (Math.abs(drift) < deadBand) return speed;
    return speed * (1 - Math.min(hardest, Math.max(-hardest, drift / speed)));
}
