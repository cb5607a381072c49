// Reading sealed segments: whole, torn, growing; and exports that Debian's age opens.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { identityText, recipientOf, recipientText } from '../src/vault/crypto/age';
import { chunkBytes, sealedChunkBytes } from '../src/vault/crypto/agePayload';
import { concat, fromBase64 } from '../src/vault/crypto/bytes';
import { VaultError } from '../src/vault/crypto/failure';
import { pump, type RemoteReader } from '../src/vault/crypto/pump';
import { endOfWhole, exportHeader, recipientKey } from '../src/vault/crypto/reheader';
import { type SegmentEnd, SegmentReader } from '../src/vault/crypto/segmentReader';
import type { ListedSegment } from '../src/vault/crypto/segments';
import { loadSodium, sodium } from '../src/vault/crypto/sodium';
import type { ExportHeader, SealedSource } from '../src/vault/crypto/types';
import { deal, must, type SealedFile, sealFile, startUs, tailFile, tailSlot } from './vault-kit';

before(loadSodium);

const hourKey = new Uint8Array(32).fill(3);
const film = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, i) => (i * 7 + (i >> 9)) & 0xff);

function sealed(plain: Uint8Array, torn = false): SealedFile {
    const what = { site: 'harbour', camera: 'quay', startUs, hourKey };
    return sealFile(deal(2, ['anna', 'bert']).json, what, plain, torn);
}

const reader = (file: SealedFile, whole: boolean, bytes = file.bytes.length): SegmentReader =>
    new SegmentReader({ index: 4, header: file.header, whole, bytes }, file.fileKey);

// Everything that comes when the file is pushed in pieces of one size.
function readIn(pieces: number, file: SealedFile, whole: boolean): Uint8Array {
    const from = reader(file, whole);
    const plain: Uint8Array[] = [];
    for (let at = 0; at < file.bytes.length; at += pieces)
        plain.push(...from.push(file.bytes.slice(at, at + pieces)));
    from.finish();
    return concat(...plain);
}

function fails(code: string, run: () => unknown): void {
    assert.throws(run, (error) => {
        assert.ok(error instanceof VaultError, String(error));
        assert.deepEqual([error.code, error.segment], [code, 4]);
        return true;
    });
}

test('vault: a whole segment comes back, in whatever pieces it arrives', () => {
    for (const size of [1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 250_000]) {
        const plain = film(size);
        const file = sealed(plain);
        for (const pieces of [100, 4096, sealedChunkBytes, 1 << 20])
            assert.deepEqual(readIn(pieces, file, true), plain, `${size} in ${pieces}`);
    }
});

test('vault: a whole segment that was truncated, spliced or reordered is refused', () => {
    const file = sealed(film(3 * chunkBytes));
    const other = sealed(film(3 * chunkBytes));
    const start = file.header.length + 16;
    const chunk = (of: SealedFile, i: number): Uint8Array =>
        of.bytes.subarray(start + i * sealedChunkBytes, start + (i + 1) * sealedChunkBytes);
    const front = file.bytes.subarray(0, start);
    const cut = (length: number): SealedFile => ({ ...file, bytes: file.bytes.slice(0, length) });
    const made = (...parts: Uint8Array[]): SealedFile => ({ ...file, bytes: concat(...parts) });
    const run = (bad: SealedFile, bytes: number) => () => {
        const from = reader(bad, true, bytes);
        from.push(bad.bytes);
        from.finish();
    };
    const { length } = file.bytes;
    fails('file_short', run(cut(length - 1), length));
    fails('file_short', run(cut(start + 2 * sealedChunkBytes), length));
    fails('file_short', run(cut(start - 1), length));
    fails('file_short', run(cut(0), length));
    // What is left, with a list that says that it is all.
    fails('file', run(cut(length - 1), length - 1));
    fails('file', run(cut(start + 2 * sealedChunkBytes), start + 2 * sealedChunkBytes));
    fails('file', run(file, length - 1));
    fails('file', run(made(file.bytes, Uint8Array.of(0)), length));
    fails('file', run(file, start));
    fails('file', run(file, start - 20));
    fails('file', run(made(front, chunk(file, 1), chunk(file, 0), chunk(file, 2)), length));
    fails('file', run(made(front, chunk(file, 0), chunk(other, 1), chunk(file, 2)), length));
    fails('file', run(made(front, chunk(other, 0), chunk(other, 1), chunk(other, 2)), length));
    fails('file', run({ ...file, bytes: other.bytes }, length));
    const changed = file.bytes.slice();
    changed[length - 1] = (changed[length - 1] ?? 0) ^ 1;
    fails('file', run({ ...file, bytes: changed }, length));
    fails('file', () => reader({ ...file, fileKey: other.fileKey }, true));
    const from = reader(file, true);
    from.push(file.bytes);
    fails('file', () => from.push(Uint8Array.of(1)));
});

