// /api/v1/glass: docs/ref/api.md, Break-glass.
import { call } from '../api';

export interface Broken {
    number: number;
    who: string;
    reason: string;
    since_ms: number;
    until_ms: number;
    seen: string[]; // keyholders who have seen the alarm
}

export interface Glass {
    on: boolean;
    allowed: boolean; // for whoever asks
    ready: boolean; // the programs behind it run
    reason_shown: string | null;
    active: Broken | null;
    next_ms: number | null; // not before
    reviews: Broken[]; // that are due
}

export interface GlassKeys {
    number: number;
    until_ms: number;
    keys_until_ms: number; // then there are others
    keys: string; // base64: an age file
}

export interface GlassSegment {
    name: string;
    start_ms: number;
    end_ms: number | null; // null: it still grows
    bytes: number;
}

export const segmentPath = (camera: string, name: string): string =>
    `/api/v1/glass/cameras/${camera}/segments/${name}`;

export const glassApi = {
    now: () => call<Glass>('GET', '/glass'),
    break: (reason: string, recipient: string, code: string) =>
        call<GlassKeys>('POST', '/glass', {
            body: code ? { reason, recipient, code } : { reason, recipient },
        }),
    keys: (number: number) => call<GlassKeys>('GET', `/glass/${number}/keys`),
    end: (number: number) => call<void>('POST', `/glass/${number}/end`, { body: {} }),
    seen: (number: number) => call<void>('POST', `/glass/${number}/seen`, { body: {} }),
    review: (number: number, words: string) =>
        call<void>('POST', `/glass/${number}/review`, { body: { text: words } }),
    segments: (camera: string, signal: AbortSignal) =>
        call<GlassSegment[]>('GET', `/glass/cameras/${camera}/segments`, { signal }),
};
