// Where in the desk we are, kept in the part of the address after '#': the server needs no routes
// for it.
import { Value } from './value';

// Rooms are loaded when somebody enters them (rooms.tsx); `rest` is the room's own to read: what
// follows its name, "/quay" in "#/cameras/quay".
export const rooms = [
    'review',
    'plan',
    'cameras',
    'vault',
    'people',
    'account',
    'setup',
    'glass',
] as const;
export type RoomName = (typeof rooms)[number];

export type Place =
    | { view: 'wall' }
    | { view: 'camera'; camera: string; at: number | null }
    | { view: 'room'; room: RoomName; rest: string };

export function parsePlace(hash: string): Place {
    const [, name, rest] = /^#\/([a-z]+)([/?].*)?$/.exec(hash) ?? [];
    const room = rooms.find((each) => each === name);
    if (room) return { view: 'room', room, rest: rest ?? '' };
    const match = /^#\/camera\/([a-z0-9-]{1,31})(?:\?t=(\d{1,15}))?$/.exec(hash);
    if (!match?.[1]) return { view: 'wall' };
    return { view: 'camera', camera: match[1], at: match[2] ? Number(match[2]) : null };
}

export function placeHash(place: Place): string {
    if (place.view === 'wall') return '#/';
    if (place.view === 'room') return `#/${place.room}${place.rest}`;
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
