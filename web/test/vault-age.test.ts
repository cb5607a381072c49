// age v1 in the browser's code: what we write, Debian's age reads, and the other way round; what
// C2SP age.md forbids is refused.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import {
    identityText,
    openAge,
    openHeader,
    parseIdentity,
    parseRecipient,
    recipientOf,
    recipientText,
    sealAge,
    wrapX25519,
} from '../src/vault/crypto/age';
import { parseHeader, writeHeader } from '../src/vault/crypto/ageHeader';
import { chunkBytes, openPayload, sealedChunkBytes } from '../src/vault/crypto/agePayload';
import { bech32Decode, bech32Encode } from '../src/vault/crypto/bech32';
import { base64, concat, fromBase64, utf8 } from '../src/vault/crypto/bytes';
import { readIdentityFile } from '../src/vault/crypto/open';
import { loadSodium, sodium } from '../src/vault/crypto/sodium';
import { must } from './vault-kit';

before(loadSodium);

const missing = spawnSync('age', ['--version']).status === 0 ? false : 'age is not installed';
const sizes = [0, 1, 1000, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, 200_000];
// libsodium draws 64 KiB at most in one go.
const filler = (count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, i) => (i * 31 + (i >> 8)) & 0xff);

function withFiles(use: (path: (name: string) => string) => void): void {
    const dir = mkdtempSync(join(tmpdir(), 'scrim-age-'));
    try {
        use((name) => join(dir, name));
    } finally {
        rmSync(dir, { recursive: true });
    }
}

test('vault: files of any size come back, and Debian’s age opens them', { skip: missing }, () => {
    withFiles((path) => {
        const secret = sodium.randombytes_buf(32);
        writeFileSync(path('key'), `${identityText(secret)}\n`);
        for (const size of sizes) {
            const plain = filler(size);
            const file = must(sealAge(plain, recipientOf(secret)));
            assert.deepEqual(openAge(file, secret), plain);
            writeFileSync(path('file'), file);
            const { stdout, status } = spawnSync('age', ['-d', '-i', path('key'), path('file')], {
                maxBuffer: 1 << 24,
            });
            assert.equal(status, 0);
            assert.deepEqual(new Uint8Array(stdout), plain);
        }
    });
});

test('vault: what Debian’s age wrote is opened', { skip: missing }, () => {
    withFiles((path) => {
        const keygen = spawnSync('age-keygen', ['-o', path('key')]);
        assert.equal(keygen.status, 0);
        const secret = readIdentityFile(readFileSync(path('key'), 'utf8'));
        const recipient = recipientText(recipientOf(secret));
        const other = recipientText(recipientOf(sodium.randombytes_buf(32)));
        for (const size of sizes) {
            writeFileSync(path('plain'), filler(size));
            const age = ['-r', other, '-r', recipient, '-o', path('file'), path('plain')];
            assert.equal(spawnSync('age', age).status, 0);
            const file = new Uint8Array(readFileSync(path('file')));
            assert.deepEqual(openAge(file, secret), filler(size));
        }
    });
});

test('vault: an age file opens for its recipient only, and only unchanged', () => {
    const secret = sodium.randombytes_buf(32);
    const file = must(sealAge(filler(chunkBytes + 9), recipientOf(secret)));
    assert.ok(openAge(file, secret));
    assert.equal(openAge(file, sodium.randombytes_buf(32)), null);
    for (const at of [3, 30, 80, 150, 190, 220, 300, file.length - 1]) {
        const changed = file.slice();
        changed[at] = (changed[at] ?? 0) ^ 1;
        assert.equal(openAge(changed, secret), null, `byte ${at}`);
    }
    for (const length of [0, 10, 100, file.length - 1, file.length - 25, 300])
        assert.equal(openAge(file.slice(0, length), secret), null, `${length} bytes`);
    assert.equal(openAge(concat(file, Uint8Array.of(0)), secret), null);
});

test('vault: chunks cannot change their places', () => {
    const fileKey = sodium.randombytes_buf(16);
    const secret = sodium.randombytes_buf(32);
    const file = must(sealAge(filler(3 * chunkBytes), recipientOf(secret)));
    const header = must(parseHeader(file));
    const key = must(openHeader(header, secret));
    const payload = file.subarray(header.length);
    const chunk = (i: number) =>
        payload.subarray(16 + i * sealedChunkBytes, 16 + (i + 1) * sealedChunkBytes);
    const nonce = payload.subarray(0, 16);
    assert.ok(openPayload(key, concat(nonce, chunk(0), chunk(1), chunk(2))));
    const bad = [
        concat(nonce, chunk(1), chunk(0), chunk(2)),
        concat(nonce, chunk(0), chunk(2)),
        concat(nonce, chunk(0), chunk(1)),
        concat(nonce, chunk(0), chunk(1), chunk(2), chunk(2)),
        nonce,
        concat(sodium.randombytes_buf(16), chunk(0), chunk(1), chunk(2)),
    ];
    for (const each of bad) assert.equal(openPayload(key, each), null);
    assert.equal(openPayload(fileKey, payload), null);
});

