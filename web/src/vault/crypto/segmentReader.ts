// The plaintext of one sealed segment, given its file key: pushed in as it arrives, verified chunk
// by chunk, strictly in order. docs/ref/formats/segment.md, "States".
//
// A whole segment opens only as a whole. One that is torn or still being written yields its whole
// chunks and then what its tail holds; while it grows, tails and chunks may follow each other, and
// no byte is given twice.
import { macFits, parseHeader } from './ageHeader';
import {
    nonceBytes,
    openChunk,
    payloadKey,
    sealChunk,
    sealedChunkBytes,
    tagBytes,
} from './agePayload';
import { concat, same, wipe } from './bytes';
import { VaultError } from './failure';
import { openTail } from './tail';

export type Plain = Uint8Array<ArrayBuffer>;

export interface SegmentFacts {
    index: number; // in the request's list; for the error
    header: Uint8Array; // the file must begin with exactly this
    whole: boolean;
    bytes: number; // of the sealed file, if whole
}

// What an export needs of a segment's end: the payload's bytes that stand (nonce and whole chunks),
// and the last chunk where the file lacks it.
export interface SegmentEnd {
    payloadBytes: number;
    suffix: Uint8Array | null;
}

export class SegmentReader {
    readonly #facts: SegmentFacts;
    readonly #fileKey: Uint8Array; // the caller's
    #payloadKey: Uint8Array | null = null; // once the nonce is there
    #nonce: Uint8Array = new Uint8Array();
    #pending: Uint8Array = new Uint8Array(); // from `position` on
    #chunk = 0; // index of the next one
    #given = 0; // bytes of that chunk that a tail has already yielded
    #latest: Plain | null = null; // the newest chunk, as far as it is known
    #ended = false;
    #stuck = false; // a full chunk opened as neither kind: only a tail can continue

    constructor(facts: SegmentFacts, fileKey: Uint8Array) {
        const header = parseHeader(facts.header);
        if (header?.length !== facts.header.length || !macFits(header, fileKey))
            throw this.#damaged(facts.index, 'its header is not the one that was sealed');
        this.#facts = facts;
        this.#fileKey = fileKey;
    }

    // Was its last chunk seen? Nothing comes after it.
    get ended(): boolean {
        return this.#ended;
    }

