// The whole of an opening as browsers compute it: holders review and decide, the requester opens.
// And what must not open: altered documents, foreign and lying holders, another request's parts.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { recipientOf, recipientText } from '../src/vault/crypto/age';
import { concat, fromBase64, fromHex, fromUtf8, hex, utf8 } from '../src/vault/crypto/bytes';
import { makeDecision, parseDecision, verifyDecision } from '../src/vault/crypto/decision';
import { type FailureCode, VaultError } from '../src/vault/crypto/failure';
import { sha256 } from '../src/vault/crypto/hash';
import { openRequest } from '../src/vault/crypto/open';
import { sealPartials } from '../src/vault/crypto/partials';
import { parseRequest } from '../src/vault/crypto/request';
import { parseSegments, sealOf } from '../src/vault/crypto/segments';
import { Service } from '../src/vault/crypto/service';
import { loadSodium, sodium } from '../src/vault/crypto/sodium';
import { makePartial } from '../src/vault/crypto/tdh2';
import type { Progress, PublicVault, SegmentEntry } from '../src/vault/crypto/types';
import { parseVault } from '../src/vault/crypto/vault';
import {
    deal,
    type Dealt,
    documents,
    hourKeyFile,
    hourUs,
    must,
    randomScalar,
    type SealedFile,
    sealFile,
    shareFile,
    startUs,
} from './vault-kit';

before(loadSodium);

const quiet = (): void => {};
const nowUs = startUs + 2 * hourUs;
const hour = startUs / hourUs;
const film = (seed: number): Uint8Array => new Uint8Array(70_000).fill(seed);

interface Listed {
    file: SealedFile;
    entry: Partial<SegmentEntry>;
}

// `count` minutes of a camera, sealed to a vault.
function minutes(dealt: Dealt, count: number, hourKey: Uint8Array, from = startUs): Listed[] {
    return Array.from({ length: count }, (_, i) => {
        const at = from + i * 60_000_000;
        const what = { site: 'harbour', camera: 'quay', startUs: at, hourKey };
        const name = `2026-11-18/00${String(i).padStart(2, '0')}00.mp4.age`;
        return { file: sealFile(dealt.json, what, film(i)), entry: { startUs: at, file: name } };
    });
}

class Scene {
    readonly names = ['anna', 'bert', 'carl', 'dora'];
    readonly dealt = deal(2, this.names);
    readonly hourKey = sodium.randombytes_buf(32);
    readonly identity = sodium.randombytes_buf(32);
    readonly files: Listed[];
    vaults: Dealt[];
    request!: Uint8Array;
    segments!: Uint8Array;
    id!: Uint8Array;

    constructor(count = 3) {
        this.files = minutes(this.dealt, count, this.hourKey);
        this.vaults = [this.dealt];
        this.write();
    }

    write(change: object = {}): this {
        Object.assign(this, documents(this.files, this.vaults, this.identity, change));
        return this;
    }

    decide(index: number, approve = true, change: object = {}, dealt = this.dealt): Uint8Array {
        const input = {
            vaults: (dealt === this.dealt ? this.vaults : [dealt]).map(({ json }) => json),
            request: this.request,
            segments: this.segments,
            share: shareFile(dealt, index),
            unlock: { none: true } as const,
            approve,
            reason: approve ? '' : 'Not a crime.',
            atUs: nowUs,
            ...change,
        };
        return new Service().decide(input, quiet);
    }

    hourKeys(keys = [{ camera: 'quay', hour, key: this.hourKey }], id = this.id): Uint8Array {
        return hourKeyFile(this.identity, id, keys);
    }

    open(decisions: Uint8Array[], change: object = {}, service = new Service()) {
        return service.open(
            {
                request: this.request,
                segments: this.segments,
                decisions,
                hourKeys: this.hourKeys(),
                identity: this.identity.slice(),
                vaults: this.vaults.map(({ json }) => json),
                part: { nth: 0, of: 1 },
                ...change,
            },
            quiet,
        );
    }

    read(service: Service, index: number): Uint8Array {
        const reading = service.begin({ index, quiet: false });
        const { bytes } = must(this.files[index]).file;
        const { plain, ended } = service.push({ reading, bytes: bytes.slice() });
        assert.ok(ended);
        service.finish({ reading });
        service.close({ reading });
        return concat(...plain);
    }
}

function fails(
    code: FailureCode,
    run: () => unknown,
    about: { holder?: string; segment?: number } = {},
): void {
    assert.throws(run, (error) => {
        assert.ok(error instanceof VaultError, String((error as Error).stack));
        const expected = [code, about.holder ?? null, about.segment ?? null];
        assert.deepEqual([error.code, error.holder, error.segment], expected, error.message);
        return true;
    });
}

