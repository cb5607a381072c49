// Where a person's layouts are kept: at the server, under their name, so that they follow them to
// any browser. This browser keeps a copy to show at once, and for a server that has no such place.
import { ApiError, call, LinkError } from '../api';
import { read, remember } from '../settings';
import { lostSince, session } from '../state';
import { Value } from '../value';
import { parseSettings, type WallSettings } from './layouts';

const path = '/me/preferences/wall';
const settleMs = 600; // a drag is many changes

export const wallSettings = new Value<WallSettings | null>(null); // null: not known yet
// The server would not take them: no other browser will see what was arranged.
export const onlyHere = new Value<boolean>(false);
// Which layout this screen shows: two screens of one person may show two.
export const currentLayout = new Value<string>(read('wall.layout') ?? 'a');
currentLayout.subscribe((key) => remember('wall.layout', key));

let owner: string | null = null;
let unsaved = false;
let timer: ReturnType<typeof setTimeout> | undefined;

function copyOf(user: string): WallSettings | null {
    try {
        const kept = read(`wall.of.${user}`);
        return kept === null ? null : parseSettings(JSON.parse(kept));
    } catch {
        return null; // not ours to read any more
    }
}

async function load(user: string): Promise<void> {
    const copy = copyOf(user);
    wallSettings.set(copy);
    try {
        const answer = await call<unknown>('GET', path);
        if (owner !== user || unsaved) return;
        // null: none kept there yet
        const kept = answer === null && copy ? copy : parseSettings(answer);
        wallSettings.set(kept);
        remember(`wall.of.${user}`, JSON.stringify(kept));
    } catch (error) {
        // No place for it, or no answer: the copy has to do.
        if (!(error instanceof ApiError || error instanceof LinkError)) throw error;
        if (owner === user && wallSettings.get() === null) wallSettings.set(parseSettings(null));
    }
}

async function save(): Promise<void> {
    const settings = wallSettings.get();
    if (settings === null || !unsaved) return;
    try {
        unsaved = false;
        await call('PUT', path, { body: settings });
    } catch (error) {
        if (error instanceof LinkError)
            unsaved = true; // until the server is back
        else if (!(error instanceof ApiError)) throw error;
    }
}

export function changeWall(settings: WallSettings): void {
    if (owner === null) return;
    wallSettings.set(settings);
    remember(`wall.of.${owner}`, JSON.stringify(settings));
    unsaved = true;
    clearTimeout(timer);
    timer = setTimeout(() => void save(), settleMs);
}

session.subscribe((who) => {
    const user = who === null || who === 'unknown' ? null : who.user;
    if (user === owner) return;
    owner = user;
    unsaved = false;
    clearTimeout(timer);
    wallSettings.set(null);
    onlyHere.set(false);
    if (user !== null) void load(user);
});

lostSince.subscribe((since) => {
    if (since === null) void save();
});

// A page that is left keeps what was changed in its last moments.
addEventListener('pagehide', () => void save());
