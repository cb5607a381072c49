// SHA-256, and HKDF-SHA-256 (RFC 5869) with 32 bytes of output: one block.
import { concat, utf8, wipe } from './bytes';
import { sodium } from './sodium';

export const sha256 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
    sodium.crypto_hash_sha256(bytes) as Uint8Array<ArrayBuffer>;

export function hmacSha256(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
    const state = sodium.crypto_auth_hmacsha256_init(key);
    for (const part of parts) sodium.crypto_auth_hmacsha256_update(state, part);
    return sodium.crypto_auth_hmacsha256_final(state);
}

export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: string | Uint8Array): Uint8Array {
    const key = hmacSha256(salt.length > 0 ? salt : new Uint8Array(32), ikm);
    const output = hmacSha256(
        key,
        concat(typeof info === 'string' ? utf8(info) : info, Uint8Array.of(1)),
    );
    wipe(key);
    return output;
}
