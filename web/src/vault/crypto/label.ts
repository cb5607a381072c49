// The label L: what a seal is bound to. docs/ref/formats/scrim-tdh2.md, "Label".
import { concat, fromUtf8, Reader, same, u64, u8, utf8 } from './bytes';

export interface Label {
    vaultId: Uint8Array; // 16 bytes
    site: string;
    camera: string;
    startUs: bigint; // of the segment, since 1970 (UTC), below 2^63
    hour: bigint; // names the hour key
}

const suite = 1; // ristretto255, SHA-512, HKDF-SHA-256, ChaCha20-Poly1305; there is no other
const hourUs = 3_600_000_000n;

export const isId = (text: string): boolean => /^[a-z0-9-]{1,31}$/.test(text);

export function encodeLabel(label: Label): Uint8Array {
    return concat(
        u8(suite),
        label.vaultId,
        u8(label.site.length),
        utf8(label.site),
        u8(label.camera.length),
        utf8(label.camera),
        u64(label.startUs),
        u64(label.hour),
    );
}

// Null for anything that encodeLabel would not have written.
export function decodeLabel(bytes: Uint8Array): Label | null {
    const reader = new Reader(bytes);
    try {
        reader.u8();
        const label: Label = {
            vaultId: reader.take(16).slice(),
            site: fromUtf8(reader.take(reader.u8())) ?? '',
            camera: fromUtf8(reader.take(reader.u8())) ?? '',
            startUs: reader.u64(),
            hour: reader.u64(),
        };
        const valid =
            isId(label.site) &&
            isId(label.camera) &&
            label.startUs < 1n << 63n &&
            label.hour === label.startUs / hourUs;
        return valid && same(encodeLabel(label), bytes) ? label : null;
    } catch {
        return null;
    }
}
