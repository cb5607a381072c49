// Break-glass in the browser: the emergency keys that the keeper handed out (src/keeper/glass_keys.h),
// and with them the file key of a sealed segment, from the X25519 stanza beside the vault's.
import { openAge, openHeader } from './age';
import { parseHeader } from './ageHeader';
import { Reader, same, utf8, wipe } from './bytes';
import { VaultError } from './failure';

const magic = utf8('scrim-glass-keys/v1');
const keyBytes = 32;
const keysMax = 64;

export class GlassKeys {
    readonly #secrets: Uint8Array[] = [];

    // The keys in an age file for `identity`, beside those that are known: none is forgotten.
    add(file: Uint8Array, identity: Uint8Array): number {
        const plain = openAge(file, identity);
        if (!plain)
            throw new VaultError('hour_keys', 'the emergency keys are not for this browser');
        try {
            this.#take(plain);
        } finally {
            wipe(plain);
        }
        return this.#secrets.length;
    }

    // Of the segment that begins with `front`; null if none of the keys is for it.
    open(front: Uint8Array): { header: Uint8Array; fileKey: Uint8Array } | null {
        const header = parseHeader(front);
        if (!header) return null;
        for (const secret of this.#secrets) {
            const fileKey = openHeader(header, secret);
            if (fileKey) return { header: front.slice(0, header.length), fileKey };
        }
        return null;
    }

    #take(plain: Uint8Array): void {
        const reader = new Reader(plain);
        try {
            if (!same(reader.take(magic.length), magic)) throw new RangeError('magic');
            const count = reader.u32();
            if (count > keysMax || plain.length !== reader.at + count * (16 + keyBytes))
                throw new RangeError('count');
            for (let i = 0; i < count; i++) {
                reader.take(16); // when it is for: each stanza says itself which fits
                const secret = reader.take(keyBytes).slice();
                if (this.#secrets.some((known) => same(known, secret))) wipe(secret);
                else this.#secrets.push(secret);
            }
        } catch (error) {
            if (!(error instanceof RangeError) && !(error instanceof VaultError)) throw error;
            throw new VaultError('hour_keys', 'the emergency keys cannot be read');
        }
    }
}
