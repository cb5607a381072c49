// What the vault's room asks of the server (docs/ref/api.md). A request's documents and decisions
// are exact bytes: digests and signatures are over them.
import { ApiError, call, callBytes } from '../api';
import type { ExportHeader, PublicVault, Purpose } from './crypto/types';

export type RequestState =
    | 'waiting'
    | 'approved'
    | 'open'
    | 'refused'
    | 'withdrawn'
    | 'expired'
    | 'ended';

export interface Decision {
    vault: string; // id, hex
    holder: number; // index in its vault
    name: string;
    approve: boolean;
    reason: string;
    at_ms: number; // by the holder's clock
    taken_ms: number; // when the desk took it
    log_seq: number | null; // its line in the log; null after the desk was started again
    bad: boolean; // the requester found parts of it false
}

// A dealing of a vault that originals of the request are sealed to.
export interface VaultNeed {
    id: string;
    dealing: string;
    threshold: number;
    holders: number;
}

export interface OpeningRequest {
    number: number;
    id: string; // SHA-256 of the exact document, hex
    who: string;
    cameras: string[];
    from_ms: number;
    to_ms: number;
    purpose: Purpose;
    reason: string;
    legal_basis: string;
    incident: string;
    recipient: string; // one-time, age1…
    export_to: string | null; // null: the recipient
    created_ms: number;
    expires_ms: number;
    view_s: number;
    segments: number;
    bytes: number; // of all of them, sealed
    vaults: VaultNeed[]; // each has to agree
    state: RequestState;
    opened_ms: number | null;
    until_ms: number | null; // the end of the opening
    escalated: boolean; // nobody answered in time
    decisions: Decision[];
    end: { who: string | null; reason: string | null; at_ms: number } | null;
    beside: number[]; // other requests of the same that are not over
    due_ms: number | null; // the first of it is destroyed then, before the request expires
    log: { seq: number; line: string };
}

export interface Wish {
    cameras: string[];
    from_ms: number;
    to_ms: number;
    purpose: Purpose;
    reason: string;
    legal_basis: string;
    incident: string;
    recipient: string;
    export_to: string | null;
    expires_s: number;
    view_s: number;
}

export interface Holder {
    index: number;
    name: string;
    line: string; // reporting line; "" when none was given
    verify_key: string;
    sign_key: string;
}

export interface Vault {
    exists: boolean;
    id: string | null;
    dealing: number | null;
    threshold: number | null;
    holders: Holder[] | null;
    commitments: string[] | null;
    public_key: string | null;
    tested: boolean;
    latency: { count: number; median_s: number; p90_s: number } | null; // of approvals
}

const slowMs = 60_000; // the opener reads the list of segments, or a partial of each travels

const path = (number: number, rest = ''): string => `/requests/${number}${rest}`;

export const segmentPath = (number: number, segment: number): string =>
    `/api/v1${path(number, `/segments/${segment}`)}`;
export const documentUrl = (number: number, what: 'document' | 'segments'): string =>
    `/api/v1${path(number, `/${what}`)}`;
export const exportUrl = (number: number): string => `/api/v1${path(number, '/export')}`;

export const vaultApi = {
    vault: () => call<Vault>('GET', '/vault'),
    // Those that a request is about: after a rotation not only the one that seals now.
    vaults: (number: number) => call<PublicVault[]>('GET', path(number, '/vaults')),
    list: () => call<OpeningRequest[]>('GET', '/requests'),
    one: (number: number) => call<OpeningRequest>('GET', path(number)),
    ask: (wish: Wish) =>
        call<OpeningRequest>('POST', '/requests', { body: wish, timeoutMs: slowMs }),
    document: (number: number) => callBytes(path(number, '/document')),
    segments: (number: number) => callBytes(path(number, '/segments'), slowMs),
    decide: (number: number, decision: Uint8Array<ArrayBuffer>) =>
        call<OpeningRequest>('POST', path(number, '/decisions'), {
            body: new Blob([decision], { type: 'application/json' }),
            timeoutMs: slowMs,
        }),
    // VAULT8-HOLDER names it among several vaults, too.
    decision: (number: number, { vault, holder }: Decision) =>
        callBytes(path(number, `/decisions/${vault.slice(0, 8)}-${holder}`), slowMs),
    // Parts of it were false: the desk cannot see that.
    bad: (number: number, { vault, holder }: Decision) =>
        call<unknown>('POST', path(number, '/bad-partial'), { body: { holder, vault } }),
    withdraw: (number: number, reason: string) =>
        call<unknown>('POST', path(number, '/withdraw'), { body: { reason } }),
    open: (number: number) =>
        call<{ hour_keys: string; until_ms: number }>('POST', path(number, '/open'), {
            timeoutMs: slowMs,
        }),
    headers: (number: number, headers: readonly ExportHeader[]) =>
        call<unknown>('PUT', path(number, '/headers'), { body: headers, timeoutMs: slowMs }),
    end: (number: number) => call<unknown>('POST', path(number, '/end')),
};

// Whether the server knows requests at all: one that is older does not.
export const unknownRoute = (error: unknown): boolean =>
    error instanceof ApiError && error.status === 404;
