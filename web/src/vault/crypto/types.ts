// What crosses between the room, its worker and the modules here. Times in the documents are
// microseconds since 1970 (UTC), below 2^53, as in the documents themselves.
import type { FailureCode } from './failure';
import type { Protection } from './shareFile';

// GET /vault, as it comes: nothing in it is believed that can be computed (vault.ts). Members that
// are not named here are ignored.
export interface PublicVault {
    id: string;
    dealing: number;
    threshold: number;
    public_key: string;
    commitments: readonly string[];
    holders: readonly {
        index: number;
        name: string;
        line: string;
        verify_key: string;
        sign_key: string;
    }[];
}

export const purposes = [
    'crime',
    'accident',
    'missing-person',
    'subject-access',
    'insurance',
    'maintenance',
    'test',
    'other',
] as const;
export type Purpose = (typeof purposes)[number];

// request.json: what was asked for, as the holders agree to it.
export interface RequestDocument {
    site: string;
    number: number;
    who: string;
    cameras: string[]; // sorted
    fromUs: number;
    toUs: number;
    purpose: Purpose;
    reason: string;
    legalBasis: string;
    incident: string;
    recipient: string; // age1…, of the requester's one-time identity
    exportTo: string | null; // age1…
    createdUs: number;
    expiresUs: number;
    viewS: number;
    vaults: { id: string; dealing: string }[]; // 16 and 32 bytes in hex
    segments: number;
    segmentsSha256: string;
    log: { seq: number; line: string };
}

// One entry of segments.json.
export interface SegmentEntry {
    camera: string;
    file: string; // "<day>/<name>"
    disk: string; // "": the first
    startUs: number;
    endUs: number;
    bytes: number; // of the sealed file
    whole: boolean; // its end is journalled: anything less than all of it is refused
    header: Uint8Array; // the whole age header
}

// A request whose documents fit each other and whose seals were checked: what a holder may be
// shown, because it is what their approval would open.
export interface Reviewed {
    id: string; // SHA-256 of the exact request, hex
    request: RequestDocument;
    segments: Omit<SegmentEntry, 'header'>[];
}

export type Step =
    | 'load' // the library
    | 'check' // seals of segments
    | 'unlock' // the share: Argon2id takes a moment
    | 'partials'
    | 'verify' // the holders' parts, and putting them together
    | 'headers';

// `done` of `total` segments; `unlock` and `load` say 0 of 1, then 1 of 1.
export interface Progress {
    step: Step;
    done: number;
    total: number;
}
export type OnProgress = (progress: Progress) => void;

export type TokenProtection = Extract<Protection, { kind: 'fido2' }>;

// `none` for a share file that is not protected. `token`: what the token answered (token.ts).
export type Unlock = { passphrase: string } | { token: Uint8Array } | { none: true };

// Where the sealed bytes of a segment come from. Both may be called again for the same bytes.
export interface SealedSource {
    // Bytes [from, to) of the file; fewer only where the file ends.
    range(from: number, to: number, signal: AbortSignal | undefined): Promise<Uint8Array>;
    // The tail of a torn or growing file; null if it has none.
    tail(signal: AbortSignal | undefined): Promise<Uint8Array | null>;
}

// One of PUT /requests/{request}/headers: a header for the exported file, how many bytes of the
// sealed payload (nonce and chunks, from the payload's start) follow it as they stand, and the last
// chunk where the file lacks it. Base64, unpadded.
export interface ExportHeader {
    segment: number;
    header: string;
    payload_bytes: number;
    suffix: string | null;
}

// A holder whose decision or part was wrong, though k others were right. Never passed over: the room
// says it.
export interface Fault {
    holder: string | null; // null: not even that is known
    code: FailureCode;
}

// A request that k holders agreed to, with the file keys in a worker of its own.
export interface Opening {
    readonly id: string;
    readonly request: RequestDocument;
    readonly segments: readonly Omit<SegmentEntry, 'header'>[];
    readonly shredded: readonly number[]; // segments whose hour has no key any more; nobody opens them
    readonly faults: readonly Fault[];
    // The plaintext of one segment in order, each piece verified before it appears. Throws where a
    // whole segment was changed or cut; a torn one just ends.
    read(
        index: number,
        source: SealedSource,
        signal?: AbortSignal,
    ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
    // New headers for the export, for every segment that opens. A segment that is not whole is read through
    // `source`, once, to find its end.
    headers(
        exportTo: string,
        source: (index: number) => SealedSource,
        onProgress?: OnProgress,
        signal?: AbortSignal,
    ): Promise<ExportHeader[]>;
    // Ends the worker, and with it all memory that held a key. Reads that are under way fail.
    close(): void;
}