test('vault: from a torn segment come its whole chunks and what its tail holds', () => {
    const plain = film(2 * chunkBytes + 5000);
    const file = sealed(plain, true);
    const rest = plain.subarray(2 * chunkBytes);
    const tail = tailFile(
        tailSlot(file, 2, rest.subarray(0, 3000)),
        tailSlot(file, 2, rest),
        tailSlot(file, 1, plain.subarray(chunkBytes, chunkBytes + 50)),
    );
    const from = reader(file, false);
    const some = Uint8Array.of(1, 2, 3); // of a chunk that was never finished
    assert.deepEqual(
        concat(...from.push(concat(file.bytes, some))),
        plain.slice(0, 2 * chunkBytes),
    );
    assert.deepEqual(from.pushTail(tail), rest.slice());
    assert.equal(from.ended, false);
    from.finish();
    const none = reader(file, false);
    none.push(file.bytes);
    assert.equal(none.pushTail(new Uint8Array()), null);
    const foreign = sealed(plain, true);
    assert.equal(none.pushTail(tailFile(tailSlot(foreign, 2, rest))), null);
    const broken = tail.slice();
    for (const slot of [0, 69_632]) broken[slot + 70] = (broken[slot + 70] ?? 0) ^ 1;
    assert.equal(none.pushTail(broken), null);
});

test('vault: after a damaged chunk of a torn segment only a tail of that chunk goes on', () => {
    const plain = film(3 * chunkBytes);
    const file = sealed(plain, true);
    const at = file.header.length + 16 + sealedChunkBytes + 10;
    const bytes = file.bytes.slice();
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const from = reader(file, false);
    assert.deepEqual(concat(...from.push(bytes)), plain.slice(0, chunkBytes));
    const begun = plain.slice(chunkBytes, chunkBytes + 777);
    assert.deepEqual(from.pushTail(tailFile(tailSlot(file, 1, begun))), begun);
});

test('vault: a segment that grows is followed, and no byte is given twice', () => {
    const plain = film(2 * chunkBytes + 900);
    const file = sealed(plain);
    const start = file.header.length + 16;
    const from = reader(file, false);
    const got: Uint8Array[] = [];
    const tail = (chunk: number, count: number): Uint8Array =>
        tailFile(
            tailSlot(file, chunk, plain.subarray(chunk * chunkBytes, chunk * chunkBytes + count)),
        );
    const add = (found: Uint8Array | 'ahead' | null): void => {
        assert.ok(found instanceof Uint8Array);
        got.push(found);
    };
    const grow = (to: number): void => {
        from.rewind();
        got.push(...from.push(file.bytes.slice(from.position, to)));
    };
    grow(20);
    assert.equal(from.position, 0);
    grow(start + 5);
    add(from.pushTail(tail(0, 100)));
    assert.equal(from.pushTail(tail(0, 100)), null);
    add(from.pushTail(tail(0, 4000)));
    assert.equal(from.pushTail(tail(1, 10)), 'ahead');
    grow(start + sealedChunkBytes);
    assert.equal(from.position, start + sealedChunkBytes);
    add(from.pushTail(tail(1, 65_000)));
    grow(start + 2 * sealedChunkBytes);
    grow(file.bytes.length);
    assert.ok(from.ended);
    assert.deepEqual(concat(...got), plain);
});

// --- the page's half

function remote(from: SegmentReader): RemoteReader {
    return {
        push: async (bytes) => ({ plain: from.push(bytes), ended: from.ended }),
        pushTail: async (tail) => {
            const found = from.pushTail(tail);
            if (found !== 'ahead') return { plain: found ? [found] : [], again: null };
            from.rewind();
            return { plain: [], again: from.position };
        },
        finish: async () => from.finish(),
        close: () => from.wipe(),
    };
}

function sourceOf(bytes: Uint8Array, tails: (Uint8Array | null)[] = []): SealedSource {
    return {
        range: async (begin, end) => bytes.slice(begin, end),
        tail: async () => tails.shift() ?? null,
    };
}

async function pumped(from: SegmentReader, source: SealedSource): Promise<Uint8Array> {
    const plain: Uint8Array[] = [];
    for await (const each of pump(remote(from), source)) plain.push(each);
    return concat(...plain);
}

