// scrim-tdh2 as the browser computes it: against tests/vectors, and against everything that
// "What must be tested" of the stanza's specification lists.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import { parseHeader, writeHeader } from '../src/vault/crypto/ageHeader';
import { base64, concat, hex, utf8 } from '../src/vault/crypto/bytes';
import { VaultError } from '../src/vault/crypto/failure';
import {
    isPoint,
    isScalar,
    lagrangeAtZero,
    multiply,
    type Scalar,
    secondGenerator,
} from '../src/vault/crypto/group';
import { signingKey } from '../src/vault/crypto/holderKey';
import { decodeLabel, encodeLabel } from '../src/vault/crypto/label';
import { loadSodium, sodium } from '../src/vault/crypto/sodium';
import {
    checkSealed,
    combine,
    makePartial,
    parseSealed,
    type Partial,
    type Sealed,
    verifyPartial,
    wrapKey,
} from '../src/vault/crypto/tdh2';
import { parseVault, type Vault } from '../src/vault/crypto/vault';
import { deal, type Dealt, must, randomScalar, seal, startUs } from './vault-kit';

before(loadSodium);

interface Vector {
    vault: {
        threshold: number;
        names: string[];
        lines: string[];
        sign_keys: string[];
        dealing_id: string;
        commitments: string[];
        shares: string[];
        verify_keys: string[];
        public_key: string;
        id: string;
    };
    seal: Record<string, string>;
    request_id: string;
    partials: (Record<string, string> & { index: number })[];
}

const bytes = (text: string | undefined): Uint8Array =>
    new Uint8Array(Buffer.from(must(text), 'hex'));
const read = (): { second_generator: string; vectors: Vector[] } =>
    JSON.parse(readFileSync('../../tests/vectors/scrim-tdh2.json', 'utf8'));

const vaultOf = ({ vault }: Vector): Vault =>
    parseVault({
        ...vault,
        dealing: 1,
        holders: vault.names.map((name, i) => ({
            index: i + 1,
            name,
            line: vault.lines[i] ?? '',
            verify_key: vault.verify_keys[i] ?? '',
            sign_key: vault.sign_keys[i] ?? '',
        })),
    });

function sealedOf({ seal }: Vector): Sealed {
    const header = must(parseHeader(concat(utf8(`age-encryption.org/v1\n${seal.stanza}`), mac())));
    return must(parseSealed(must(header.stanzas[0])));
}
const mac = (): Uint8Array => utf8(`--- ${base64(new Uint8Array(32))}\n`);

test('vault: every value of the vectors', () => {
    const { second_generator, vectors } = read();
    assert.equal(hex(secondGenerator), second_generator);
    for (const vector of vectors) {
        const vault = vaultOf(vector);
        const sealed = sealedOf(vector);
        const requestId = bytes(vector.request_id);
        assert.equal(hex(vault.dealingId), vector.vault.dealing_id);
        vault.holders.forEach((holder, i) => {
            const secret = bytes(vector.vault.shares[i]);
            const key = signingKey({ ...holder, vaultId: vault.id, secret });
            assert.deepEqual(key.publicKey, holder.signKey);
        });
        assert.equal(hex(sealed.labelBytes), vector.seal.L);
        assert.equal(hex(sealed.u), vector.seal.U);
        assert.equal(hex(sealed.e), vector.seal.e);
        assert.ok(checkSealed(vault, sealed));
        assert.equal(
            hex(wrapKey(bytes(vector.seal.Z), bytes(vector.seal.hour_key), sealed)),
            vector.seal.wrap_key,
        );
        const indices = vector.partials.map(({ index }) => index);
        const partials = vector.partials.map((each) => {
            const holder = must(vault.holders[each.index - 1]);
            const share = bytes(vector.vault.shares[each.index - 1]);
            const made = makePartial(vault, holder, share, sealed, requestId, bytes(each.t));
            assert.deepEqual([made.u, made.e, made.f].map(hex), [each.U_i, each.e_i, each.f_i]);
            assert.equal(hex(lagrangeAtZero(indices, each.index)), each.lambda);
            return made;
        });
        const hourKey = bytes(vector.seal.hour_key);
        assert.equal(
            hex(combine(vault, sealed, requestId, partials, hourKey)),
            vector.seal.file_key,
        );
    }
});

