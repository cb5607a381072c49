// TDH2 (Shoup and Gennaro 2002, section 4) over ristretto255, as docs/ref/formats/scrim-tdh2.md has
// it byte by byte: reading a seal, checking it, a holder's part, verifying and combining parts.
import type { Stanza } from './ageHeader';
import { concat, fromBase64, same, u16, utf8, wipe } from './bytes';
import { VaultError } from './failure';
import {
    add,
    isPoint,
    isScalar,
    lagrangeAtZero,
    multiply,
    multiplySubtract,
    type Point,
    type Scalar,
    secondGenerator,
} from './group';
import { hkdf } from './hash';
import { decodeLabel, type Label } from './label';
import { sodium } from './sodium';
import { challenge } from './transcript';
import type { Holder, Vault } from './vault';

export interface Sealed {
    label: Label;
    labelBytes: Uint8Array;
    u: Point;
    uBar: Point;
    e: Scalar;
    f: Scalar;
    c: Uint8Array; // 32 bytes
}

export interface Partial {
    index: number; // of the holder
    u: Point; // U_i
    e: Scalar;
    f: Scalar;
}

const zeroNonce = new Uint8Array(12); // each wrap key wraps one file key

// Null for anything but canonical encodings of valid points and scalars.
export function parseSealed(stanza: Stanza): Sealed | null {
    const [type, ...fields] = stanza.args;
    if (type !== 'scrim-tdh2' || fields.length !== 6 || stanza.body.length !== 32) return null;
    const [vaultId, labelBytes, u, uBar, e, f] = fields.map(fromBase64);
    if (!vaultId || !labelBytes || !u || !uBar || !e || !f) return null;
    const label = decodeLabel(labelBytes);
    if (!label || !same(label.vaultId, vaultId)) return null;
    if (!isPoint(u) || !isPoint(uBar) || !isScalar(e) || !isScalar(f)) return null;
    return { label, labelBytes, u, uBar, e, f, c: stanza.body };
}

// Was this ciphertext made, with this label, by somebody who knew r? Without secrets.
export function checkSealed(vault: Vault, sealed: Sealed): boolean {
    const w = multiplySubtract(sealed.f, null, sealed.e, sealed.u);
    const wBar = multiplySubtract(sealed.f, secondGenerator, sealed.e, sealed.uBar);
    if (!same(sealed.label.vaultId, vault.id) || !w || !wBar) return false;
    const expected = challenge(
        'scrim-tdh2/v1 seal',
        sealed.c,
        u16(sealed.labelBytes.length),
        sealed.labelBytes,
        sealed.u,
        w,
        sealed.uBar,
        wBar,
    );
    return same(expected, sealed.e);
}

function partialChallenge(
    vault: Vault,
    holder: Holder,
    sealed: Sealed,
    requestId: Uint8Array,
    uI: Point,
    commitments: readonly [Point, Point],
): Scalar {
    return challenge(
        'scrim-tdh2/v1 share',
        vault.id,
        u16(holder.index),
        sealed.u,
        holder.verifyKey,
        uI,
        ...commitments,
        requestId,
    );
}

// The part of the holder whose share `secret` is, for one segment and one request. `sealed` was
// checked. `t` is fresh for each part: two with one t give the share away to anyone.
export function makePartial(
    vault: Vault,
    holder: Holder,
    secret: Scalar,
    sealed: Sealed,
    requestId: Uint8Array,
    t: Scalar = sodium.crypto_core_ristretto255_scalar_random(),
): Partial {
    const u = multiply(secret, sealed.u);
    const r = multiply(t);
    const rHat = multiply(t, sealed.u);
    if (!u || !r || !rHat) throw new VaultError('seal', 'this segment cannot be opened');
    const e = partialChallenge(vault, holder, sealed, requestId, u, [r, rHat]);
    const product = sodium.crypto_core_ristretto255_scalar_mul(secret, e);
    const f = sodium.crypto_core_ristretto255_scalar_add(t, product);
    wipe(t, product);
    return { index: holder.index, u, e, f };
}

