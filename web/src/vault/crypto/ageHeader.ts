// The textual header of an age v1 file (C2SP age.md): parse, write, MAC. What we refuse where that
// page leaves room: docs/ref/formats/age.md.
import { base64, concat, fromBase64, utf8, wipe } from './bytes';
import { hkdf, hmacSha256 } from './hash';
import { sodium } from './sodium';

export const maxHeader = 64 * 1024;

export interface Stanza {
    args: string[]; // type first
    body: Uint8Array;
}

export interface Header {
    stanzas: Stanza[];
    mac: Uint8Array;
    signed: Uint8Array; // what the MAC covers
    length: number; // in the file, line break of the MAC line included
}

const version = 'age-encryption.org/v1\n';
const columns = 64;
const bytesPerLine = 48;

class Lines {
    at = 0;
    constructor(readonly text: string) {}

    next(): string | null {
        const end = this.text.indexOf('\n', this.at);
        if (end < 0) return null;
        const line = this.text.slice(this.at, end);
        this.at = end + 1;
        return line;
    }
}

function parseBody(lines: Lines): Uint8Array | null {
    const parts: Uint8Array[] = [];
    for (;;) {
        const line = lines.next();
        if (line === null || line.length > columns) return null;
        const part = fromBase64(line);
        if (!part) return null;
        parts.push(part);
        if (line.length < columns) return concat(...parts);
    }
}

// The header at the start of `bytes`; null if it is malformed or does not end within them.
export function parseHeader(bytes: Uint8Array): Header | null {
    const front = bytes.subarray(0, maxHeader);
    // One character a byte, so that positions in text and file agree; text above ASCII fits nowhere.
    const lines = new Lines(new TextDecoder('latin1').decode(front));
    if (!lines.text.startsWith(version)) return null;
    lines.at = version.length;
    const stanzas: Stanza[] = [];
    for (;;) {
        const start = lines.at;
        const line = lines.next();
        if (line === null) return null;
        if (line.startsWith('---')) {
            const mac = /^--- [A-Za-z0-9+/]{43}$/.test(line) ? fromBase64(line.slice(4)) : null;
            if (!mac || stanzas.length === 0) return null;
            return { stanzas, mac, signed: front.slice(0, start + 3), length: lines.at };
        }
        if (!/^->(?: [\x21-\x7e]+)+$/.test(line)) return null;
        const body = parseBody(lines);
        if (!body) return null;
        stanzas.push({ args: line.split(' ').slice(1), body });
    }
}

function macOf(fileKey: Uint8Array, signed: Uint8Array): Uint8Array {
    const key = hkdf(fileKey, new Uint8Array(), 'header');
    const mac = hmacSha256(key, signed);
    wipe(key);
    return mac;
}

export function macFits(header: Header, fileKey: Uint8Array): boolean {
    return sodium.memcmp(macOf(fileKey, header.signed), header.mac);
}

// The last line of a body is shorter than 64 columns, so one of n × 48 bytes ends in an empty line.
function stanzaText({ args, body }: Stanza): string {
    let text = `-> ${args.join(' ')}\n`;
    for (let at = 0; at <= body.length; at += bytesPerLine)
        text += `${base64(body.subarray(at, at + bytesPerLine))}\n`;
    return text;
}

export function writeHeader(stanzas: readonly Stanza[], fileKey: Uint8Array): Uint8Array {
    const signed = utf8(`${version}${stanzas.map(stanzaText).join('')}---`);
    return concat(signed, utf8(` ${base64(macOf(fileKey, signed))}\n`));
}
