// What a holder sends with an approval: a part for each segment of the vault, in the order of the
// list, in an age file to the requester's one-time recipient, around
//   "scrim-partials/v1" ‖ request id 32 ‖ u16 holder ‖ u32 count ‖ count × (U_i 32 ‖ e_i 32 ‖ f_i 32)
import { openAge, sealAge } from './age';
import { concat, Reader, same, u16, u32, utf8, wipe } from './bytes';
import type { Partial } from './tdh2';

const domain = 'scrim-partials/v1';

// Wipes the parts. Null for a recipient that nothing can be encrypted to.
export function sealPartials(
    requestId: Uint8Array,
    holder: number,
    partials: readonly Partial[],
    recipient: Uint8Array,
): Uint8Array | null {
    const parts = partials.flatMap(({ u, e, f }) => [u, e, f]);
    const head = [utf8(domain), requestId, u16(holder), u32(partials.length)];
    const plain = concat(...head, ...parts);
    const file = sealAge(plain, recipient);
    wipe(plain, ...parts);
    return file;
}

// Null unless it is for this identity, request and holder, with exactly `count` parts. The parts
// themselves are not verified.
export function openPartials(
    file: Uint8Array,
    secret: Uint8Array,
    requestId: Uint8Array,
    holder: number,
    count: number,
): Partial[] | null {
    const plain = openAge(file, secret);
    if (!plain || plain.length !== domain.length + 32 + 2 + 4 + count * 96) return null;
    const reader = new Reader(plain);
    const fits =
        same(reader.take(domain.length), utf8(domain)) &&
        same(reader.take(32), requestId) &&
        reader.u16() === holder &&
        reader.u32() === count;
    if (!fits) return null;
    return Array.from({ length: count }, () => ({
        index: holder,
        u: reader.take(32),
        e: reader.take(32),
        f: reader.take(32),
    }));
}
