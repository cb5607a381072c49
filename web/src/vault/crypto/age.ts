// age v1 with X25519 (C2SP age.md): recipients, identities, wrap and unwrap of a file key, and whole
// small files. Nothing here is armored, and no passphrase stanza is read.
import { type Header, macFits, parseHeader, type Stanza, writeHeader } from './ageHeader';
import { openPayload, sealPayload } from './agePayload';
import { bech32Decode, bech32Encode } from './bech32';
import { base64, concat, fromBase64, wipe } from './bytes';
import { hkdf } from './hash';
import { sodium } from './sodium';

const fileKeyBytes = 16;
const recipientPrefix = 'age';
const identityPrefix = 'AGE-SECRET-KEY-';
const zeroNonce = new Uint8Array(12); // each wrap key is used once

export const recipientText = (key: Uint8Array): string => bech32Encode(recipientPrefix, key);
export const parseRecipient = (text: string): Uint8Array | null =>
    bech32Decode(recipientPrefix, text, 32);
export const identityText = (secret: Uint8Array): string => bech32Encode(identityPrefix, secret);
export const parseIdentity = (text: string): Uint8Array | null =>
    bech32Decode(identityPrefix, text, 32);
export const recipientOf = (secret: Uint8Array): Uint8Array =>
    sodium.crypto_scalarmult_base(secret);

function wrapKey(shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array {
    return hkdf(shared, concat(ephemeral, recipient), 'age-encryption.org/v1/X25519');
}

// Null for a recipient of low order, which would take part in no secret.
export function wrapX25519(recipient: Uint8Array, fileKey: Uint8Array): Stanza | null {
    const secret = sodium.randombytes_buf(32);
    try {
        const ephemeral = recipientOf(secret);
        const shared = sodium.crypto_scalarmult(secret, recipient);
        const key = wrapKey(shared, ephemeral, recipient);
        const body = sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
            fileKey,
            null,
            null,
            zeroNonce,
            key,
        );
        wipe(shared, key);
        return { args: ['X25519', base64(ephemeral)], body };
    } catch {
        return null;
    } finally {
        wipe(secret);
    }
}

// The file key, 'other' if the stanza is for somebody else, 'malformed' if it is not one.
function unwrapX25519(stanza: Stanza, secret: Uint8Array): Uint8Array | 'other' | 'malformed' {
    const [, share, ...more] = stanza.args;
    const ephemeral = share === undefined ? null : fromBase64(share);
    const wellFormed = more.length === 0 && stanza.body.length === fileKeyBytes + 16;
    if (ephemeral?.length !== 32 || !wellFormed) return 'malformed';
    let shared: Uint8Array;
    try {
        shared = sodium.crypto_scalarmult(secret, ephemeral);
    } catch {
        return 'malformed'; // a point of low order
    }
    const key = wrapKey(shared, ephemeral, recipientOf(secret));
    try {
        return sodium.crypto_aead_chacha20poly1305_ietf_decrypt(
            null,
            stanza.body,
            null,
            zeroNonce,
            key,
        );
    } catch {
        return 'other';
    } finally {
        wipe(shared, key);
    }
}

// The file key behind a header, MAC verified; null if none of it is for us, or it was changed.
// Every X25519 stanza must be well formed, also those for others.
export function openHeader(header: Header, secret: Uint8Array): Uint8Array | null {
    let fileKey: Uint8Array | null = null;
    for (const stanza of header.stanzas) {
        if (stanza.args[0] === 'scrypt') return null;
        if (stanza.args[0] !== 'X25519') continue;
        const found = unwrapX25519(stanza, secret);
        if (found === 'malformed') return null;
        if (found !== 'other') fileKey ??= found;
    }
    return fileKey && macFits(header, fileKey) ? fileKey : null;
}

// A whole file. Null unless it is for this identity and all of it was verified.
export function openAge(file: Uint8Array, secret: Uint8Array): Uint8Array | null {
    const header = parseHeader(file);
    const fileKey = header && openHeader(header, secret);
    if (!header || !fileKey) return null;
    const plain = openPayload(fileKey, file.subarray(header.length));
    wipe(fileKey);
    return plain;
}

export function sealAge(plain: Uint8Array, recipient: Uint8Array): Uint8Array | null {
    const fileKey = sodium.randombytes_buf(fileKeyBytes);
    const stanza = wrapX25519(recipient, fileKey);
    const file = stanza && concat(writeHeader([stanza], fileKey), sealPayload(fileKey, plain));
    wipe(fileKey);
    return file;
}
