// A share put under a security token by the page, and where tokens answer.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { hex, utf8 } from '../src/vault/crypto/bytes';
import { protectShare, tryShare } from '../src/vault/crypto/reprotect';
import { openShare } from '../src/vault/crypto/share';
import { parseShareFile } from '../src/vault/crypto/shareFile';
import { loadSodium } from '../src/vault/crypto/sodium';
import { tokenAnswersHere } from '../src/vault/crypto/token';
import type { TokenProtection } from '../src/vault/crypto/types';

before(loadSodium);

const vectors = JSON.parse(readFileSync('../../tests/vectors/scrim-share.json', 'utf8'));
const passphrase: string = vectors.argon2id.passphrase;
const bytesOf = (file: object): Uint8Array => utf8(JSON.stringify(file));
const token: TokenProtection = {
    kind: 'fido2',
    rpId: 'desk.example.org',
    credential: new Uint8Array(64).fill(3),
    salt: new Uint8Array(32).fill(4),
};

test('vault: a share put under a token is the same share, and its secrets are wiped', () => {
    const share = bytesOf(vectors.argon2id.file);
    const answer = new Uint8Array(32).fill(5);
    const file = protectShare({ share, unlock: { passphrase }, token, answer });
    assert.ok([share, answer].every((bytes) => bytes.every((byte) => byte === 0)));
    const { name, index, protection } = parseShareFile(file) ?? {};
    assert.deepEqual([name, index, protection], ['cléo', 1, token]);
    const again = openShare(file, { token: new Uint8Array(32).fill(5) });
    assert.equal(hex(again.secret), vectors.secret);
    assert.throws(() => openShare(file, { token: new Uint8Array(32).fill(6) }));
});

test('vault: a share that does not open is not put under a token', () => {
    const answer = new Uint8Array(32).fill(5);
    const share = bytesOf(vectors.argon2id.file);
    assert.throws(() => protectShare({ share, unlock: { passphrase: 'no' }, token, answer }));
    assert.ok(answer.every((byte) => byte === 0));
});

test('vault: tokens answer under their name and below it, nowhere else', () => {
    for (const [rpId, host, answers] of [
        ['desk.example.org', 'desk.example.org', true],
        ['example.org', 'desk.example.org', true],
        ['desk.example.org', 'example.org', false],
        ['desk.example.org', 'mydesk.example.org', false],
        ['desk.example.org', 'evil-desk.example.org', false],
        ['desk.example.org', '192.0.2.7', false],
        ['localhost', 'localhost', true],
    ] as const)
        assert.equal(tokenAnswersHere(rpId, host), answers, `${rpId} at ${host}`);
});

test('vault: whether a share opens is found out before a token is asked', () => {
    const share = bytesOf(vectors.argon2id.file);
    assert.throws(() => tryShare({ share: share.slice(), unlock: { passphrase: 'no' } }));
    tryShare({ share, unlock: { passphrase } });
    assert.ok(share.every((byte) => byte === 0));
});
