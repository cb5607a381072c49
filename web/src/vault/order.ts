// What a request's state means to whoever looks at it: whether it waits for them, how many have
// agreed, and where it stands in the list. Pure.
import type { Decision, OpeningRequest, RequestState, Vault } from './api';

// The person at the page. `holder` is the index that they decided as here before, if they did.
export interface Me {
    user: string;
    keyholder: boolean;
    holder: number | null;
}

export const over = (state: RequestState): boolean =>
    state === 'refused' || state === 'withdrawn' || state === 'expired' || state === 'ended';

// Holders and users are named apart: a holder of the user's own name is taken for the user.
export function isMine(decision: Decision, me: Me): boolean {
    return decision.holder === me.holder || same(decision.name, me.user);
}

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

export type Waits = 'decide' | 'open' | null;

// What the request wants of this person now.
export function waitsFor(request: OpeningRequest, me: Me): Waits {
    if (request.who === me.user && (request.state === 'approved' || request.state === 'open'))
        return 'open';
    const asked = me.keyholder && request.state === 'waiting' && request.who !== me.user;
    return asked && !request.decisions.some((each) => isMine(each, me)) ? 'decide' : null;
}

export interface Tally {
    approved: number; // of the vault that lacks most: each vault of a request needs its own
    refused: number;
    needed: number;
}

export function tally(request: OpeningRequest): Tally {
    const each = request.vaults.map(({ id, threshold }) => {
        const agree = request.decisions.filter(
            ({ vault, approve, bad }) => vault === id && approve && !bad,
        );
        return { approved: agree.length, needed: threshold };
    });
    const [most] = each.sort((a, b) => b.needed - b.approved - (a.needed - a.approved));
    const refusers = request.decisions.filter(({ approve }) => !approve).map(({ name }) => name);
    return { approved: 0, needed: 0, ...most, refused: new Set(refusers).size };
}

// What nobody answered, and what ends first, comes first; newest first where time does not press.
function pressing(a: OpeningRequest, b: OpeningRequest): number {
    if (a.escalated !== b.escalated) return a.escalated ? -1 : 1;
    return a.expires_ms - b.expires_ms;
}
const newest = (a: OpeningRequest, b: OpeningRequest): number => b.number - a.number;

export interface Sections {
    waiting: OpeningRequest[]; // for this person
    mine: OpeningRequest[];
    others: OpeningRequest[];
}

export function sections(requests: readonly OpeningRequest[], me: Me): Sections {
    const waiting = requests.filter((each) => waitsFor(each, me) !== null);
    const rest = requests.filter((each) => waitsFor(each, me) === null);
    const byHurry = (a: OpeningRequest, b: OpeningRequest): number =>
        Number(over(a.state)) - Number(over(b.state)) ||
        (over(a.state) ? newest(a, b) : pressing(a, b));
    return {
        waiting: waiting.sort(pressing),
        mine: rest.filter((each) => each.who === me.user).sort(byHurry),
        others: rest.filter((each) => each.who !== me.user).sort(byHurry),
    };
}

export const moods = {
    waiting: 'plain',
    approved: 'good',
    open: 'warn',
    refused: 'bad',
    withdrawn: 'quiet',
    expired: 'quiet',
    ended: 'quiet',
} as const satisfies Record<RequestState, string>;

// What `scrim vault init` warns of (scrim_holders_advise, src/cli/holders.c).
export type Weakness =
    | { kind: 'no-spare' | 'no-lines' | 'untested' }
    | { kind: 'one-line'; line: string; count: number; all: boolean };

export function weaknesses(vault: Pick<Vault, 'threshold' | 'holders' | 'tested'>): Weakness[] {
    const holders = vault.holders ?? [];
    const needed = vault.threshold ?? 0;
    const found: Weakness[] = [];
    if (!vault.tested) found.push({ kind: 'untested' });
    if (needed === holders.length) found.push({ kind: 'no-spare' });
    for (const line of new Set(holders.map((each) => each.line))) {
        const count = holders.filter((each) => each.line === line).length;
        if (line !== '' && count >= needed)
            found.push({ kind: 'one-line', line, count, all: count === holders.length });
    }
    if (holders.every(({ line }) => line === '')) found.push({ kind: 'no-lines' });
    return found;
}
