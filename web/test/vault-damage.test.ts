// Every parser of the vault's code against damaged bytes: it refuses in its own words, or what it
// says is still true; it never fails in a way that nobody meant. Seeded, so a failure comes again.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
    openAge,
    parseIdentity,
    parseRecipient,
    recipientOf,
    sealAge,
} from '../src/vault/crypto/age';
import { parseHeader } from '../src/vault/crypto/ageHeader';
import { concat, fromUtf8, utf8 } from '../src/vault/crypto/bytes';
import { parseDecision } from '../src/vault/crypto/decision';
import { VaultError } from '../src/vault/crypto/failure';
import { HourKeys } from '../src/vault/crypto/hourKeys';
import { decodeLabel } from '../src/vault/crypto/label';
import { parseRequest } from '../src/vault/crypto/request';
import { SegmentReader } from '../src/vault/crypto/segmentReader';
import { parseSegments, sealOf } from '../src/vault/crypto/segments';
import { Service } from '../src/vault/crypto/service';
import { openShare } from '../src/vault/crypto/share';
import { parseShareFile } from '../src/vault/crypto/shareFile';
import { loadSodium } from '../src/vault/crypto/sodium';
import { openTail } from '../src/vault/crypto/tail';
import { parseVault } from '../src/vault/crypto/vault';
import {
    deal,
    documents,
    hourKeyFile,
    hourUs,
    sealFile,
    shareFile,
    startUs,
    tailFile,
    tailSlot,
} from './vault-kit';

before(loadSodium);

// xorshift32
function dice(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        return (state >>> 0) % below;
    };
}

function damaged(bytes: Uint8Array, roll: (below: number) => number): Uint8Array {
    const copy = bytes.slice();
    const at = roll(copy.length);
    switch (roll(5)) {
        case 0:
            copy[at] = roll(256);
            return copy;
        case 1:
            return copy.slice(0, at);
        case 2: // a piece twice
            return concat(copy.slice(0, at), copy.slice(Math.max(0, at - roll(40))));
        case 3: // a piece less
            return concat(copy.slice(0, at), copy.slice(at + roll(40)));
        default: // a byte that means something
            copy[at] = '{}[]",:\\-0e\n =\u0000'.charCodeAt(roll(15));
            return copy;
    }
}

test('vault: whatever is damaged is refused in the vault’s own words', () => {
    const hourKey = new Uint8Array(32).fill(3);
    const identity = new Uint8Array(32).fill(11);
    const dealt = deal(2, ['anna', 'bert']);
    const what = { site: 'harbour', camera: 'quay', startUs, hourKey };
    const file = sealFile(dealt.json, what, new Uint8Array(300));
    const papers = documents([{ file, entry: {} }], [dealt], identity);
    const decision = new Service().decide(
        {
            ...papers,
            vaults: [dealt.json],
            share: shareFile(dealt, 1),
            unlock: { none: true },
            approve: true,
            reason: '',
            atUs: startUs + 2 * hourUs,
        },
        () => {},
    );
    const keys = hourKeyFile(identity, papers.id, [
        { camera: 'quay', hour: startUs / hourUs, key: hourKey },
    ]);
    const [entry] = parseSegments(papers.segments);
    assert.ok(entry);
    const label = sealOf(entry).labelBytes;
    const share = shareFile(dealt, 1);
    const vault = utf8(JSON.stringify(dealt.json));
    const reader = (bytes: Uint8Array): void => {
        const { length } = file.bytes;
        const facts = { index: 0, header: file.header, whole: true, bytes: length };
        const from = new SegmentReader(facts, file.fileKey);
        from.push(bytes);
        from.finish();
    };
    const parsers: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
        [papers.request, parseRequest],
        [papers.segments, (bytes) => parseSegments(bytes).map(sealOf)],
        [decision, parseDecision],
        [share, parseShareFile],
        [share, (bytes) => openShare(bytes, { none: true })],
        [keys, (bytes) => new HourKeys(bytes, identity, papers.id)],
        [sealAge(new Uint8Array(99), recipientOf(identity)) ?? keys, (b) => openAge(b, identity)],
        [file.header, parseHeader],
        [label, decodeLabel],
        [file.bytes, reader],
        [
            tailFile(tailSlot(file, 0, new Uint8Array(50))),
            (bytes) => openTail(bytes, file.fileKey, file.nonce, 0),
        ],
        [utf8('age1qqqsyrhqy2a'), (bytes) => parseRecipient(fromUtf8(bytes) ?? '')],
        [utf8('AGE-SECRET-KEY-1QQQ'), (bytes) => parseIdentity(fromUtf8(bytes) ?? '')],
        [vault, (bytes) => parseVault(JSON.parse(fromUtf8(bytes) ?? 'null'))],
    ];
    for (const [nth, [bytes, parse]] of parsers.entries()) {
        const roll = dice(nth + 1);
        for (let i = 0; i < 150; i++) {
            const bad = damaged(bytes, roll);
            try {
                parse(bad);
            } catch (error) {
                const meant = error instanceof VaultError || error instanceof SyntaxError;
                assert.ok(meant, `parser ${nth}, ${i}: ${String((error as Error).stack)}`);
            }
        }
    }
});
