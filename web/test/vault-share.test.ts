// Share files in the browser: the vectors, and each way in which a file does not open.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { hex, utf8 } from '../src/vault/crypto/bytes';
import { VaultError } from '../src/vault/crypto/failure';
import { parseJson } from '../src/vault/crypto/json';
import { holderOf, openShare } from '../src/vault/crypto/share';
import { isRpId, parseShareFile } from '../src/vault/crypto/shareFile';
import { loadSodium } from '../src/vault/crypto/sodium';
import type { Unlock } from '../src/vault/crypto/types';
import { parseVault } from '../src/vault/crypto/vault';
import { deal, must, randomScalar, shareFile } from './vault-kit';

before(loadSodium);

const none: Unlock = { none: true };

function fails(code: string, run: () => unknown): void {
    assert.throws(run, (error) => {
        assert.ok(error instanceof VaultError, String(error));
        assert.equal(error.code, code);
        return true;
    });
}

interface Vectors {
    secret: string;
    none: { file: object };
    argon2id: { passphrase: string; file: object };
    fido2: { prf_output: string; file: object };
}

test('vault: the share files of the vectors open', () => {
    const text = readFileSync('../../tests/vectors/scrim-share.json', 'utf8');
    const vectors = JSON.parse(text) as Vectors;
    const bytes = (file: object): Uint8Array => utf8(JSON.stringify(file, null, 2));
    const token = new Uint8Array(Buffer.from(vectors.fido2.prf_output, 'hex'));
    const cases: [object, Unlock][] = [
        [vectors.none.file, none],
        [vectors.argon2id.file, { passphrase: vectors.argon2id.passphrase }],
        [vectors.fido2.file, { token }],
    ];
    for (const [file, unlock] of cases) {
        const share = openShare(bytes(file), unlock);
        assert.deepEqual([share.index, share.name], [1, 'cléo']);
        assert.equal(hex(share.secret), vectors.secret);
    }
});

test('vault: a share file says why it does not open', () => {
    const dealt = deal(2, ['anna', 'bert']);
    const token = new Uint8Array(32).fill(4);
    const bare = shareFile(dealt, 1);
    const locked = shareFile(dealt, 1, { passphrase: 'über alles' });
    const keyed = shareFile(dealt, 1, { token });
    assert.deepEqual(openShare(bare, none).secret, dealt.shares[0]);
    assert.deepEqual(openShare(locked, { passphrase: 'über alles' }).secret, dealt.shares[0]);
    assert.deepEqual(openShare(keyed, { token }).secret, dealt.shares[0]);
    fails('share_passphrase', () => openShare(locked, { passphrase: 'uber alles' }));
    fails('share_passphrase', () => openShare(locked, { passphrase: '' }));
    fails('share_needs_passphrase', () => openShare(locked, none));
    fails('share_needs_passphrase', () => openShare(locked, { token }));
    fails('share_token', () => openShare(keyed, { token: new Uint8Array(32) }));
    fails('share_needs_token', () => openShare(keyed, { passphrase: 'x' }));
    fails('share_needs_token', () => openShare(keyed, { token: new Uint8Array(16) }));
});

// Whatever is changed in a file, it is damage, not a wrong passphrase.
test('vault: a damaged share file is told from a wrong passphrase', () => {
    const dealt = deal(2, ['anna', 'bert']);
    const text = new TextDecoder().decode(shareFile(dealt, 1, { passphrase: 'right' }));
    const open = (changed: string) => () => openShare(utf8(changed), { passphrase: 'right' });
    const flip = (name: string): string =>
        text.replace(new RegExp(`("${name}":")(.)`), (_, start: string, digit: string) =>
            [start, digit === '0' ? '1' : '0'].join(''),
        );
    const changes = [
        '',
        '{}',
        text.slice(0, -2),
        `${text} x`,
        text.replace('anna', 'amna'),
        text.replace('"index":1', '"index":2'),
        text.replace('"index":1', '"index":0'),
        text.replace('"index":1', '"index":"1"'),
        text.replace('"passes":1', '"passes":2'),
        text.replace('"passes":1', '"passes":11'),
        text.replace('"memory_kib":8', '"memory_kib":1048577'),
        text.replace('scrim-share/v1', 'scrim-share/v2'),
        text.replace('argon2id', 'none'),
        text.replace('"index":1', '"index":1,"more":1'),
        text.replace('"index":1', '"index":1,"index":1'),
        text.replace(/"sealed":"(.*?)"/, (all) => all.toUpperCase()),
        text.padEnd(20_000, ' '),
        ...['vault', 'salt', 'nonce', 'sealed', 'checksum'].map(flip),
    ];
    assert.ok(open(text)());
    for (const changed of changes) {
        assert.notEqual(changed, text);
        fails('share_damaged', open(changed));
    }
});

test('vault: a share of another vault, and one that was replaced, are told apart', () => {
    const secret = randomScalar();
    const first = deal(2, ['anna', 'bert'], secret);
    const second = deal(2, ['anna', 'bert'], secret, 2);
    const other = deal(2, ['anna', 'bert']);
    const vault = parseVault(second.json);
    assert.equal(holderOf(vault, openShare(shareFile(second, 2), none)).name, 'bert');
    fails('share_vault', () => holderOf(vault, openShare(shareFile(other, 2), none)));
    fails('share_old', () => holderOf(vault, openShare(shareFile(first, 2), none)));
    const posing = { json: second.json, shares: [...second.shares].reverse() };
    fails('share_old', () => holderOf(vault, openShare(shareFile(posing, 2), none)));
    const zero = { json: second.json, shares: second.shares.map(() => new Uint8Array(32)) };
    fails('share_damaged', () => openShare(shareFile(zero, 2), none));
});

test('vault: the page sees what to ask for, without opening anything', () => {
    const dealt = deal(2, ['anna', 'bert']);
    const file = must(parseShareFile(shareFile(dealt, 1, { token: new Uint8Array(32) })));
    assert.ok(file.protection.kind === 'fido2' && file.protection.rpId === 'site.example');
    assert.equal(parseShareFile(utf8('no')), null);
    for (const good of ['localhost', 'a.b', 'vault.harbour-1.example', `${'a'.repeat(63)}.x`])
        assert.ok(isRpId(good), good);
    for (const bad of ['', 'A.b', '-a.b', 'a-.b', 'a..b', '10.0.0.1', `${'a'.repeat(64)}.x`, 'ä.b'])
        assert.equal(isRpId(bad), false, bad);
});

test('vault: JSON is read strictly, and what it says only once', () => {
    const read = (text: string) => parseJson(utf8(text));
    assert.deepEqual(read(' [1, -2, "a\\u00e9\\n", true, null, {} ] '), [
        1,
        -2,
        'aé\n',
        true,
        null,
        new Map(),
    ]);
    assert.deepEqual(read('{"a":{"b":[]}}'), new Map([['a', new Map([['b', []]])]]));
    const bad = [
        '',
        '[1,]',
        '{"a":1,"a":1}',
        '{"a":1,"\\u0061":1}',
        '{a:1}',
        '01',
        '1.0',
        '1e3',
        '-0',
        '9007199254740992',
        '"\\ud800"',
        '"\\u0000"',
        '"\u0001"',
        "'a'",
        'nul',
        'truefalse',
        '[1] [2]',
        '\ufeff[]',
        '['.repeat(40) + ']'.repeat(40),
    ];
    for (const each of bad) assert.equal(read(each), null, each);
    assert.equal(parseJson(Uint8Array.of(0x22, 0xff, 0x22)), null);
});