test('vault: headers that age.md forbids are refused', () => {
    const fileKey = sodium.randombytes_buf(16);
    const secret = sodium.randombytes_buf(32);
    const stanza = must(wrapX25519(recipientOf(secret), fileKey));
    const good = new TextDecoder().decode(writeHeader([stanza], fileKey));
    assert.equal(must(parseHeader(utf8(good))).length, good.length);
    const bad = [
        good.replace('/v1', '/v2'),
        good.replace('\n', '\r\n'),
        good.replace('-> X25519 ', '-> X25519  '),
        good.replace('-> X25519', '->X25519'),
        good.replace('-> X25519', '-> X2\u00e9'),
        good.replace('--- ', '---'),
        good.replace(/--- .*\n/, '---\n'),
        good.replace(/-> [^]*---/, '---'),
        good.slice(0, -1),
        good.replace(/\n([^\n]+)\n---/, '\n$1=\n---'),
        good.replace(/\n([^\n]+)\n---/, `\n${'A'.repeat(65)}\n---`),
        good.replace(/\n([^\n]+)\n---/, `\n${'A'.repeat(64)}\n---`),
    ];
    for (const each of bad) assert.equal(parseHeader(utf8(each)), null, each);
    assert.equal(parseHeader(utf8('-> '.padEnd(70_000, 'x'))), null);
});

test('vault: stanzas for others are passed over, malformed ones spoil the file', () => {
    const fileKey = sodium.randombytes_buf(16);
    const secret = sodium.randombytes_buf(32);
    const mine = must(wrapX25519(recipientOf(secret), fileKey));
    const theirs = must(wrapX25519(recipientOf(sodium.randombytes_buf(32)), fileKey));
    const open = (...stanzas: (typeof mine)[]) =>
        openHeader(must(parseHeader(writeHeader(stanzas, fileKey))), secret);
    const grease = { args: ['x-grease', 'a', 'b'], body: filler(48) };
    assert.deepEqual(open(theirs, grease, mine), fileKey);
    assert.equal(open(theirs, grease), null);
    const zero = base64(new Uint8Array(32));
    const bad = [
        { ...mine, args: ['X25519'] },
        { ...mine, args: [...mine.args, 'more'] },
        { ...mine, args: ['X25519', zero] }, // of low order
        { ...mine, body: concat(mine.body, mine.body) },
        { args: ['scrypt', 'AAAAAAAAAAAAAAAAAAAAAA', '10'], body: mine.body },
    ];
    for (const each of bad) assert.equal(open(mine, each), null, each.args.join(' '));
    assert.equal(wrapX25519(new Uint8Array(32), fileKey), null);
});

test('vault: recipients and identities are Bech32, strictly', () => {
    const key = filler(32);
    const recipient = recipientText(key);
    const identity = identityText(key);
    assert.deepEqual(parseRecipient(recipient), key);
    assert.deepEqual(parseIdentity(identity), key);
    const bad = [
        '',
        'age1',
        recipient.toUpperCase(),
        recipient.slice(0, -1),
        `${recipient}q`,
        recipient.replace('age1', 'age2'),
        `${recipient.slice(0, -1)}${recipient.endsWith('q') ? 'p' : 'q'}`,
        `${recipient.slice(0, 10)}${recipient.slice(10).toUpperCase()}`,
        recipient.replace(/.$/, 'b'),
        ` ${recipient}`,
        bech32Encode('age', filler(31)),
        bech32Encode('age', filler(33)),
        identity,
    ];
    for (const each of bad) assert.equal(parseRecipient(each), null, each);
    assert.equal(parseIdentity(identity.toLowerCase()), null);
    assert.equal(bech32Decode('age', 'age1\u017fqqqqqqq', 32), null);
    // BIP 173's own: a valid checksum over other data than ours.
    assert.equal(bech32Encode('a', new Uint8Array()), 'a12uel5l');
});

test('vault: base64 is unpadded and canonical', () => {
    for (let size = 0; size < 70; size++) {
        const text = Buffer.from(filler(size)).toString('base64').replace(/=+$/, '');
        assert.equal(base64(filler(size)), text);
        assert.deepEqual(fromBase64(text), filler(size));
    }
    for (const bad of ['A', 'AB', 'AAB', 'AA==', 'AA\n', 'A-', 'AAA\u00c0', ' AAAA'])
        assert.equal(fromBase64(bad), null, bad);
});
