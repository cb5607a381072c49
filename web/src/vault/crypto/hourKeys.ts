// The hour keys of an opening, as the site sends them: an age file to the requester's one-time
// recipient, around
//   "scrim-hour-keys/v1" ‖ request id 32 ‖ u32 count ‖ count × (camera 32, NUL-padded ‖ u64 hour ‖ key 32)
import { openAge } from './age';
import { fromUtf8, Reader, same, utf8, wipe } from './bytes';
import { VaultError } from './failure';
import { isId, type Label } from './label';

const domain = 'scrim-hour-keys/v1';
const malformed = (): VaultError =>
    new VaultError('hour_keys', 'not the hour keys of this request');

export class HourKeys {
    readonly #keys = new Map<string, Uint8Array>();

    // `file` must be for this identity and this request.
    constructor(file: Uint8Array, secret: Uint8Array, requestId: Uint8Array) {
        const plain = openAge(file, secret);
        if (!plain) throw malformed();
        try {
            this.#read(new Reader(plain), requestId);
        } catch {
            this.wipe();
            throw malformed();
        } finally {
            wipe(plain);
        }
    }

    // Undefined where the hour was shredded.
    of(label: Label): Uint8Array | undefined {
        return this.#keys.get(`${label.camera} ${label.hour}`);
    }

    wipe(): void {
        wipe(...this.#keys.values());
        this.#keys.clear();
    }

    #read(reader: Reader, requestId: Uint8Array): void {
        const fits = same(reader.take(domain.length), utf8(domain));
        if (!fits || !same(reader.take(32), requestId)) throw malformed();
        for (let left = reader.u32(); left > 0; left--) {
            const camera = (fromUtf8(reader.take(32)) ?? '').replace(/\0+$/, '');
            const name = `${camera} ${reader.u64()}`;
            if (!isId(camera) || this.#keys.has(name)) throw malformed();
            this.#keys.set(name, reader.take(32).slice());
        }
        if (reader.left > 0) throw malformed();
    }
}