test('vault: a segment of several megabytes is read by ranges', async () => {
    const plain = film(3_500_000);
    const file = sealed(plain);
    assert.deepEqual(await pumped(reader(file, true), sourceOf(file.bytes)), plain);
    const cut = sourceOf(file.bytes.slice(0, -1));
    await assert.rejects(pumped(reader(file, true), cut), { code: 'file_short' });
});

test('vault: a file that outgrew its tail is read on', async () => {
    const plain = film(2 * chunkBytes + 500);
    const file = sealed(plain);
    const tails = [tailFile(tailSlot(file, 2, plain.subarray(2 * chunkBytes, 2 * chunkBytes + 9)))];
    let bytes: Uint8Array = file.bytes.slice(0, file.header.length + 16 + sealedChunkBytes + 3);
    const source: SealedSource = {
        range: async (begin, end) => bytes.slice(begin, end),
        tail: async () => {
            bytes = file.bytes; // it has grown meanwhile
            return tails.shift() ?? null;
        },
    };
    assert.deepEqual(await pumped(reader(file, false), source), plain);
});

// --- export

const listed = (file: SealedFile, whole: boolean): ListedSegment => ({
    index: 4,
    camera: 'quay',
    file: '2026-11-18/000000.mp4.age',
    disk: 'one',
    startUs,
    endUs: startUs + 1,
    bytes: file.bytes.length,
    whole,
    header: file.header,
});

// As the site does it: header, what stands of the payload, suffix.
function exported(file: SealedFile, { header, payload_bytes, suffix }: ExportHeader): Uint8Array {
    const payload = file.bytes.subarray(file.header.length, file.header.length + payload_bytes);
    return concat(must(fromBase64(header)), payload, must(fromBase64(suffix ?? '')));
}

function stockAge(file: Uint8Array, secret: Uint8Array): Uint8Array {
    const dir = mkdtempSync(join(tmpdir(), 'scrim-age-'));
    try {
        writeFileSync(join(dir, 'key'), `${identityText(secret)}\n`);
        writeFileSync(join(dir, 'file'), file);
        const age = ['-d', '-i', join(dir, 'key'), join(dir, 'file')];
        const { stdout, stderr, status } = spawnSync('age', age, { maxBuffer: 1 << 24 });
        assert.equal(status, 0, stderr.toString());
        return new Uint8Array(stdout);
    } finally {
        rmSync(dir, { recursive: true });
    }
}

const missing = spawnSync('age', ['--version']).status === 0 ? false : 'age is not installed';

test('vault: exports open with Debian’s age, whole and torn', { skip: missing }, () => {
    const secret = sodium.randombytes_buf(32);
    const to = recipientKey(recipientText(recipientOf(secret)));
    const open = (file: SealedFile, whole: boolean, end: SegmentEnd): Uint8Array =>
        stockAge(exported(file, exportHeader(listed(file, whole), file.fileKey, to, end)), secret);
    const plain = film(2 * chunkBytes + 5000);
    const whole = sealed(plain);
    assert.deepEqual(open(whole, true, endOfWhole(listed(whole, true))), plain);

    const torn = sealed(plain, true);
    const tail = tailFile(tailSlot(torn, 2, plain.subarray(2 * chunkBytes)));
    const cases: [SealedFile, Uint8Array, Uint8Array | null, Uint8Array][] = [
        [torn, torn.bytes, tail, plain],
        [torn, torn.bytes, null, plain.slice(0, 2 * chunkBytes)],
        [torn, torn.bytes.slice(0, -7), null, plain.slice(0, chunkBytes)],
        [torn, torn.bytes.slice(0, torn.header.length + 30), null, new Uint8Array()],
        [whole, whole.bytes, null, plain], // its end was not journalled, but it is there
    ];
    for (const [file, bytes, itsTail, expected] of cases) {
        const from = reader(file, false);
        from.push(bytes);
        if (itsTail) from.pushTail(itsTail);
        assert.deepEqual(open({ ...file, bytes }, false, from.end()), expected);
    }
});

test('vault: an export needs a recipient', () => {
    assert.throws(() => recipientKey('age1nobody'), { code: 'recipient' });
    const file = sealed(film(10));
    const end = endOfWhole(listed(file, true));
    const low = new Uint8Array(32); // of low order
    assert.throws(() => exportHeader(listed(file, true), file.fileKey, low, end), {
        code: 'recipient',
    });
});
