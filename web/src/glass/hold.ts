// The keys of the break of glass that this person has under way, in a worker of their own, for as
// long as it lasts: whatever room is looked at meanwhile. The one-time identity is kept in this
// browser until then, so that a reload does not end it.
import { fromBase64 } from '../vault/crypto/bytes';
import {
    forgetIdentity,
    GlassWorker,
    type Identity,
    identityOf,
    keepIdentity,
    makeIdentity,
} from '../vault/crypto/client';
import { glass, glassNow, serverNow } from '../state';
import { read, remember } from '../settings';
import { Value } from '../value';
import { glassApi, type GlassKeys } from './api';

const remembered = 'glass'; // the identity's recipient
const aheadMs = 500; // a quarter of an hour has surely begun so long after it began

export interface Held {
    number: number;
    untilMs: number;
    worker: GlassWorker;
}

export const held = new Value<Held | null>(null);

let renewal: ReturnType<typeof setTimeout> | undefined;
let ending: ReturnType<typeof setTimeout> | undefined;

// Nothing of it is left in this browser.
export async function letGo(): Promise<void> {
    clearTimeout(renewal);
    clearTimeout(ending);
    held.get()?.worker.close();
    held.set(null);
    const recipient = read(remembered);
    remember(remembered, null);
    if (recipient) await forgetIdentity(recipient);
}

async function take(worker: GlassWorker, identity: Identity, given: GlassKeys): Promise<void> {
    const file = fromBase64(given.keys);
    if (!file) throw new Error('the keys cannot be read');
    await worker.keys(file, identity);
    const wait = given.keys_until_ms - serverNow() + aheadMs;
    clearTimeout(renewal);
    if (given.keys_until_ms < given.until_ms)
        renewal = setTimeout(() => void renew(worker, identity, given.number), Math.max(0, wait));
}

// The next quarter of an hour's keys. Without them the picture stops there, and says so.
async function renew(worker: GlassWorker, identity: Identity, number: number): Promise<void> {
    try {
        await take(worker, identity, await glassApi.keys(number));
    } catch {
        if (held.get()?.worker === worker)
            renewal = setTimeout(() => void renew(worker, identity, number), 2000);
    }
}

async function hold(identity: Identity, given: GlassKeys): Promise<void> {
    const worker = new GlassWorker();
    try {
        await take(worker, identity, given);
    } catch (error) {
        worker.close();
        throw error;
    }
    held.set({ number: given.number, untilMs: given.until_ms, worker });
    clearTimeout(ending);
    ending = setTimeout(() => void letGo().then(glassNow), given.until_ms - serverNow());
}

// Breaks glass. The identity is kept before anything is asked for.
export async function breakGlass(reason: string, code: string): Promise<void> {
    const identity = await makeIdentity();
    await keepIdentity(identity);
    remember(remembered, identity.recipient);
    try {
        await hold(identity, await glassApi.break(reason, identity.recipient, code));
    } catch (error) {
        if (held.get() === null) await letGo();
        throw error;
    }
    await glassNow();
}

// After a reload: false if it was broken in another browser.
export async function takeUp(number: number): Promise<boolean> {
    if (held.get()?.number === number) return true;
    const recipient = read(remembered);
    const identity = recipient ? await identityOf(recipient) : null;
    if (!identity) return false;
    await hold(identity, await glassApi.keys(number));
    return true;
}

// Somebody ended it, here or elsewhere; or whoever held it signed out.
glass.subscribe((now) => {
    const mine = held.get();
    if (mine && now?.active?.number !== mine.number) void letGo();
});