const edit = (bytes: Uint8Array, from: string | RegExp, to: string): Uint8Array => {
    const text = must(fromUtf8(bytes));
    const changed = text.replace(from, to);
    assert.notEqual(changed, text);
    return utf8(changed);
};

interface Vectors {
    vault: PublicVault;
    shares: string[];
    identity: string;
    request: string;
    request_id: string;
    segments: string;
    decisions: string[];
    hour_keys: string;
    file_keys: string[];
}

test('vault: the documents of the vectors are read, decided and opened as everywhere', () => {
    const vectors = JSON.parse(
        readFileSync('../../tests/vectors/scrim-decision.json', 'utf8'),
    ) as Vectors;
    const request = utf8(vectors.request);
    const segments = utf8(vectors.segments);
    const decisions = vectors.decisions.map(utf8);
    assert.equal(hex(sha256(request)), vectors.request_id);
    const opened = openRequest(
        {
            ...{ request, segments, decisions },
            identity: must(fromHex(vectors.identity, 32)),
            hourKeys: must(fromBase64(vectors.hour_keys)),
            vaults: [vectors.vault],
            part: { nth: 0, of: 1 },
        },
        quiet,
    );
    assert.deepEqual(opened.faults, []);
    assert.deepEqual([...opened.keys.values()].map(hex), vectors.file_keys);
    // Ben refuses again: Ed25519 is deterministic, so every byte is the same.
    const refusal = parseDecision(must(decisions[1]));
    const shares = vectors.shares.map((share) => must(fromHex(share, 32)));
    const input = {
        ...{ request, segments, vaults: [vectors.vault] },
        share: shareFile({ json: vectors.vault, shares }, 2),
        unlock: { none: true } as const,
        approve: false,
        reason: refusal.reason,
        atUs: refusal.atUs,
    };
    assert.deepEqual(parseDecision(new Service().decide(input, quiet)), refusal);
});

test('vault: two holders approve, the requester sees every minute', () => {
    const scene = new Scene();
    const seen: Progress[] = [];
    const documents_ = { request: scene.request, segments: scene.segments };
    const reviewed = new Service().review(
        { vaults: [scene.dealt.json], ...documents_ },
        (progress) => seen.push(progress),
    );
    assert.deepEqual([reviewed.id, reviewed.segments.length], [hex(scene.id), 3]);
    assert.equal(reviewed.request.reason, 'A theft at the north gate.');
    assert.deepEqual(seen.at(-1), { step: 'check', done: 3, total: 3 });
    const service = new Service();
    const facts = scene.open([scene.decide(4), scene.decide(2)], {}, service);
    assert.deepEqual([facts.faults, facts.shredded, facts.segments.length], [[], [], 3]);
    for (const index of [2, 0, 1]) assert.deepEqual(scene.read(service, index), film(index));
    const to = recipientText(recipientOf(sodium.randombytes_buf(32)));
    const header = service.header({ index: 1, exportTo: to, reading: null });
    assert.equal(header.segment, 1);
    assert.equal(header.suffix, null);
});

test('vault: several workers share the segments of a long request', () => {
    const scene = new Scene(5);
    const decisions = [scene.decide(1), scene.decide(3)];
    const services = [0, 1].map((nth) => {
        const service = new Service();
        scene.open(decisions, { part: { nth, of: 2 } }, service);
        return service;
    });
    for (let index = 0; index < 5; index++)
        assert.deepEqual(scene.read(must(services[index % 2]), index), film(index));
    fails('worker', () => must(services[0]).begin({ index: 1, quiet: false }));
});

test('vault: one is too few, a refusal is no approval, and nobody counts twice', () => {
    const scene = new Scene(1);
    const one = scene.decide(1);
    fails('too_few', () => scene.open([]));
    fails('too_few', () => scene.open([one]));
    fails('too_few', () => scene.open([one, scene.decide(2, false)]));
    fails('decision', () => scene.open([one, one]), { holder: 'anna' });
    fails('decision', () => scene.open([one, scene.decide(1)]), { holder: 'anna' });
});