export function verifyPartial(
    vault: Vault,
    sealed: Sealed,
    requestId: Uint8Array,
    partial: Partial,
): boolean {
    const holder = vault.holders[partial.index - 1];
    if (!holder || !isPoint(partial.u) || !isScalar(partial.e) || !isScalar(partial.f))
        return false;
    const r = multiplySubtract(partial.f, null, partial.e, holder.verifyKey);
    const rHat = multiplySubtract(partial.f, sealed.u, partial.e, partial.u);
    if (!r || !rHat) return false;
    const expected = partialChallenge(vault, holder, sealed, requestId, partial.u, [r, rHat]);
    return same(expected, partial.e);
}

// λ of each holder, which all segments that the same holders open have in common.
const coefficients = new Map<string, Map<number, Scalar>>();

function coefficientsOf(indices: readonly number[]): Map<number, Scalar> {
    const known = coefficients.get(indices.join());
    if (known) return known;
    const made = new Map(indices.map((index) => [index, lagrangeAtZero(indices, index)]));
    coefficients.set(indices.join(), made);
    return made;
}

// Z = Σ λ_i·U_i. Null if it is the identity.
function interpolate(partials: readonly Partial[]): Point | null {
    const lambdas = coefficientsOf(partials.map((partial) => partial.index));
    let z: Point | null = null;
    for (const partial of partials) {
        const term = multiply(lambdas.get(partial.index) as Scalar, partial.u);
        const sum: Point | null = term && z ? add(z, term) : term;
        if (z) wipe(z, term);
        if (!sum) return null;
        z = sum;
    }
    return z;
}

// wk = HKDF-SHA-256(ikm = Z ‖ K, salt = U ‖ vault id, info = "scrim-tdh2/v1 wrap" ‖ L). Wipe it.
export function wrapKey(z: Point, hourKey: Uint8Array, sealed: Sealed): Uint8Array {
    const ikm = concat(z, hourKey);
    const salt = concat(sealed.u, sealed.label.vaultId);
    const key = hkdf(ikm, salt, concat(utf8('scrim-tdh2/v1 wrap'), sealed.labelBytes));
    wipe(ikm);
    return key;
}

function refuseUnverified(
    vault: Vault,
    sealed: Sealed,
    requestId: Uint8Array,
    partials: readonly Partial[],
): void {
    const seen = new Set<number>();
    for (const partial of partials) {
        const holder = vault.holders[partial.index - 1]?.name ?? `${partial.index}`;
        if (!verifyPartial(vault, sealed, requestId, partial))
            throw new VaultError('partial', `the part of ${holder} is wrong`, { holder });
        if (seen.has(partial.index))
            throw new VaultError('partial', `${holder} is given twice`, { holder });
        seen.add(partial.index);
    }
    if (seen.size < vault.threshold)
        throw new VaultError('too_few', `${vault.threshold} must agree, ${seen.size} did`);
}

// Checks the seal, verifies every part, also those beyond k (a lie is never passed over), and opens
// the file key. Wipe it after use.
export function combine(
    vault: Vault,
    sealed: Sealed,
    requestId: Uint8Array,
    partials: readonly Partial[],
    hourKey: Uint8Array,
): Uint8Array {
    if (!checkSealed(vault, sealed)) throw new VaultError('seal', 'the seal was changed');
    refuseUnverified(vault, sealed, requestId, partials);
    const z = interpolate(partials.slice(0, vault.threshold));
    const key = z && wrapKey(z, hourKey, sealed);
    try {
        if (!key) throw new Error('the parts cancel out');
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
            null,
            sealed.c,
            null,
            zeroNonce,
            key,
        );
    } catch {
        throw new VaultError('hour_key', 'the hour key is not the one of this seal');
    } finally {
        wipe(z, key);
    }
}
