// How a camera does, in one word and a mood for its badge. Pure.
import type { Camera } from '../types';

export type Condition = 'good' | 'opaque' | 'lost' | 'down' | 'waiting' | 'unknown';
export type Mood = 'good' | 'warn' | 'bad' | 'quiet';

export function conditionOf({ state, veil }: Camera): Condition {
    if (state === 'waiting') return 'lost';
    if (state === 'unknown') return 'unknown';
    if (veil.state === 'down') return 'down';
    if (state === 'connecting' || veil.state === 'waiting') return 'waiting';
    return veil.state === 'opaque' ? 'opaque' : 'good';
}

export const moods: Record<Condition, Mood> = {
    good: 'good',
    opaque: 'warn',
    lost: 'bad',
    down: 'bad',
    waiting: 'warn',
    unknown: 'quiet',
};
