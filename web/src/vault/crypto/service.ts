// What the worker does, as functions: no messages here, so that tests call the same code.
import { identityText, recipientOf, recipientText } from './age';
import { decide, type DecideInput, review, type ReviewInput } from './decide';
import { VaultError } from './failure';
import { hex } from './bytes';
import { GlassKeys } from './glass';
import { type Opened, openRequest, type OpenInput, readIdentityFile } from './open';
import { protectShare, type ProtectInput, tryShare } from './reprotect';
import { endOfWhole, exportHeader, recipientKey } from './reheader';
import { type Plain, SegmentReader } from './segmentReader';
import type { ListedSegment } from './segments';
import { sodium } from './sodium';
import type { ExportHeader, Fault, OnProgress, RequestDocument, SegmentEntry } from './types';

export interface IdentityKeys {
    secret: Uint8Array;
    recipient: string; // age1…
    text: string; // AGE-SECRET-KEY-1…
}

export interface OpenedFacts {
    id: string;
    request: RequestDocument;
    segments: Omit<SegmentEntry, 'header'>[];
    shredded: number[];
    faults: Fault[];
}

interface Reading {
    reader: SegmentReader;
    quiet: boolean; // nobody wants the plaintext, only where it ends
}

function keysOf(secret: Uint8Array): IdentityKeys {
    return { secret, recipient: recipientText(recipientOf(secret)), text: identityText(secret) };
}

// One worker's state: at most one opening, and the segments that are being read from it.
export class Service {
    #opened: Opened | null = null;
    readonly #glass = new GlassKeys();
    readonly #readings = new Map<number, Reading>();
    #lastReading = 0;

    review(input: ReviewInput, onProgress: OnProgress) {
        return review(input, onProgress);
    }

    decide(input: DecideInput, onProgress: OnProgress): Uint8Array<ArrayBuffer> {
        return decide(input, onProgress);
    }

    tryShare(input: Pick<ProtectInput, 'share' | 'unlock'>): void {
        tryShare(input);
    }

    protect(input: ProtectInput): Uint8Array<ArrayBuffer> {
        return protectShare(input);
    }

    makeIdentity(): IdentityKeys {
        return keysOf(sodium.randombytes_buf(32));
    }

    readIdentity({ text }: { text: string }): IdentityKeys {
        return keysOf(readIdentityFile(text));
    }

    open(input: OpenInput, onProgress: OnProgress): OpenedFacts {
        const opened = openRequest(input, onProgress);
        this.#opened = opened;
        const { id, request, segments, shredded, faults } = opened;
        return {
            id: hex(id),
            request,
            segments: segments.map(({ header: _, index: __, ...entry }) => entry),
            shredded,
            faults,
        };
    }

    // Begins to read a segment; the number stands for it until close.
    begin({ index, quiet }: { index: number; quiet: boolean }): number {
        const { entry, fileKey } = this.#segment(index);
        return this.#read(new SegmentReader(entry, fileKey), quiet);
    }

    // Break-glass: emergency keys for the identity, beside those before. How many there are.
    glassKeys({ file, identity }: { file: Uint8Array; identity: Uint8Array }): number {
        return this.#glass.add(file, identity);
    }

    // The same as begin, for a segment that none of an opening lists: its front says which of those
    // keys is for it. It may still grow. Null if none is.
    glassBegin({ front }: { front: Uint8Array }): number | null {
        const found = this.#glass.open(front);
        if (!found) return null;
        const facts = { index: 0, header: found.header, whole: false, bytes: 0 };
        return this.#read(new SegmentReader(facts, found.fileKey), false);
    }

    push({ reading, bytes }: { reading: number; bytes: Uint8Array }) {
        const { reader, quiet } = this.#reading(reading);
        const plain = reader.push(bytes);
        return { plain: quiet ? [] : plain, ended: reader.ended };
    }

    pushTail({ reading, tail }: { reading: number; tail: Uint8Array }) {
        const { reader, quiet } = this.#reading(reading);
        const found = reader.pushTail(tail);
        const plain: Plain[] = found && found !== 'ahead' && !quiet ? [found] : [];
        if (found !== 'ahead') return { plain, again: null };
        reader.rewind();
        return { plain, again: reader.position };
    }

    finish({ reading }: { reading: number }): void {
        this.#reading(reading).reader.finish();
    }

    close({ reading }: { reading: number }): void {
        this.#readings.get(reading)?.reader.wipe();
        this.#readings.delete(reading);
    }

    // The header of an export; `reading` of a segment that is not whole, read to its end.
    header(input: { index: number; exportTo: string; reading: number | null }): ExportHeader {
        const { entry, fileKey } = this.#segment(input.index);
        const { reading } = input;
        const end = reading === null ? endOfWhole(entry) : this.#reading(reading).reader.end();
        return exportHeader(entry, fileKey, recipientKey(input.exportTo), end);
    }

    #read(reader: SegmentReader, quiet: boolean): number {
        this.#lastReading++;
        this.#readings.set(this.#lastReading, { reader, quiet });
        return this.#lastReading;
    }

    #segment(index: number): { entry: ListedSegment; fileKey: Uint8Array } {
        const entry = this.#opened?.segments[index];
        const fileKey = this.#opened?.keys.get(index);
        if (this.#opened?.shredded.includes(index))
            throw new VaultError('hour_shredded', 'its hour has no key', { segment: index });
        if (!entry || !fileKey) throw new VaultError('worker', 'not a segment of this worker');
        return { entry, fileKey };
    }

    #reading(number: number): Reading {
        const reading = this.#readings.get(number);
        if (!reading) throw new VaultError('worker', 'nothing is being read under this number');
        return reading;
    }
}
