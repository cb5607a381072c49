// The payload of an age v1 file (C2SP age.md, "Payload"): a nonce, then STREAM over
// ChaCha20-Poly1305 in chunks of 64 KiB, each opened on its own by its index.
import { concat, wipe } from './bytes';
import { hkdf } from './hash';
import { sodium } from './sodium';

export const nonceBytes = 16;
export const chunkBytes = 64 * 1024;
export const tagBytes = 16;
export const sealedChunkBytes = chunkBytes + tagBytes;

// Wipe it after use.
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
    return hkdf(fileKey, nonce, 'payload');
}

// 11 bytes of big-endian counter, then 1 for the last chunk and 0 for all others.
function chunkNonce(index: number, last: boolean): Uint8Array {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setBigUint64(3, BigInt(index));
    nonce[11] = last ? 1 : 0;
    return nonce;
}

// Only an empty file has an empty chunk.
const sizeAllowed = (count: number, index: number, last: boolean): boolean =>
    count <= chunkBytes && (count > 0 || (index === 0 && last));

// Null on any change, of the bytes or of their place.
export function openChunk(
    key: Uint8Array,
    index: number,
    last: boolean,
    sealed: Uint8Array,
): Uint8Array<ArrayBuffer> | null {
    const count = sealed.length - tagBytes;
    if (count < 0 || !sizeAllowed(count, index, last)) return null;
    try {
        const nonce = chunkNonce(index, last);
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
            null,
            sealed,
            null,
            nonce,
            key,
        ) as Uint8Array<ArrayBuffer>;
    } catch {
        return null;
    }
}

export function sealChunk(
    key: Uint8Array,
    index: number,
    last: boolean,
    plain: Uint8Array,
): Uint8Array {
    if (!sizeAllowed(plain.length, index, last)) throw new RangeError('not a chunk');
    const nonce = chunkNonce(index, last);
    return sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plain, null, null, nonce, key);
}

// Everything at once: for the small files that holders and the site send. Null unless all of it
// was verified.
export function openPayload(fileKey: Uint8Array, payload: Uint8Array): Uint8Array | null {
    if (payload.length < nonceBytes + tagBytes) return null;
    const key = payloadKey(fileKey, payload.subarray(0, nonceBytes));
    const chunks: Uint8Array[] = [];
    for (let at = nonceBytes; at < payload.length; at += sealedChunkBytes) {
        const sealed = payload.subarray(at, at + sealedChunkBytes);
        const last = at + sealedChunkBytes >= payload.length;
        const chunk = openChunk(key, chunks.length, last, sealed);
        if (!chunk) {
            wipe(key, ...chunks);
            return null;
        }
        chunks.push(chunk);
    }
    const plain = concat(...chunks);
    wipe(key, ...chunks);
    return plain;
}

export function sealPayload(fileKey: Uint8Array, plain: Uint8Array): Uint8Array {
    const nonce = sodium.randombytes_buf(nonceBytes);
    const key = payloadKey(fileKey, nonce);
    const parts = [nonce];
    const count = Math.max(1, Math.ceil(plain.length / chunkBytes));
    for (let i = 0; i < count; i++) {
        const chunk = plain.subarray(i * chunkBytes, (i + 1) * chunkBytes);
        parts.push(sealChunk(key, i, i === count - 1, chunk));
    }
    key.fill(0);
    return concat(...parts);
}