// --- a world of its own for what must be refused

const requestId = new Uint8Array(32).fill(7);
const hourKey = new Uint8Array(32).fill(9);
const fileKey = new Uint8Array(16).fill(5);

interface Scene {
    dealt: Dealt;
    vault: Vault;
    sealed: Sealed;
    partial: (index: number, sealed?: Sealed, request?: Uint8Array) => Partial;
}

function scene(): Scene {
    const dealt = deal(3, ['anna', 'bert', 'carl', 'dora', 'emil']);
    const vault = parseVault(dealt.json);
    const sealed = sealing(dealt);
    return {
        dealt,
        vault,
        sealed,
        partial: (index, of = sealed, request = requestId) =>
            makePartial(
                vault,
                must(vault.holders[index - 1]),
                must(dealt.shares[index - 1]),
                of,
                request,
            ),
    };
}

function sealing(dealt: Dealt, at = startUs, camera = 'quay'): Sealed {
    const what = { site: 'harbour', camera, startUs: at, hourKey };
    return must(parseSealed(seal(dealt.json, what, fileKey)));
}

function fails(code: string, run: () => unknown, holder: string | null = null): void {
    assert.throws(run, (error) => {
        assert.ok(error instanceof VaultError, String(error));
        assert.deepEqual([error.code, error.holder], [code, holder]);
        return true;
    });
}

test('vault: any three of five open, whoever they are', () => {
    const { vault, sealed, partial } = scene();
    const trios = [
        [1, 2, 3],
        [5, 4, 1],
        [2, 5, 3],
        [4, 5, 3],
    ];
    for (const trio of trios) {
        const partials = trio.map((index) => partial(index));
        assert.deepEqual(combine(vault, sealed, requestId, partials, hourKey), fileKey);
    }
    const all = [1, 2, 3, 4, 5].map((index) => partial(index));
    assert.deepEqual(combine(vault, sealed, requestId, all, hourKey), fileKey);
});

test('vault: two of three do not, nor does one of them twice', () => {
    const { vault, sealed, partial } = scene();
    const [one, two] = [partial(1), partial(2)];
    fails('too_few', () => combine(vault, sealed, requestId, [one, two], hourKey));
    fails('too_few', () => combine(vault, sealed, requestId, [], hourKey));
    const twice = [one, two, partial(2)];
    fails('partial', () => combine(vault, sealed, requestId, twice, hourKey), 'bert');
});

test('vault: a holder who lies is named, also beyond the threshold', () => {
    const { vault, sealed, partial } = scene();
    const other = must(multiply(randomScalar()));
    const lies: ((truth: Partial) => Partial)[] = [
        (truth) => ({ ...truth, u: other }),
        (truth) => ({ ...truth, e: randomScalar() }),
        (truth) => ({ ...truth, f: randomScalar() }),
        (truth) => ({ ...truth, u: new Uint8Array(32) }),
        (truth) => ({ ...truth, f: new Uint8Array(32).fill(0xff) }),
    ];
    for (const lie of lies) {
        const partials = [partial(1), partial(2), partial(3), lie(partial(4))];
        fails('partial', () => combine(vault, sealed, requestId, partials, hourKey), 'dora');
    }
    const foreign = { ...partial(1), index: 9 };
    assert.equal(verifyPartial(vault, sealed, requestId, foreign), false);
    assert.equal(verifyPartial(vault, sealed, requestId, { ...foreign, index: 0 }), false);
    const borrowed = { ...partial(1), index: 2 };
    assert.equal(verifyPartial(vault, sealed, requestId, borrowed), false);
});

