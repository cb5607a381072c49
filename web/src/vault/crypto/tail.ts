// The tail of a segment: its unfinished last chunk, sealed under a key of its own.
// docs/ref/formats/segment.md, "Tail".
import { chunkBytes, nonceBytes, tagBytes } from './agePayload';
import { Reader, same, utf8 } from './bytes';
import { hkdf, sha256 } from './hash';
import { sodium } from './sodium';

const slotBytes = 69_632;
const slots = 3;
const headBytes = 64;

interface Slot {
    chunk: number; // index of the chunk that it is the beginning of
    payloadNonce: Uint8Array; // of the age file that it belongs to
    nonce: Uint8Array;
    head: Uint8Array;
    sealed: Uint8Array;
}

// One slot, strictly; null for one that was torn, or never written.
function parseSlot(bytes: Uint8Array): Slot | null {
    const reader = new Reader(bytes);
    try {
        const magic = reader.take(12);
        const length = reader.u32();
        const chunk = reader.u64();
        if (!same(magic.subarray(0, 8), utf8('SCRMTAIL')) || magic[8] !== 1) return null;
        if (!same(magic.subarray(9), new Uint8Array(3)) || length === 0 || length > chunkBytes)
            return null;
        const payloadNonce = reader.take(nonceBytes);
        const nonce = reader.take(24);
        const sealed = reader.take(length + tagBytes);
        const covered = bytes.subarray(0, reader.at);
        if (!same(sha256(covered), reader.take(32)) || chunk > 1n << 40n) return null;
        const head = bytes.subarray(0, headBytes);
        return { chunk: Number(chunk), payloadNonce, nonce, head, sealed };
    } catch {
        return null;
    }
}

function slotsOf(file: Uint8Array, payloadNonce: Uint8Array): Slot[] {
    const found: Slot[] = [];
    for (let i = 0; i < slots; i++) {
        const slot = parseSlot(file.subarray(i * slotBytes));
        if (slot && same(slot.payloadNonce, payloadNonce)) found.push(slot);
    }
    return found;
}

function openSlot(slot: Slot, fileKey: Uint8Array): Uint8Array<ArrayBuffer> | null {
    const key = hkdf(fileKey, slot.payloadNonce, 'scrim tail/v1');
    try {
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            null,
            slot.sealed,
            slot.head,
            slot.nonce,
            key,
        ) as Uint8Array<ArrayBuffer>;
    } catch {
        return null;
    } finally {
        key.fill(0);
    }
}

// The longest beginning of this chunk of the segment that the tail holds. 'ahead' if it only has
// one of a later chunk: the file has grown since it was read. Null if it has none.
export function openTail(
    file: Uint8Array,
    fileKey: Uint8Array,
    payloadNonce: Uint8Array,
    chunk: number,
): Uint8Array<ArrayBuffer> | 'ahead' | null {
    const all = slotsOf(file, payloadNonce);
    const fitting = all.filter((slot) => slot.chunk === chunk);
    fitting.sort((a, b) => b.sealed.length - a.sealed.length);
    const best = fitting[0];
    if (best) return openSlot(best, fileKey);
    return all.some((slot) => slot.chunk > chunk) ? 'ahead' : null;
}
