// Which frames a file has, read along as its bytes pass by in pieces: only moov and moof boxes are
// kept, until they are whole.
import { boxes, type InitFacts, readFragment, readInit } from './mp4';

const headerBytes = 8;
const largestKept = 1 << 20; // a larger moov or moof is none of ours

export class FrameScanner {
    #init: InitFacts | null = null;
    #pending = new Uint8Array(0); // the start of a box
    #skip = 0; // bytes of an uninteresting box still to come

    // The times of the frames that these bytes complete, in seconds of media time.
    push(bytes: Uint8Array): number[] {
        const times: number[] = [];
        let rest = bytes;
        while (rest.length > 0 || this.#boxReady()) {
            const skipped = Math.min(this.#skip, rest.length);
            this.#skip -= skipped;
            rest = rest.subarray(skipped);
            if (this.#skip > 0) break;
            rest = this.#gather(rest, times);
        }
        return times;
    }

    #size(): number {
        const { buffer, byteOffset, length } = this.#pending;
        if (length < headerBytes) return headerBytes;
        return new DataView(buffer, byteOffset, length).getUint32(0);
    }

    #boxReady(): boolean {
        return this.#pending.length >= headerBytes && this.#pending.length >= this.#size();
    }

    // Takes what the box at hand still lacks; returns what is left.
    #gather(bytes: Uint8Array, times: number[]): Uint8Array {
        const lacks = Math.max(0, this.#size() - this.#pending.length);
        const taken = bytes.subarray(0, lacks);
        const joined = new Uint8Array(this.#pending.length + taken.length);
        joined.set(this.#pending);
        joined.set(taken, this.#pending.length);
        this.#pending = joined;
        if (joined.length === headerBytes) this.#begin();
        if (this.#boxReady()) this.#finish(times);
        return bytes.subarray(taken.length);
    }

    #begin(): void {
        const type = String.fromCharCode(...this.#pending.subarray(4, 8));
        const size = this.#size();
        if ((type === 'moov' || type === 'moof') && size <= largestKept) return;
        this.#skip = Math.max(0, size - headerBytes);
        this.#pending = new Uint8Array(0);
    }

    #finish(times: number[]): void {
        const view = new DataView(this.#pending.buffer, 0, this.#pending.length);
        const [box] = boxes(view);
        this.#pending = new Uint8Array(0);
        if (box?.type === 'moov') this.#init = readInit(view, box);
        if (box?.type !== 'moof' || !this.#init) return;
        const { timescale } = this.#init;
        times.push(...readFragment(view, box, this.#init).times.map((time) => time / timescale));
    }
}

// Index of the last frame at or before `at` in ascending times, or −1.
export function frameAt(times: readonly number[], at: number): number {
    let low = 0;
    let high = times.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((times[middle] ?? Infinity) <= at) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}