test('vault: who lies is named, and left out where others suffice', () => {
    const scene = new Scene(2);
    const [one, two] = [scene.decide(1), scene.decide(2)];
    // Carl signs, but his parts are of another share.
    const third = must(scene.dealt.shares[2]);
    const honest = parseDecision(scene.decide(3));
    const vault = parseVault(scene.dealt.json);
    assert.equal(verifyDecision(vault, scene.id, honest).name, 'carl');
    const liar = lyingDecision(scene, 3, third);
    fails('partial', () => scene.open([one, liar]), { holder: 'carl' });
    const service = new Service();
    const facts = scene.open([liar, one, two], {}, service);
    assert.deepEqual(facts.faults, [{ holder: 'carl', code: 'partial' }]);
    assert.deepEqual(scene.read(service, 1), film(1));
    const forged = edit(two, /"signature":"../, '"signature":"00');
    fails('signature', () => scene.open([one, forged]), { holder: 'bert' });
    assert.equal(scene.open([one, forged, scene.decide(4)]).faults[0]?.code, 'signature');
});

// Signed as the holder, over parts that another secret made.
function lyingDecision(scene: Scene, index: number, secret: Uint8Array): Uint8Array {
    const vault = parseVault(scene.dealt.json);
    const seals = parseSegments(scene.segments).map(sealOf);
    const partials = seals.map((sealed) =>
        makePartial(vault, must(vault.holders[index - 1]), randomScalar(), sealed, scene.id),
    );
    const file = must(sealPartials(scene.id, index, partials, recipientOf(scene.identity)));
    const share = { vaultId: vault.id, index, name: must(scene.names[index - 1]), secret };
    const what = { request: scene.id, approve: true, reason: '', atUs: nowUs, partials: file };
    return makeDecision(vault, share, what);
}

test('vault: a decision is bound to its request, recipient and dealing', () => {
    const scene = new Scene(1);
    const other = new Scene(1);
    const one = scene.decide(1);
    // The same files, asked for again: approvals of the first open nothing of it.
    const first = scene.decide(2);
    const again = Object.assign(Object.create(Scene.prototype) as Scene, scene);
    again.write({ number: 8 });
    fails('decision', () => again.open([one, first]));
    fails('decision', () => other.open([one, first]));
    // Another recipient: other bytes, another request.
    const theirs = sodium.randombytes_buf(32);
    again.write({ recipient: recipientText(recipientOf(theirs)) });
    fails('identity', () => again.open([one, first]));
    fails('decision', () =>
        again.open([one, first], {
            identity: theirs,
            hourKeys: hourKeyFile(theirs, again.id, []),
        }),
    );
    // After a refresh.
    const refreshed = deal(2, scene.names, randomScalar(), 2);
    fails('other_vault', () => scene.decide(1, true, {}, refreshed));
});

test('vault: every member of a decision is signed', () => {
    const scene = new Scene(1);
    const vault = parseVault(scene.dealt.json);
    const good = scene.decide(2);
    const verify = (bytes: Uint8Array) => () =>
        verifyDecision(vault, scene.id, parseDecision(bytes));
    assert.equal(verify(good)().name, 'bert');
    const bert = { holder: 'bert' };
    fails('signature', verify(edit(good, `"at_us":${nowUs}`, `"at_us":${nowUs + 1}`)), bert);
    fails('signature', verify(edit(good, '"reason":""', '"reason":"yes"')), bert);
    fails('signature', verify(edit(good, /"partials":".../, '"partials":"AAA')), bert);
    fails('signature', verify(edit(good, '"holder":2', '"holder":3')), { holder: 'carl' });
    fails('decision', verify(edit(good, '"holder":2', '"holder":5')));
    fails('decision', verify(edit(good, hex(scene.id), 'ab'.repeat(32))));
    fails('decision', verify(edit(good, hex(vault.dealingId), 'ab'.repeat(32))));
    fails('decision', verify(edit(good, scene.dealt.json.id, 'ab'.repeat(16))));
    const no = scene.decide(2, false);
    assert.equal(parseDecision(no).reason, 'Not a crime.');
    fails('signature', verify(edit(no, 'Not a crime', 'Not a crimf')), bert);
    const malformed = [
        edit(good, '"approve":true', '"approve":false'),
        edit(no, '"approve":false', '"approve":true'),
        edit(no, 'Not a crime.', '  '),
        edit(no, 'Not a crime.', 'x'.repeat(501)),
        edit(good, '"holder":2', '"holder":2,"holder":2'),
        edit(good, '"holder":2', '"holder":2,"more":2'),
        edit(good, '"holder":2,', ''),
        edit(good, '/v1', '/v2'),
        edit(good, /"partials":"(.)/, '"partials":" $1'),
    ];
    for (const each of malformed) fails('decision', verify(each));
});

test('vault: a holder does not approve what lies outside the request', () => {
    const cases: [FailureCode, (scene: Scene) => unknown, number?][] = [
        ['not_covered', (scene) => scene.write({ from_us: startUs + 60_000_000 }), 0],
        ['not_covered', (scene) => scene.write({ to_us: startUs + 120_000_000 }), 2],
        ['not_covered', (scene) => stretched(scene), 0],
        ['not_covered', (scene) => scene.write({ cameras: ['gate'] }), 0],
        ['not_covered', (scene) => scene.write({ site: 'airport' }), 0],
        // The list says another time than the label.
        ['not_covered', (scene) => entry(scene, 1, { startUs: startUs + 60_000_001 }), 1],
        ['not_covered', (scene) => entry(scene, 1, { endUs: startUs + 60_000_000 }), 1],
        ['not_covered', (scene) => entry(scene, 2, { camera: 'yard' }), 2],
        // A wanted ciphertext under an innocent label.
        ['seal', relabel, 1],
        ['segments', (scene) => entry(scene, 0, { header: utf8('age-encryption.org/v1\n') }), 0],
        ['segments', twice, 2],
        ['segments', disorder, 1],
        ['segments', (scene) => scene.write({ segments: 2 })],
        ['segments', (scene) => scene.write({ segments_sha256: 'ab'.repeat(32) })],
        ['segments', foreignVault, 1],
        ['other_vault', (scene) => scene.write({ vaults: [] })],
        ['expired', (scene) => scene.write({ expires_us: nowUs })],
        ['request', (scene) => scene.write({ more: 1 })],
    ];
    for (const [code, spoil, segment] of cases) {
        const scene = new Scene();
        spoil(scene);
        const about = segment === undefined ? {} : { segment };
        fails(code, () => scene.decide(1), about);
    }
});

function entry(scene: Scene, at: number, change: Partial<SegmentEntry>): void {
    Object.assign(must(scene.files[at]).entry, change);
    scene.write();
}

// Where a segment ends is nothing that a seal proves: these are said to last into the time asked for.
function stretched(scene: Scene): void {
    const fromUs = startUs + 10 * 60_000_000 + 1;
    const toUs = fromUs + 60_000_000;
    for (const file of scene.files) file.entry.endUs = toUs;
    scene.write({ from_us: fromUs, to_us: toUs });
}

// Segment 1 gets the label of a minute that was asked for and the points of one that was not.
function relabel(scene: Scene): void {
    const [wanted] = minutes(scene.dealt, 1, scene.hourKey, startUs + 30 * hourUs);
    const innocent = must(scene.files[1]);
    const args = (file: SealedFile): string[] => must(fromUtf8(file.header)).split(/[ \n]/);
    const label = must(args(innocent.file)[4]);
    const header = must(fromUtf8(must(wanted).file.header));
    innocent.entry.header = utf8(header.replace(must(args(must(wanted).file)[4]), label));
    scene.write();
}

function twice(scene: Scene): void {
    scene.files[2] = must(scene.files[1]);
    scene.write();
}

function disorder(scene: Scene): void {
    scene.files.reverse();
    scene.write();
}

function foreignVault(scene: Scene): void {
    const other = deal(2, ['x', 'y']);
    const [, file] = minutes(other, 2, scene.hourKey);
    scene.files[1] = must(file);
    scene.write();
}

test('vault: a request can be refused whatever its segments are like', () => {
    const scene = new Scene();
    relabel(scene);
    assert.equal(parseDecision(scene.decide(1, false)).approve, false);
    fails('reason', () => scene.decide(1, false, { reason: ' ' }));
    fails('reason', () => scene.decide(1, false, { reason: 'ü'.repeat(251) }));
});

test('vault: a share is wiped whatever happens', () => {
    const scene = new Scene(1);
    const share = shareFile(scene.dealt, 1, { token: new Uint8Array(32).fill(1) });
    const token = new Uint8Array(32).fill(2);
    fails('share_token', () => scene.decide(1, true, { share, unlock: { token } }));
    assert.ok([...share, ...token].every((byte) => byte === 0));
    const later = shareFile(scene.dealt, 1);
    scene.decide(1, true, { share: later });
    assert.ok(later.every((byte) => byte === 0));
});

test('vault: hour keys of another request, hour or camera open nothing', () => {
    const scene = new Scene(2);
    const decisions = [scene.decide(1), scene.decide(2)];
    const key = scene.hourKey;
    const good = [{ camera: 'quay', hour, key }];
    const open = (hourKeys: Uint8Array) => () => scene.open(decisions, { hourKeys });
    fails('hour_keys', open(scene.hourKeys(good, sha256(utf8('another')))));
    fails('hour_keys', open(scene.hourKeys([...good, ...good])));
    fails('hour_keys', open(hourKeyFile(sodium.randombytes_buf(32), scene.id, good)));
    fails('hour_keys', open(new Uint8Array()));
    const swapped = scene.hourKeys([{ camera: 'quay', hour, key: new Uint8Array(32) }]);
    fails('hour_key', open(swapped), { segment: 0 });
    // Shredded: everybody agreed, and it stays shut.
    const service = new Service();
    const neighbours = [
        { camera: 'quay', hour: hour + 1, key },
        { camera: 'gate', hour, key },
    ];
    const facts = scene.open(decisions, { hourKeys: scene.hourKeys(neighbours) }, service);
    assert.deepEqual(facts.shredded, [0, 1]);
    fails('hour_shredded', () => service.begin({ index: 0, quiet: false }), { segment: 0 });
});

// Nothing in a header but the seal is proven to holders; the file key proves the rest.
test('vault: a header that was added to is found by who opens', () => {
    const scene = new Scene(2);
    const { header } = must(scene.files[1]).file;
    const stanza = `-> X25519 ${'A'.repeat(43)}\n${'A'.repeat(43)}\n--- `;
    entry(scene, 1, { header: edit(header, '--- ', stanza) });
    const decisions = [scene.decide(1), scene.decide(2)];
    fails('file', () => scene.open(decisions), { segment: 1 });
});

test('vault: a request over a rotation asks both vaults', () => {
    const scene = new Scene(2);
    const after = deal(3, ['emil', 'fred', 'gina']);
    const [, , later] = minutes(after, 3, scene.hourKey);
    scene.files.push(must(later));
    scene.vaults.push(after);
    scene.write();
    const ofFirst = [scene.decide(1), scene.decide(2)];
    const ofSecond = [1, 2, 3].map((index) => scene.decide(index, true, {}, after));
    const stranger = deal(2, ['x', 'y']);
    fails('share_vault', () => scene.decide(1, true, { share: shareFile(stranger, 1) }));
    // With the present vault alone, as GET /vault has it, holders of the earlier one cannot decide.
    const vaults = [after.json];
    fails('other_vault', () => scene.decide(1, true, { vaults }));
    assert.equal(parseDecision(scene.decide(2, true, { vaults }, after)).vault.length, 16);
    fails('too_few', () => scene.open([...ofFirst, ...ofSecond.slice(1)]));
    fails('too_few', () => scene.open(ofSecond));
    fails('other_vault', () => scene.open(ofFirst, { vaults: [scene.dealt.json] }), {
        segment: 2,
    });
    const service = new Service();
    scene.open([...ofFirst, ...ofSecond], {}, service);
    assert.deepEqual(scene.read(service, 2), film(2));
});

test('vault: a request that makes no sense is refused', () => {
    const scene = new Scene(1);
    const good = parseRequest(scene.request);
    assert.deepEqual([good.number, good.who, good.cameras], [7, 'olga', ['quay']]);
    const bad = [
        { number: 0 },
        { number: '7' },
        { site: '' },
        { cameras: [] },
        { cameras: ['quay', 'gate'] },
        { cameras: ['gate', 'gate'] },
        { cameras: Array.from({ length: 17 }, (_, i) => `c${String(i).padStart(2, '0')}`) },
        { from_us: startUs + hourUs },
        { to_us: startUs + 31 * 24 * hourUs + 1 },
        { purpose: 'curiosity' },
        { recipient: 'age1' },
        { export_to: '' },
        { expires_us: startUs + hourUs + 30 * 24 * hourUs + 1 },
        { view_s: 59 },
        { view_s: 86_401 },
        { segments: 20_001 },
        { vaults: [{ id: 'ab'.repeat(16) }] },
        { vaults: null },
        { log: { seq: 1 } },
        { log: { seq: 1, line: 'ab'.repeat(32), more: 1 } },
    ];
    for (const each of bad) {
        scene.write(each);
        fails('request', () => parseRequest(scene.request));
    }
    fails('request', () => parseRequest(edit(scene.write().request, '"number"', '"who":"","x"')));
    fails('request', () => parseRequest(new Uint8Array()));
});

test('vault: an identity is made, saved, and read again', () => {
    const service = new Service();
    const made = service.makeIdentity();
    assert.match(made.recipient, /^age1[02-9ac-hj-np-z]{58}$/);
    const text = `# created: now\r\n\r\n# public key: ${made.recipient}\n${made.text}\n`;
    assert.deepEqual(service.readIdentity({ text }), made);
    for (const bad of ['', made.recipient, `${made.text}\n${made.text}`, made.text.toLowerCase()])
        fails('identity', () => service.readIdentity({ text: bad }));
});
