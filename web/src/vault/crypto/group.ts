// ristretto255 (RFC 9496) as the vault uses it: points and scalars in their canonical 32 bytes, the
// identity and zero refused. docs/ref/formats/scrim-tdh2.md, "Notation".
import { fromHex, isZero, same } from './bytes';
import { sodium } from './sodium';

export type Point = Uint8Array;
export type Scalar = Uint8Array;

// Ḡ = from_hash(SHA-512("scrim-tdh2/v1 second generator")): nobody knows its logarithm.
export const secondGenerator = fromHex(
    '007198cc099df4add045276ce66220cdf0f6699a7658c526f2c3fbd48911d16b',
    32,
) as Point;

// Decodes, and is not the identity, which libsodium's own test lets pass.
export function isPoint(bytes: Uint8Array): boolean {
    return (
        bytes.length === 32 &&
        !isZero(bytes) &&
        sodium.crypto_core_ristretto255_is_valid_point(bytes)
    );
}

// Below the group order, and not zero.
export function isScalar(bytes: Uint8Array): boolean {
    if (bytes.length !== 32) return false;
    const wide = new Uint8Array(64);
    wide.set(bytes);
    const reduced = sodium.crypto_core_ristretto255_scalar_reduce(wide);
    wide.fill(0);
    const valid = sodium.memcmp(reduced, bytes) && !sodium.is_zero(bytes);
    reduced.fill(0);
    return valid;
}

// scalar · point, of the base point without one; null if the result is the identity.
export function multiply(scalar: Scalar, point?: Point): Point | null {
    try {
        return point
            ? sodium.crypto_scalarmult_ristretto255(scalar, point)
            : sodium.crypto_scalarmult_ristretto255_base(scalar);
    } catch {
        return null;
    }
}

export function add(p: Point, q: Point): Point | null {
    const sum = sodium.crypto_core_ristretto255_add(p, q);
    return isZero(sum) ? null : sum;
}

// a·P − b·Q (P as in multiply): what every verification here comes down to. Null if a part or the
// whole is the identity.
export function multiplySubtract(a: Scalar, p: Point | null, b: Scalar, q: Point): Point | null {
    const left = multiply(a, p ?? undefined);
    const right = multiply(b, q);
    if (!left || !right || same(left, right)) return null;
    return sodium.crypto_core_ristretto255_sub(left, right);
}

export function scalarOf(value: number): Scalar {
    const bytes = new Uint8Array(32);
    new DataView(bytes.buffer).setUint32(0, value, true);
    return bytes;
}

// Σ index^j · commitments[j]: the public key of holder `index`. Null if a step is the identity.
export function evaluatePublic(commitments: readonly Point[], index: number): Point | null {
    const at = scalarOf(index);
    let sum: Point | null = null;
    for (const commitment of [...commitments].reverse()) {
        if (!sum) {
            sum = commitment;
            continue;
        }
        const product = multiply(at, sum);
        sum = product && add(product, commitment);
        if (!sum) return null;
    }
    return sum;
}

// λ = Π_{j ≠ which} j / (j − which): Lagrange's coefficient at zero. The indices are distinct.
export function lagrangeAtZero(indices: readonly number[], which: number): Scalar {
    let numerator = scalarOf(1);
    let denominator = scalarOf(1);
    for (const other of indices) {
        if (other === which) continue;
        const difference = sodium.crypto_core_ristretto255_scalar_sub(
            scalarOf(other),
            scalarOf(which),
        );
        numerator = sodium.crypto_core_ristretto255_scalar_mul(numerator, scalarOf(other));
        denominator = sodium.crypto_core_ristretto255_scalar_mul(denominator, difference);
    }
    const inverse = sodium.crypto_core_ristretto255_scalar_invert(denominator);
    return sodium.crypto_core_ristretto255_scalar_mul(numerator, inverse);
}
