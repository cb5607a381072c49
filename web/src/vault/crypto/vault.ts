// A vault's public part: who holds shares, how many open. What follows from something else in it is
// computed again here, so that a page that lies about it is found out.
// docs/ref/formats/vault.md, "The public part".
import { concat, fromHex, hex, same, u16, u32, u8, utf8 } from './bytes';
import { VaultError } from './failure';
import { evaluatePublic, isPoint, type Point } from './group';
import { sha256 } from './hash';
import { isHolderName } from './holderName';
import type { PublicVault } from './types';

export interface Holder {
    index: number; // 1 … n
    name: string;
    line: string; // reporting line, may be ""
    verifyKey: Point; // Y_i
    signKey: Uint8Array; // Ed25519
}

export interface Vault {
    id: Uint8Array; // 16 bytes; the same in every dealing
    dealing: number;
    dealingId: Uint8Array; // 32 bytes, over everything here
    threshold: number;
    commitments: Point[]; // A_0 … A_{k-1}; A_0 is the public key
    holders: Holder[];
}

const maxHolders = 64;

function refuse(text: string): never {
    throw new VaultError('vault', text);
}

// The desk may send anything, null where there is no vault included.
function hasShape(json: unknown): boolean {
    const members = (value: unknown): Record<string, unknown> =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    const vault = members(json);
    const isText = (value: unknown): boolean => typeof value === 'string';
    const isHolder = (value: unknown): boolean => {
        const holder = members(value);
        return [holder.name, holder.line, holder.verify_key, holder.sign_key].every(isText);
    };
    return (
        [vault.id, vault.public_key].every(isText) &&
        [vault.threshold, vault.dealing].every(Number.isInteger) &&
        Array.isArray(vault.commitments) &&
        vault.commitments.every(isText) &&
        Array.isArray(vault.holders) &&
        vault.holders.every(isHolder)
    );
}

function pointOf(text: string): Point {
    const point = fromHex(text, 32);
    return point && isPoint(point) ? point : refuse('not a point');
}

const sized = (text: string): Uint8Array => concat(u8(utf8(text).length), utf8(text));

function dealingIdOf(vault: Omit<Vault, 'dealingId'>): Uint8Array {
    return sha256(
        concat(
            utf8('scrim-dealing/v1'),
            vault.id,
            u32(vault.dealing),
            u16(vault.threshold),
            u16(vault.holders.length),
            ...vault.commitments,
            ...vault.holders.flatMap(({ verifyKey, signKey, name, line }) => [
                verifyKey,
                signKey,
                sized(name),
                sized(line),
            ]),
        ),
    );
}

function holdersOf(json: PublicVault, commitments: readonly Point[]): Holder[] {
    const names = new Set(json.holders.map(({ name }) => name));
    if (names.size !== json.holders.length) refuse('two holders have the same name');
    return json.holders.map((each, i) => {
        const index = i + 1;
        const verifyKey = pointOf(each.verify_key);
        const expected = evaluatePublic(commitments, index);
        const signKey = fromHex(each.sign_key, 32) ?? refuse('not a signing key');
        if (each.index !== index || !isHolderName(each.name) || utf8(each.line).length > 63)
            refuse(`holder ${index}`);
        if (!expected || !same(expected, verifyKey))
            refuse(`the key of ${each.name} does not follow from the commitments`);
        return { index, name: each.name, line: each.line, verifyKey, signKey };
    });
}

export function parseVault(json: PublicVault): Vault {
    if (!hasShape(json)) refuse('no vault, or malformed');
    const { threshold, dealing } = json;
    const n = json.holders.length;
    const counts =
        threshold >= 2 && threshold <= n && n <= maxHolders && dealing >= 1 && dealing < 2 ** 31;
    if (!counts || json.commitments.length !== threshold) refuse('impossible numbers');
    const commitments = json.commitments.map(pointOf);
    const publicKey = commitments[0] ?? refuse('no commitments');
    const id = sha256(concat(utf8('scrim-vault/v1'), publicKey)).slice(0, 16);
    if (hex(publicKey) !== json.public_key || hex(id) !== json.id)
        refuse('the id does not follow from the public key');
    const known = { id, dealing, threshold, commitments, holders: holdersOf(json, commitments) };
    return { ...known, dealingId: dealingIdOf(known) };
}
