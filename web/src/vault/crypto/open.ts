// The requester's side: from the one-time identity, the hour keys and the holders' decisions to the
// file key of each segment. Everything is verified again here; what lies is named.
import { parseIdentity, recipientOf, recipientText } from './age';
import { macFits, parseHeader } from './ageHeader';
import { hex, wipe } from './bytes';
import { readList } from './decide';
import { parseDecision, verifyDecision } from './decision';
import { VaultError } from './failure';
import { sha256 } from './hash';
import { HourKeys } from './hourKeys';
import { openPartials } from './partials';
import { parseRequest } from './request';
import { type ListedSegment, requireCovered, sealOf } from './segments';
import { combine, type Partial, type Sealed } from './tdh2';
import type { Fault, OnProgress, PublicVault, RequestDocument } from './types';
import { type Holder, parseVault, type Vault } from './vault';

export interface OpenInput {
    request: Uint8Array; // exact bytes
    segments: Uint8Array; // exact bytes
    decisions: Uint8Array[]; // exact bytes; refusals among them are left out
    hourKeys: Uint8Array; // age file
    identity: Uint8Array; // 32 bytes, secret; wiped
    vaults: PublicVault[]; // every one that the request names, in the dealing that it names
    part: Part;
}

// One of several workers opens every `of`-th segment, from the `nth` on.
export interface Part {
    nth: number; // 0 … of - 1
    of: number;
}

export interface Opened {
    id: Uint8Array;
    request: RequestDocument;
    segments: ListedSegment[];
    keys: Map<number, Uint8Array>; // by the index of the segment, of this part
    shredded: number[]; // segments of this part whose hour has no key
    faults: Fault[]; // of holders who were left out, k others having agreed
}

interface Contribution {
    holder: Holder;
    partials: Partial[]; // in the order of the vault's segments
}

// The segments of one vault, and who contributed to opening them.
interface Circle {
    vault: Vault;
    seals: { entry: ListedSegment; sealed: Sealed }[];
    contributions: Contribution[];
}

function circlesOf(
    request: RequestDocument,
    list: readonly ListedSegment[],
    vaults: readonly PublicVault[],
): Map<string, Circle> {
    const circles = new Map<string, Circle>();
    for (const json of vaults) {
        const vault = parseVault(json);
        const asked = request.vaults.find(({ id }) => id === hex(vault.id));
        if (asked?.dealing === hex(vault.dealingId))
            circles.set(asked.id, { vault, seals: [], contributions: [] });
    }
    for (const entry of list) {
        const sealed = sealOf(entry);
        requireCovered(request, entry, sealed);
        const circle = circles.get(hex(sealed.label.vaultId));
        if (!circle)
            throw new VaultError('other_vault', 'the vault of a segment is not at hand', {
                segment: entry.index,
            });
        circle.seals.push({ entry, sealed });
    }
    return circles;
}

function contribute(
    circles: ReadonlyMap<string, Circle>,
    requestId: Uint8Array,
    identity: Uint8Array,
    bytes: Uint8Array,
): void {
    const decision = parseDecision(bytes);
    const circle = circles.get(hex(decision.vault));
    if (!circle) throw new VaultError('decision', 'a decision of another vault');
    const holder = verifyDecision(circle.vault, requestId, decision);
    if (!decision.partials) return; // a refusal
    const about = { holder: holder.name };
    if (circle.contributions.some((each) => each.holder === holder))
        throw new VaultError('decision', `${holder.name} is given twice`, about);
    const count = circle.seals.length;
    const partials = openPartials(decision.partials, identity, requestId, holder.index, count);
    if (!partials) throw new VaultError('partials', `the parts of ${holder.name}`, about);
    circle.contributions.push({ holder, partials });
}

// Whoever is wrong is left out and named; who that leaves too few fails with the first of them.
class Faults {
    readonly list: Fault[] = [];

    add(error: unknown): void {
        if (!(error instanceof VaultError)) throw error;
        this.list.push({ holder: error.holder, code: error.code });
    }

