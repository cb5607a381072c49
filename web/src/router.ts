// Where in the desk we are, kept in the part of the address after '#': the server needs no routes
// for it.
import { Value } from './value';

export type Place = { view: 'wall' } | { view: 'camera'; camera: string; at: number | null };

export function parsePlace(hash: string): Place {
    const match = /^#\/camera\/([a-z0-9-]{1,31})(?:\?t=(\d{1,15}))?$/.exec(hash);
    if (!match?.[1]) return { view: 'wall' };
    return { view: 'camera', camera: match[1], at: match[2] ? Number(match[2]) : null };
}

export function placeHash(place: Place): string {
    if (place.view === 'wall') return '#/';
    return `#/camera/${place.camera}${place.at === null ? '' : `?t=${Math.round(place.at)}`}`;
}

// Each arrival is a visit of its own, to the same place too: a link to a time leads there from
// anywhere.
export type Visit = Place & { visit: number };

export const place = new Value<Visit>({ ...parsePlace(location.hash), visit: 0 });

addEventListener('hashchange', () =>
    place.set({ ...parsePlace(location.hash), visit: place.get().visit + 1 }),
);

export function go(next: Place): void {
    location.hash = placeHash(next);
}

// Notes the instant being watched in the address, so that a reload or a copied link shows it,
// without a step in the history.
export function noteTime(camera: string, at: number | null): void {
    history.replaceState(null, '', placeHash({ view: 'camera', camera, at }));
}
