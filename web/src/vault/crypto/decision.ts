// A holder's decision: made, read and verified. It authenticates itself: the signing key follows
// from the share, so it does not matter who carried it. docs/ref/formats/decision.md.
import { base64, concat, fromBase64, fromHex, hex, same, u16, u64, u8, utf8, wipe } from './bytes';
import { VaultError } from './failure';
import { sha256 } from './hash';
import { signingKey } from './holderKey';
import { Members, parseJson } from './json';
import { holderOf, type Share } from './share';
import { sodium } from './sodium';
import type { Holder, Vault } from './vault';

interface Statement {
    request: Uint8Array; // 32 bytes, the request id
    vault: Uint8Array; // 16 bytes
    dealing: Uint8Array; // 32 bytes
    holder: number;
    approve: boolean;
    reason: string;
    atUs: number;
    partials: Uint8Array | null; // an age file; null when refusing
}

export interface Decision extends Statement {
    signature: Uint8Array;
}

const format = 'scrim-decision/v1';
export const maxReasonBytes = 500;
const maxBytes = 8 * 1024 * 1024;

// As C has it, where white space is ASCII's.
export const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text);

// What is signed; each part of fixed size.
function signedBytes(statement: Statement): Uint8Array {
    return concat(
        utf8(format),
        statement.request,
        statement.vault,
        statement.dealing,
        u16(statement.holder),
        u8(statement.approve ? 1 : 0),
        u64(statement.atUs),
        sha256(utf8(statement.reason)),
        sha256(statement.partials ?? new Uint8Array()),
    );
}

const bytesOf = (count: number) => (text: string) => fromHex(text, count);

// Throws for anything that makeDecision would not have written.
export function parseDecision(bytes: Uint8Array): Decision {
    const members = new Members(bytes.length <= maxBytes ? parseJson(bytes) : null);
    members.constant('format', format);
    const decision: Decision = {
        request: members.bytes('request', bytesOf(32)),
        vault: members.bytes('vault', bytesOf(16)),
        dealing: members.bytes('dealing', bytesOf(32)),
        holder: members.integer('holder', 1, 64),
        approve: members.boolean('approve'),
        reason: members.text('reason', maxReasonBytes),
        atUs: members.integer('at_us', 0, Number.MAX_SAFE_INTEGER),
        partials: members.isNull('partials') ? null : members.bytes('partials', fromBase64),
        signature: members.bytes('signature', bytesOf(64)),
    };
    const complete = decision.approve
        ? (decision.partials?.length ?? 0) > 0
        : decision.partials === null && !isBlank(decision.reason);
    if (!members.done() || !complete) throw new VaultError('decision', 'malformed decision');
    return decision;
}

// Whose decision it is. Throws unless it is about this request, for this dealing of the vault, and
// signed by the holder that it names.
export function verifyDecision(vault: Vault, requestId: Uint8Array, decision: Decision): Holder {
    const holder = vault.holders[decision.holder - 1];
    const fits =
        same(decision.request, requestId) &&
        same(decision.vault, vault.id) &&
        same(decision.dealing, vault.dealingId);
    if (!holder || !fits) throw new VaultError('decision', 'a decision about something else');
    const signed = signedBytes(decision);
    if (!sodium.crypto_sign_verify_detached(decision.signature, signed, holder.signKey))
        throw new VaultError('signature', `not signed by ${holder.name}`, { holder: holder.name });
    return holder;
}

function write(statement: Statement, signature: Uint8Array): Uint8Array<ArrayBuffer> {
    const members = {
        format,
        request: hex(statement.request),
        vault: hex(statement.vault),
        dealing: hex(statement.dealing),
        holder: statement.holder,
        approve: statement.approve,
        reason: statement.reason,
        at_us: statement.atUs,
        partials: statement.partials && base64(statement.partials),
        signature: hex(signature),
    };
    return utf8(`${JSON.stringify(members)}\n`) as Uint8Array<ArrayBuffer>;
}

// The exact bytes of a decision, signed with the key that follows from the share.
export function makeDecision(
    vault: Vault,
    share: Share,
    what: Pick<Statement, 'request' | 'approve' | 'reason' | 'atUs' | 'partials'>,
): Uint8Array<ArrayBuffer> {
    const holder = holderOf(vault, share);
    const key = signingKey(share);
    try {
        if (!same(key.publicKey, holder.signKey))
            throw new VaultError('vault', `the signing key of ${holder.name} is another`);
        const statement: Statement = {
            ...what,
            vault: vault.id,
            dealing: vault.dealingId,
            holder: holder.index,
        };
        const signed = signedBytes(statement);
        return write(statement, sodium.crypto_sign_detached(signed, key.privateKey));
    } finally {
        wipe(key.privateKey);
    }
}