test('vault: a part fits its own segment and its own request only', () => {
    const { dealt, vault, sealed, partial } = scene();
    const next = sealing(dealt, startUs + 60_000_000);
    assert.ok(verifyPartial(vault, next, requestId, partial(1, next)));
    assert.equal(verifyPartial(vault, next, requestId, partial(1)), false);
    const another = new Uint8Array(32).fill(8);
    assert.equal(verifyPartial(vault, sealed, another, partial(1)), false);
});

test('vault: relabelled, swapped and replaced seals are refused', () => {
    const { dealt, vault, sealed } = scene();
    const other = sealing(dealt, startUs + 60_000_000);
    const relabelled = (change: object): Sealed => {
        const label = { ...sealed.label, ...change };
        return { ...sealed, label, labelBytes: encodeLabel(label) };
    };
    const point = must(multiply(randomScalar()));
    const changed: Sealed[] = [
        relabelled({ camera: 'gate' }),
        relabelled({ site: 'airport' }),
        relabelled({ startUs: sealed.label.startUs + 1n }),
        { ...sealed, label: other.label, labelBytes: other.labelBytes },
        { ...sealed, c: other.c },
        { ...sealed, u: other.u },
        { ...sealed, u: point },
        { ...sealed, uBar: point },
        { ...sealed, e: other.e },
        { ...sealed, f: other.f },
    ];
    assert.ok(checkSealed(vault, sealed));
    for (const each of changed) {
        assert.equal(checkSealed(vault, each), false);
        fails('seal', () => combine(vault, each, requestId, [], hourKey));
    }
    const foreign = parseVault(deal(2, ['x', 'y']).json);
    assert.equal(checkSealed(foreign, sealed), false);
});

test('vault: an hour key that is missing, wrong or of the next hour opens nothing', () => {
    const { vault, sealed, partial } = scene();
    const partials = [partial(1), partial(2), partial(3)];
    for (const wrong of [new Uint8Array(32), new Uint8Array(32).fill(8), new Uint8Array()])
        fails('hour_key', () => combine(vault, sealed, requestId, partials, wrong));
});

const order = 'edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010';

test('vault: points and scalars in no canonical form are refused', () => {
    assert.equal(isPoint(new Uint8Array(32)), false); // the identity
    assert.equal(isPoint(new Uint8Array(32).fill(0xff)), false);
    assert.equal(isPoint(bytes(`${'00'.repeat(31)}80`)), false);
    assert.equal(isPoint(bytes(`01${'00'.repeat(31)}`)), false); // negative
    assert.equal(isPoint(new Uint8Array(31)), false);
    assert.ok(isPoint(secondGenerator));
    assert.equal(isScalar(new Uint8Array(32)), false);
    assert.equal(isScalar(bytes(order)), false);
    assert.equal(isScalar(new Uint8Array(32).fill(0xff)), false);
    assert.equal(isScalar(new Uint8Array(33)), false);
    const largest = bytes(order);
    largest[0] = 0xec;
    assert.ok(isScalar(largest));
    assert.ok(isScalar(randomScalar()));
});

test('vault: a stanza is read strictly', () => {
    const { dealt } = scene();
    const what = { site: 'harbour', camera: 'quay', startUs, hourKey };
    const good = seal(dealt.json, what, fileKey);
    const with_ = (at: number, text: string) => ({
        ...good,
        args: good.args.map((arg, i) => (i === at ? text : arg)),
    });
    const zero = base64(new Uint8Array(32));
    assert.ok(parseSealed(good));
    const label = decodeLabel(must(parseSealed(good)).labelBytes);
    assert.deepEqual([label?.site, label?.camera], ['harbour', 'quay']);
    const bad = [
        with_(0, 'scrim-tdh3'),
        with_(1, base64(new Uint8Array(16))), // not the label's vault
        with_(2, `${good.args[2]}A`),
        with_(3, zero),
        with_(4, zero),
        with_(5, base64(bytes(order))),
        with_(6, zero),
        with_(6, `${good.args[6]}=`),
        { ...good, args: [...good.args, 'more'] },
        { ...good, args: good.args.slice(0, 6) },
        { ...good, body: good.body.slice(1) },
    ];
    for (const each of bad) assert.equal(parseSealed(each), null);
});

