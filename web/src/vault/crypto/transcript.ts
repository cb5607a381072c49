// The hash of both proofs: SHA-512 of a domain and everything added, as a scalar (64 bytes
// little-endian, reduced modulo the group order).
import { concat, utf8 } from './bytes';
import type { Scalar } from './group';
import { sodium } from './sodium';

export function challenge(domain: string, ...parts: readonly Uint8Array[]): Scalar {
    const hash = sodium.crypto_hash_sha512(concat(utf8(domain), ...parts));
    return sodium.crypto_core_ristretto255_scalar_reduce(hash);
}
