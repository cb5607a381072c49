// Bytes: putting them together, taking them apart, and the text forms that the formats use, each of
// them strict. Integers are big-endian throughout, as in all of Scrim's formats.

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

// Null for what is not UTF-8. A byte order mark is not swallowed.
export function fromUtf8(bytes: Uint8Array): string | null {
    try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
        return null;
    }
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

// Not for secrets: it stops at the first difference.
export function same(a: Uint8Array, b: Uint8Array): boolean {
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

export const u8 = (value: number): Uint8Array => Uint8Array.of(value);

export function u16(value: number): Uint8Array {
    return Uint8Array.of(value >> 8, value);
}

export function u32(value: number): Uint8Array {
    return Uint8Array.of(value >> 24, value >> 16, value >> 8, value);
}

export function u64(value: number | bigint): Uint8Array {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
    return bytes;
}

// Takes bytes from the front. What is taken is a view; running out is an exception, which callers
// turn into their own failure.
export class Reader {
    at = 0;

    constructor(readonly bytes: Uint8Array) {}

    get left(): number {
        return this.bytes.length - this.at;
    }

    take(count: number): Uint8Array {
        if (count > this.left) throw new RangeError('ends too early');
        this.at += count;
        return this.bytes.subarray(this.at - count, this.at);
    }

    u8(): number {
        return this.take(1)[0] as number;
    }

    u16(): number {
        return (this.u8() << 8) | this.u8();
    }

    u32(): number {
        return this.u16() * 0x10000 + this.u16();
    }

    u64(): bigint {
        const eight = this.take(8);
        return new DataView(eight.buffer, eight.byteOffset, 8).getBigUint64(0);
    }
}

export function hex(bytes: Uint8Array): string {
    let text = '';
    for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
    return text;
}

// Exactly `count` bytes in lower-case hexadecimal, or null.
export function fromHex(text: string, count: number): Uint8Array<ArrayBuffer> | null {
    if (text.length !== 2 * count || !/^[0-9a-f]*$/.test(text)) return null;
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
    return bytes;
}

// RFC 4648 section 4 without padding.
export function base64(bytes: Uint8Array): string {
    let binary = '';
    for (let at = 0; at < bytes.length; at += 0x8000)
        binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(binary).replace(/=+$/, '');
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

// Unpadded and canonical (the bits left over are zero), or null.
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
    if (text.length % 4 === 1 || !/^[A-Za-z0-9+/]*$/.test(text)) return null;
    const over = text.length % 4; // characters in the last, unfinished group
    const last = alphabet.indexOf(text.charAt(text.length - 1));
    if ((over === 2 && last & 0x0f) || (over === 3 && last & 0x03)) return null;
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
}

// Strings cannot be wiped, bytes can; see worker.ts for what remains.
export function wipe(...parts: readonly (Uint8Array | null | undefined)[]): void {
    for (const part of parts) part?.fill(0);
}