test('vault: labels that would have been written otherwise are refused', () => {
    const label = must(decodeLabel(sealing(scene().dealt).labelBytes));
    const change = (change: object): Uint8Array => encodeLabel({ ...label, ...change });
    assert.ok(decodeLabel(change({})));
    const bad = [
        change({ site: '' }),
        change({ site: 'Harbour' }),
        change({ camera: 'a'.repeat(32) }),
        change({ camera: 'ka\u00ef' }),
        change({ hour: label.hour + 1n }),
        change({ startUs: 1n << 63n, hour: (1n << 63n) / 3_600_000_000n }),
        concat(change({}), new Uint8Array(1)),
        change({}).slice(0, -1),
        Uint8Array.of(2, ...change({}).slice(1)),
    ];
    for (const each of bad) assert.equal(decodeLabel(each), null);
});

// The public part: nothing in it is believed that follows from something else.
test('vault: a public part that does not fit itself is refused', () => {
    const { json } = deal(2, ['anna', 'bert', 'carl']);
    const other = deal(2, ['anna', 'bert', 'carl']).json;
    const holder = (at: number, change: object) => ({
        ...json,
        holders: json.holders.map((each, i) => (i === at ? { ...each, ...change } : each)),
    });
    assert.equal(parseVault(json).holders.length, 3);
    const identity = '00'.repeat(32);
    const bad = [
        { ...json, id: other.id },
        { ...json, public_key: other.public_key },
        { ...json, commitments: other.commitments },
        { ...json, commitments: json.commitments.slice(0, 1) },
        { ...json, commitments: [json.commitments[0] ?? '', identity] },
        { ...json, id: null } as never,
        null as never,
        { ...json, holders: null } as never,
        { ...json, threshold: 1.5 },
        { ...json, threshold: 1 },
        { ...json, threshold: 4 },
        { ...json, dealing: 0 },
        holder(1, { verify_key: other.holders[1]?.verify_key }),
        holder(1, { verify_key: identity }),
        holder(1, { sign_key: 'no' }),
        holder(1, { index: 3 }),
        holder(1, { name: 'anna' }),
        holder(1, { name: '.bert' }),
        holder(1, { line: 'x'.repeat(64) }),
    ];
    for (const each of bad) fails('vault', () => parseVault(each));
});

// The dealing's id is what decisions are bound to: everything in the public part is in it.
test('vault: a dealing is told from another, the vault stays the same', () => {
    const secret: Scalar = randomScalar();
    const first = parseVault(deal(2, ['anna', 'bert'], secret).json);
    const json = deal(2, ['anna', 'bert'], secret, 2).json;
    const second = parseVault(json);
    assert.deepEqual(first.id, second.id);
    assert.notDeepEqual(first.dealingId, second.dealingId);
    const moved = json.holders.map((each) => ({ ...each, line: 'another' }));
    assert.notDeepEqual(parseVault({ ...json, holders: moved }).dealingId, second.dealingId);
});

test('vault: a header with a seal is what parseHeader gives back', () => {
    const { dealt } = scene();
    const what = { site: 'harbour', camera: 'quay', startUs, hourKey };
    const header = writeHeader([seal(dealt.json, what, fileKey)], fileKey);
    assert.equal(must(parseHeader(header)).length, header.length);
    assert.ok(parseSealed(must(must(parseHeader(header)).stanzas[0])));
    assert.equal(sodium.crypto_core_ristretto255_BYTES, 32);
});
