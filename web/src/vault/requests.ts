// The requests that the person at the page may see, kept fresh while they are signed in: often while
// the room is open, seldom for the number beside its name.
import { ApiError, LinkError } from '../api';
import { explain } from '../asking';
import { decidesOnOpenings, seesRequests } from '../rights';
import { read, remember } from '../settings';
import { session } from '../state';
import type { Session } from '../types';
import { Value } from '../value';
import { type OpeningRequest, unknownRoute, vaultApi } from './api';
import { type Me, waitsFor } from './order';

const seldomMs = 20_000;
const oftenMs = 2500;

export const requests = new Value<OpeningRequest[] | null>(null); // null until the first answer
export const requestsProblem = new Value<string>('');
export const waitingCount = new Value<number>(0);

let watchers = 0; // views of the room that are open
let timer: ReturnType<typeof setTimeout> | undefined;

const memory = (user: string): string => `holder.${user}`;

export function meOf(who: Session): Me {
    const kept = Number(read(memory(who.user)));
    return {
        user: who.user,
        keyholder: decidesOnOpenings(who.role),
        holder: Number.isInteger(kept) && kept > 0 ? kept : null,
    };
}

// The list knows from then on which decisions are this person's own.
export function rememberHolder(user: string, holder: number): void {
    remember(memory(user), String(holder));
}

function signedIn(): Session | null {
    const who = session.get();
    return who !== null && who !== 'unknown' && seesRequests(who.role) ? who : null;
}

function count(): void {
    const who = signedIn();
    const list = requests.get();
    waitingCount.set(
        who && list ? list.filter((each) => waitsFor(each, meOf(who)) !== null).length : 0,
    );
}

export async function refreshRequests(): Promise<void> {
    clearTimeout(timer);
    const who = signedIn();
    if (!who) return;
    try {
        const list = await vaultApi.list();
        if (signedIn()?.user !== who.user) return;
        requests.set(list);
        requestsProblem.set('');
        count();
    } catch (error) {
        if (!(error instanceof ApiError || error instanceof LinkError)) throw error;
        if (unknownRoute(error)) return; // a server without requests: nothing waits
        requestsProblem.set(explain(error));
    }
    if (!signedIn()) return;
    clearTimeout(timer);
    const often = watchers > 0 && !document.hidden;
    timer = setTimeout(() => void refreshRequests(), often ? oftenMs : seldomMs);
}

// While a view of the room is open. Returns what ends it.
export function watchRequests(): () => void {
    watchers++;
    void refreshRequests();
    return () => {
        watchers--;
    };
}

session.subscribe(() => {
    requests.set(null);
    requestsProblem.set('');
    count();
    void refreshRequests();
});
