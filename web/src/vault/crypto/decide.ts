// The holder's side: what a careful holder checks before the share is touched, and the decision.
import { recipientKey } from './reheader';
import { hex, utf8, wipe } from './bytes';
import { isBlank, makeDecision, maxReasonBytes } from './decision';
import { VaultError } from './failure';
import { sha256 } from './hash';
import { sealPartials } from './partials';
import { parseRequest } from './request';
import { parseShareFile } from './shareFile';
import { type ListedSegment, parseSegments, requireCovered, sealOf } from './segments';
import { holderOf, openShare, type Share } from './share';
import { checkSealed, makePartial, type Sealed } from './tdh2';
import type { OnProgress, PublicVault, RequestDocument, Reviewed, Unlock } from './types';
import { parseVault, type Vault } from './vault';

export interface ReviewInput {
    vaults: readonly PublicVault[]; // GET /requests/{request}/vaults
    request: Uint8Array; // exact bytes
    segments: Uint8Array; // exact bytes
}

export interface DecideInput extends ReviewInput {
    share: Uint8Array; // the file; wiped
    unlock: Unlock;
    approve: boolean;
    reason: string;
    atUs: number;
}

interface Documents {
    id: Uint8Array;
    request: RequestDocument;
    vaults: Map<string, Vault>; // by their ids in hex, in the dealing that the request names
}

function readDocuments(input: ReviewInput): Documents {
    const request = parseRequest(input.request);
    const vaults = new Map<string, Vault>();
    for (const json of input.vaults) {
        const vault = parseVault(json);
        const asked = request.vaults.find(({ id }) => id === hex(vault.id));
        if (asked?.dealing === hex(vault.dealingId)) vaults.set(asked.id, vault);
    }
    if (vaults.size === 0)
        throw new VaultError('other_vault', 'it asks nothing of these dealings of these vaults');
    return { id: sha256(input.request), request, vaults };
}

export function readList(request: RequestDocument, bytes: Uint8Array): ListedSegment[] {
    if (hex(sha256(bytes)) !== request.segmentsSha256)
        throw new VaultError('segments', 'not the list that the request names');
    const list = parseSegments(bytes);
    if (list.length !== request.segments)
        throw new VaultError('segments', 'not as many as the request says');
    return list;
}

// Every segment of the list must lie inside the request and be of a vault that it names, and the
// seals of the vaults at hand must hold. Returns the seals by vault, in the order of the list.
function checkSegments(
    { request, vaults }: Documents,
    list: readonly ListedSegment[],
    onProgress: OnProgress,
): Map<string, Sealed[]> {
    const seals = new Map(request.vaults.map(({ id }) => [id, [] as Sealed[]]));
    list.forEach((entry, done) => {
        onProgress({ step: 'check', done, total: list.length });
        const sealed = sealOf(entry);
        const about = { segment: entry.index };
        requireCovered(request, entry, sealed);
        const id = hex(sealed.label.vaultId);
        const vault = vaults.get(id);
        if (!seals.has(id))
            throw new VaultError('segments', 'of a vault that the request does not name', about);
        if (vault && !checkSealed(vault, sealed))
            throw new VaultError('seal', 'was changed', about);
        seals.get(id)?.push(sealed);
    });
    onProgress({ step: 'check', done: list.length, total: list.length });
    return seals;
}

export function review(input: ReviewInput, onProgress: OnProgress): Reviewed {
    const documents = readDocuments(input);
    const list = readList(documents.request, input.segments);
    checkSegments(documents, list, onProgress);
    return {
        id: hex(documents.id),
        request: documents.request,
        segments: list.map(({ header: _, index: __, ...entry }) => entry),
    };
}

// The vault of a share, as its file says; the share itself is not touched.
function vaultOf({ request, vaults }: Documents, bytes: Uint8Array): Vault {
    const file = parseShareFile(bytes);
    if (!file) throw new VaultError('share_damaged', 'damaged, or not a share');
    wipe(file.secret);
    const id = hex(file.vaultId);
    const vault = vaults.get(id);
    if (vault) return vault;
    throw request.vaults.some((each) => each.id === id)
        ? new VaultError('other_vault', 'the request asks another dealing of the share’s vault')
        : new VaultError('share_vault', 'the share is of another vault');
}

function partialsFile(
    { id, request }: Documents,
    vault: Vault,
    share: Share,
    seals: readonly Sealed[],
    onProgress: OnProgress,
): Uint8Array {
    const holder = holderOf(vault, share);
    const total = seals.length;
    const partials = seals.map((sealed, done) => {
        onProgress({ step: 'partials', done, total });
        return makePartial(vault, holder, share.secret, sealed, id);
    });
    onProgress({ step: 'partials', done: total, total });
    const file = sealPartials(id, holder.index, partials, recipientKey(request.recipient));
    if (!file) throw new VaultError('recipient', 'nothing can be encrypted to the requester');
    return file;
}

function requireReason({ approve, reason }: DecideInput): void {
    const length = utf8(reason).length;
    if (length > maxReasonBytes || (!approve && isBlank(reason)))
        throw new VaultError('reason', 'a refusal needs a reason of at most 500 bytes');
}

// The exact bytes of the decision. To approve is to have checked everything; a request can be
// refused whatever its segments are like.
export function decide(input: DecideInput, onProgress: OnProgress): Uint8Array<ArrayBuffer> {
    let share: Share | null = null;
    try {
        requireReason(input);
        const documents = readDocuments(input);
        if (input.approve && input.atUs >= documents.request.expiresUs)
            throw new VaultError('expired', 'the request has expired');
        const vault = vaultOf(documents, input.share);
        const seals = input.approve
            ? checkSegments(documents, readList(documents.request, input.segments), onProgress)
            : null;
        onProgress({ step: 'unlock', done: 0, total: 1 });
        share = openShare(input.share, input.unlock);
        holderOf(vault, share);
        onProgress({ step: 'unlock', done: 1, total: 1 });
        const mine = seals?.get(hex(vault.id)) ?? [];
        const partials = seals ? partialsFile(documents, vault, share, mine, onProgress) : null;
        const { approve, reason, atUs } = input;
        const what = { request: documents.id, approve, reason, atUs, partials };
        return makeDecision(vault, share, what);
    } finally {
        wipe(share?.secret, input.share, 'token' in input.unlock ? input.unlock.token : null);
    }
}
