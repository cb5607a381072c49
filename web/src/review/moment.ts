// Times as people type them, in the site's zone, to the second.
import { zoneOffset } from '../time';

export function toField(at: number): string {
    const second = Math.floor(at / 1000) * 1000;
    return new Date(second + zoneOffset(second)).toISOString().slice(0, 19);
}

// Null for what is no time. An hour that a clock change skips is taken as the one after it.
export function fromField(value: string): number | null {
    const wall = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(value) ? Date.parse(`${value}Z`) : NaN;
    if (Number.isNaN(wall)) return null;
    const guess = wall - zoneOffset(wall);
    return wall - zoneOffset(guess);
}
