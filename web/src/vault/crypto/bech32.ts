// Bech32 (BIP 173) without its limit of length, strict: one case, the right prefix, no bits left
// over. Keys of age have 32 bytes.

const charset = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generator = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

function polymod(values: Iterable<number>): number {
    let checksum = 1;
    for (const value of values) {
        const top = checksum >>> 25;
        checksum = ((checksum & 0x1ffffff) << 5) ^ value;
        generator.forEach((each, i) => {
            checksum ^= each & -((top >>> i) & 1);
        });
    }
    return checksum >>> 0;
}

function prefixValues(prefix: string): number[] {
    const codes = [...prefix.toLowerCase()].map((char) => char.charCodeAt(0));
    return [...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31)];
}

// Groups of `from` bits into groups of `to`; what is left over is filled up with zeros.
function regroup(values: Iterable<number>, from: number, to: number): number[] {
    const groups: number[] = [];
    let held = 0;
    let bits = 0;
    for (const value of values) {
        held = ((held << from) | value) & 0xfff;
        bits += from;
        while (bits >= to) {
            bits -= to;
            groups.push((held >> bits) & ((1 << to) - 1));
        }
    }
    if (bits > 0) groups.push((held << (to - bits)) & ((1 << to) - 1));
    return groups;
}

// In the case of the prefix.
export function bech32Encode(prefix: string, bytes: Uint8Array): string {
    const values = regroup(bytes, 8, 5);
    const checksum = polymod([...prefixValues(prefix), ...values, 0, 0, 0, 0, 0, 0]) ^ 1;
    for (let i = 5; i >= 0; i--) values.push((checksum >>> (5 * i)) & 31);
    const text = `${prefix}1${values.map((value) => charset[value]).join('')}`;
    return prefix === prefix.toUpperCase() ? text.toUpperCase() : text;
}

// Exactly `count` bytes under `prefix`, whose case is the case of all of it; or null.
export function bech32Decode(prefix: string, text: string, count: number): Uint8Array | null {
    const wanted = prefix === prefix.toUpperCase() ? text.toUpperCase() : text.toLowerCase();
    if (text !== wanted || !text.startsWith(`${prefix}1`)) return null;
    const values = [...text.slice(prefix.length + 1).toLowerCase()].map((c) => charset.indexOf(c));
    if (values.includes(-1) || polymod([...prefixValues(prefix), ...values]) !== 1) return null;
    const data = values.slice(0, -6);
    const bytes = Uint8Array.from(regroup(data, 5, 8).slice(0, count));
    const fits = bytes.length === count && regroup(bytes, 8, 5).every((v, i) => v === data[i]);
    return fits && data.length === Math.ceil((count * 8) / 5) ? bytes : null;
}