    requireEnough({ vault, contributions }: Circle): void {
        if (contributions.length >= vault.threshold) return;
        const [first] = this.list;
        if (first) throw new VaultError(first.code, 'left too few', { holder: first.holder });
        throw new VaultError(
            'too_few',
            `${vault.threshold} must agree, ${contributions.length} did`,
        );
    }
}

function combineOne(
    circle: Circle,
    nth: number,
    requestId: Uint8Array,
    hourKey: Uint8Array,
    faults: Faults,
): Uint8Array {
    const { entry, sealed } = circle.seals[nth] as Circle['seals'][number];
    for (;;) {
        faults.requireEnough(circle);
        const partials = circle.contributions.map((each) => each.partials[nth] as Partial);
        try {
            const fileKey = combine(circle.vault, sealed, requestId, partials, hourKey);
            const header = parseHeader(entry.header);
            if (!header || !macFits(header, fileKey))
                throw new VaultError('file', 'its header is not the one that was sealed');
            return fileKey;
        } catch (error) {
            if (!(error instanceof VaultError) || error.code !== 'partial')
                throw error instanceof VaultError
                    ? new VaultError(error.code, error.message, { segment: entry.index })
                    : error;
            faults.add(error);
            circle.contributions = circle.contributions.filter(
                ({ holder }) => holder.name !== error.holder,
            );
        }
    }
}

// Fills `opened.keys` and `opened.shredded`.
function combineAll(
    opened: Opened,
    circles: Iterable<Circle>,
    hourKeys: HourKeys,
    faults: Faults,
    { nth, of }: Part,
    onProgress: OnProgress,
): void {
    const total = Math.ceil((opened.segments.length - nth) / of);
    let done = 0;
    for (const circle of circles) {
        if (circle.seals.length > 0) faults.requireEnough(circle);
        circle.seals.forEach(({ entry, sealed }, at) => {
            if (entry.index % of !== nth) return;
            onProgress({ step: 'verify', done: done++, total });
            const hourKey = hourKeys.of(sealed.label);
            if (!hourKey) opened.shredded.push(entry.index);
            else opened.keys.set(entry.index, combineOne(circle, at, opened.id, hourKey, faults));
        });
    }
    onProgress({ step: 'verify', done: total, total });
}

export function openRequest(input: OpenInput, onProgress: OnProgress): Opened {
    const request = parseRequest(input.request);
    const id = sha256(input.request);
    const { identity } = input;
    let hourKeys: HourKeys | null = null;
    let circles = new Map<string, Circle>();
    try {
        if (identity.length !== 32 || recipientText(recipientOf(identity)) !== request.recipient)
            throw new VaultError('identity', 'not the identity that the request was made with');
        const segments = readList(request, input.segments);
        circles = circlesOf(request, segments, input.vaults);
        hourKeys = new HourKeys(input.hourKeys, identity, id);
        const faults = new Faults();
        for (const bytes of input.decisions)
            try {
                contribute(circles, id, identity, bytes);
            } catch (error) {
                faults.add(error);
            }
        const keys = new Map<number, Uint8Array>();
        const opened = { id, request, segments, keys, shredded: [], faults: faults.list };
        combineAll(opened, circles.values(), hourKeys, faults, input.part, onProgress);
        return opened;
    } finally {
        hourKeys?.wipe();
        wipe(identity);
        // Who has k holders' U_i has Z.
        for (const { contributions } of circles.values())
            for (const { partials } of contributions) for (const { u } of partials) wipe(u);
    }
}

// An AGE-SECRET-KEY file: one identity, comments and blank lines around it.
export function readIdentityFile(text: string): Uint8Array {
    const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'));
    const secret = lines.length === 1 ? parseIdentity(lines[0] ?? '') : null;
    if (!secret) throw new VaultError('identity', 'not a file with one AGE-SECRET-KEY');
    return secret;
}