    // Where in the file the next chunk begins: the place to read again from.
    get position(): number {
        if (!this.#payloadKey) return 0;
        return this.#facts.header.length + nonceBytes + this.#chunk * sealedChunkBytes;
    }

    // The file's next bytes, from where the last push ended.
    push(bytes: Uint8Array): Plain[] {
        const plain: Plain[] = [];
        if ((this.#ended && !this.#facts.whole) || this.#stuck) return plain;
        this.#pending = this.#pending.length > 0 ? concat(this.#pending, bytes) : bytes;
        if (this.#payloadKey || this.#begin())
            for (;;) {
                const next = this.#next();
                if (!next) break;
                plain.push(next);
            }
        if (this.#ended && this.#facts.whole && this.#pending.length > 0)
            throw this.#damaged(this.#facts.index, 'it goes on after its last chunk');
        this.#pending = this.#pending.slice(); // not a view of the whole block
        return plain.filter((each) => each.length > 0);
    }

    // Forgets what was pushed of the unfinished chunk: the next push begins at `position`.
    rewind(): void {
        this.#pending = new Uint8Array();
        this.#stuck = false;
    }

    // There is no more of a whole segment: was that all?
    finish(): void {
        if (this.#facts.whole && !this.#ended)
            throw new VaultError('file_short', 'it ends before its last chunk', {
                segment: this.#facts.index,
            });
    }

    // What a tail adds to a segment that is not whole. 'ahead': the file has grown since; rewind
    // and push again. Null: it adds nothing.
    pushTail(file: Uint8Array): Plain | 'ahead' | null {
        if (this.#ended || this.#facts.whole || !this.#payloadKey) return null;
        const found = openTail(file, this.#fileKey, this.#nonce, this.#chunk);
        if (found === 'ahead' || found === null || found.length <= this.#given)
            return found === 'ahead' ? found : null;
        return this.#give(found);
    }

    // After everything was pushed, the tail included. Sealing the last chunk under its nonce is
    // safe: that nonce only ever sealed this plaintext or a continuation of it.
    end(): SegmentEnd {
        if (!this.#payloadKey) throw this.#damaged(this.#facts.index, 'it ends before its payload');
        const payloadBytes = nonceBytes + this.#chunk * sealedChunkBytes;
        if (this.#ended) {
            const last = (this.#latest?.length ?? 0) + tagBytes;
            return { payloadBytes: payloadBytes - sealedChunkBytes + last, suffix: null };
        }
        const unfinished = this.#given > 0 || this.#chunk === 0;
        const index = unfinished ? this.#chunk : this.#chunk - 1;
        const plain = this.#latest ?? new Uint8Array();
        return {
            payloadBytes: nonceBytes + index * sealedChunkBytes,
            suffix: sealChunk(this.#payloadKey, index, true, plain),
        };
    }

    wipe(): void {
        wipe(this.#payloadKey, this.#latest);
    }

    #damaged(segment: number, text: string): VaultError {
        return new VaultError('file', text, { segment });
    }

    // Takes header and nonce off the front; false while they are not all there.
    #begin(): boolean {
        const { header, index } = this.#facts;
        if (this.#pending.length < header.length + nonceBytes) return false;
        if (!same(this.#pending.subarray(0, header.length), header))
            throw this.#damaged(index, 'its header is not the one of the list');
        this.#nonce = this.#pending.slice(header.length, header.length + nonceBytes);
        this.#payloadKey = payloadKey(this.#fileKey, this.#nonce);
        this.#pending = this.#pending.subarray(header.length + nonceBytes);
        return true;
    }

    // The next chunk, without what a tail already gave of it; null where it is not all there.
    #next(): Plain | null {
        if (this.#ended || this.#stuck || !this.#payloadKey) return null;
        const { whole, bytes } = this.#facts;
        const left = whole ? bytes - this.position : sealedChunkBytes;
        const sealed = this.#pending.subarray(0, Math.max(0, Math.min(left, sealedChunkBytes)));
        const opened = whole
            ? this.#openOfWhole(this.#payloadKey, sealed, left)
            : this.#openOfTorn(this.#payloadKey, sealed);
        if (!opened) return null;
        this.#pending = this.#pending.subarray(sealed.length);
        const plain = this.#give(opened);
        this.#chunk++;
        this.#given = 0;
        return plain;
    }

    // `left`: bytes of the file from this chunk on.
    #openOfWhole(key: Uint8Array, sealed: Uint8Array, left: number): Plain | null {
        if (left >= tagBytes && sealed.length < Math.min(left, sealedChunkBytes)) return null;
        const last = left <= sealedChunkBytes;
        const opened = openChunk(key, this.#chunk, last, sealed);
        if (!opened)
            throw this.#damaged(this.#facts.index, `it was changed in chunk ${this.#chunk}`);
        this.#ended = last;
        return opened;
    }

    // A last chunk may be shorter than a full one, so each push may have brought it.
    #openOfTorn(key: Uint8Array, sealed: Uint8Array): Plain | null {
        const full = sealed.length === sealedChunkBytes;
        const more = full ? openChunk(key, this.#chunk, false, sealed) : null;
        const last = more ? null : openChunk(key, this.#chunk, true, sealed);
        this.#ended = last !== null;
        this.#stuck = full && !more && !last;
        return more ?? last;
    }

    #give(opened: Plain): Plain {
        const fresh = opened.slice(this.#given);
        wipe(this.#latest);
        this.#latest = opened;
        this.#given = opened.length;
        return fresh;
    }
}
