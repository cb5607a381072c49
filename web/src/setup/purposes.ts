// What the cameras of a sign are for: one entry for those that have it all in common. Pure.
import type { Camera } from '../types';

export interface Purpose {
    purpose: string;
    legalBasis: string;
    hours: number; // how long recordings are kept; 0: nothing is recorded
    sound: boolean;
    names: string[]; // of the cameras
}

type Described = Camera & { legal_basis?: string | null; record?: string };

export function purposesOf(cameras: readonly Described[]): Purpose[] {
    const found = new Map<string, Purpose>();
    for (const camera of cameras) {
        const entry = {
            purpose: camera.purpose,
            legalBasis: camera.legal_basis ?? '',
            hours: camera.record === 'nothing' ? 0 : camera.retention_hours,
            sound: camera.audio_reason !== null,
        };
        const key = JSON.stringify(entry);
        const known = found.get(key) ?? { ...entry, names: [] };
        known.names.push(camera.name || camera.id);
        found.set(key, known);
    }
    return [...found.values()];
}
