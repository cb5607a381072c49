import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askHash, parseVault } from '../src/vault/address';
import type { Decision, Holder, OpeningRequest } from '../src/vault/api';
import { beginOf, BoxStream, dropRun, dropTrack, mimeOf, tracksOf } from '../src/vault/boxes';
import type { Reviewed } from '../src/vault/crypto/types';
import { type Me, sections, tally, waitsFor, weaknesses } from '../src/vault/order';
import { differences } from '../src/vault/review';

test('the address of the vault names the list, a request, or what is asked for', () => {
    assert.deepEqual(parseVault(''), { view: 'list' });
    assert.deepEqual(parseVault('/12'), { view: 'one', number: 12 });
    assert.deepEqual(parseVault('/012'), { view: 'list' });
    assert.deepEqual(parseVault('/new'), { view: 'ask', cameras: [], range: null });
    const hash = askHash(['quay', 'gate-2'], { from: 1000.4, to: 2000.2 });
    assert.equal(hash, '#/vault/new?camera=quay,gate-2&from=1000&to=2001');
    assert.deepEqual(parseVault(hash.slice('#/vault'.length)), {
        view: 'ask',
        cameras: ['quay', 'gate-2'],
        range: { from: 1000, to: 2001 },
    });
    const hostile = parseVault('/new?camera=../x,quay,quay&from=9&to=3');
    assert.deepEqual(hostile, { view: 'ask', cameras: ['quay'], range: null });
});

const request = (change: Partial<OpeningRequest>): OpeningRequest =>
    ({
        number: 1,
        id: 'aa',
        who: 'olga',
        cameras: ['quay'],
        from_ms: 1000,
        to_ms: 2000,
        purpose: 'test',
        reason: 'why',
        legal_basis: 'law',
        incident: '',
        recipient: 'age1a',
        export_to: null,
        created_ms: 5000,
        expires_ms: 9000,
        view_s: 60,
        segments: 2,
        bytes: 2,
        vaults: [{ id: 'v1', dealing: '', threshold: 2, holders: 3 }],
        state: 'waiting',
        opened_ms: null,
        until_ms: null,
        escalated: false,
        decisions: [],
        end: null,
        beside: [],
        due_ms: null,
        log: { seq: 7, line: 'bb' },
        ...change,
    }) as OpeningRequest;

const decision = (holder: number, name: string, approve = true, vault = 'v1'): Decision => ({
    ...{ vault, holder, name, approve },
    ...{ reason: '', at_ms: 1, taken_ms: 1, log_seq: null, bad: false },
});

const ben: Me = { user: 'ben', keyholder: true, holder: null };

test('a request waits for a holder until they have decided, and never for its own requester', () => {
    assert.equal(waitsFor(request({}), ben), 'decide');
    assert.equal(waitsFor(request({}), { ...ben, keyholder: false }), null);
    assert.equal(waitsFor(request({ who: 'ben' }), ben), null);
    assert.equal(waitsFor(request({ who: 'ben', state: 'approved' }), ben), 'open');
    assert.equal(waitsFor(request({ decisions: [decision(1, 'anna')] }), ben), 'decide');
    assert.equal(waitsFor(request({ decisions: [decision(2, 'Ben')] }), ben), null);
    // a holder of another name, remembered
    const asSecond = { ...ben, holder: 2 };
    assert.equal(waitsFor(request({ decisions: [decision(2, 'B. Berg')] }), asSecond), null);
    assert.equal(waitsFor(request({ state: 'approved' }), ben), null);
});

test('what waits comes first, and there what nobody answered, then what ends first', () => {
    const list = [
        request({ number: 1, state: 'ended' }),
        request({ number: 2, expires_ms: 9000 }),
        request({ number: 3, expires_ms: 8000 }),
        request({ number: 4, escalated: true }),
        request({ number: 5, who: 'ben', state: 'withdrawn' }),
        request({ number: 6, who: 'ben' }),
        request({ number: 7, state: 'expired' }),
        request({ number: 8, state: 'approved' }),
    ];
    const { waiting, mine, others } = sections(list, ben);
    const numbers = (of: OpeningRequest[]): number[] => of.map(({ number }) => number);
    assert.deepEqual(numbers(waiting), [4, 3, 2]);
    assert.deepEqual(numbers(mine), [6, 5]);
    assert.deepEqual(numbers(others), [8, 7, 1]);
});

test('of a request to two vaults, the one that lacks most counts, and false parts do not', () => {
    const one = { id: 'v1', dealing: '', threshold: 2, holders: 3 };
    const vaults = [one, { ...one, id: 'v2', threshold: 3 }];
    assert.deepEqual(tally(request({})), { approved: 0, refused: 0, needed: 2 });
    const both = [decision(1, 'a'), decision(2, 'b'), decision(1, 'a', true, 'v2')];
    assert.deepEqual(tally(request({ vaults, decisions: both })), {
        approved: 1,
        refused: 0,
        needed: 3,
    });
    const against = [decision(1, 'a'), decision(2, 'b', false), decision(3, 'c')];
    const [, , liar] = against;
    if (liar) liar.bad = true;
    assert.deepEqual(tally(request({ decisions: against })), {
        approved: 1,
        refused: 1,
        needed: 2,
    });
});

test('the assistant warns of a vault as the command does', () => {
    const holder = (line: string): Holder => ({ name: '', line }) as Holder;
    const kinds = (threshold: number, lines: string[], tested = true): string[] =>
        weaknesses({ threshold, tested, holders: lines.map(holder) }).map(({ kind }) => kind);
    assert.deepEqual(kinds(2, ['law', 'quay', 'council']), []);
    assert.deepEqual(kinds(2, ['law', 'quay']), ['no-spare']);
    assert.deepEqual(kinds(2, ['law', 'law', 'quay']), ['one-line']);
    assert.deepEqual(kinds(2, ['', '', '']), ['no-lines']);
    assert.deepEqual(kinds(3, ['law', 'law', 'quay', ''], false), ['untested']);
});

test('a page that shows something else than the document is caught', () => {
    const document = {
        number: 1,
        who: 'olga',
        cameras: ['quay'],
        fromUs: 1_000_000,
        toUs: 2_000_000,
        purpose: 'test',
        reason: 'why',
        legalBasis: 'law',
        incident: '',
        recipient: 'age1a',
        exportTo: null,
        createdUs: 5_000_000,
        expiresUs: 9_000_000,
        viewS: 60,
        segments: 2,
        log: { seq: 7, line: 'bb' },
    };
    const reviewed = { id: 'aa', request: document } as unknown as Reviewed;
    assert.deepEqual(differences(request({}), reviewed), []);
    assert.deepEqual(differences(request({ to_ms: 1999 }), reviewed), ['to']);
    assert.deepEqual(differences(request({ export_to: 'age1b', who: 'eve' }), reviewed), [
        'who',
        'exportKey',
    ]);
});

// --- fragmented MP4, as little of it as the viewer reads ---

type Part = number[] | Part[];
const bytesOf = (part: Part): number[] => part.flatMap((each) => [each].flat(9) as number[]);
const u32 = (value: number): number[] => [24, 16, 8, 0].map((by) => (value >>> by) & 255);
const zeros = (count: number): number[] => Array<number>(count).fill(0);
function box(type: string, ...parts: Part[]): number[] {
    const body = bytesOf(parts);
    return [...u32(body.length + 8), ...[...type].map((c) => c.charCodeAt(0)), ...body];
}

const track = (id: number, timescale: number, entry: number[]): number[] =>
    box(
        'trak',
        box('tkhd', zeros(12), u32(id), zeros(60)),
        box(
            'mdia',
            box('mdhd', zeros(12), u32(timescale), zeros(8)),
            box('minf', box('stbl', box('stsd', zeros(4), u32(1), entry))),
        ),
    );
const avc = box('avc1', zeros(78), box('avcC', [1, 0x64, 0, 0x1f, 0xff]));
// Main profile, level 3.1, progressive and interlaced source flags
const hevcRecord = [1, 1, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93, 0xf0];
const hevc = box('hvc1', zeros(78), box('hvcC', hevcRecord));
const law = box('ulaw', zeros(28));
const moovOf = (...tracks: number[][]): Uint8Array<ArrayBuffer> =>
    new Uint8Array(
        box(
            'moov',
            ...tracks,
            box('mvex', box('trex', zeros(4), u32(1)), box('trex', zeros(4), u32(2))),
        ),
    );
const moofOf = (begin: number): Uint8Array<ArrayBuffer> =>
    new Uint8Array(
        box(
            'moof',
            box('traf', box('tfhd', zeros(4), u32(1)), box('tfdt', zeros(4), u32(begin))),
            box('traf', box('tfhd', zeros(4), u32(2)), box('tfdt', zeros(4), u32(7))),
        ),
    );
const types = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

test('codecs of an original are named as browsers ask for them', () => {
    assert.equal(
        mimeOf(tracksOf(moovOf(track(1, 90_000, avc)))),
        'video/mp4; codecs="avc1.64001f"',
    );
    const [main] = tracksOf(moovOf(track(1, 90_000, hevc)));
    assert.equal(main?.codec, 'hvc1.1.6.L93.90');
    const both = tracksOf(moovOf(track(1, 90_000, avc), track(2, 8000, law)));
    assert.deepEqual(
        both.map(({ kind, codec, timescale }) => [kind, codec, timescale]),
        [
            ['video', 'avc1.64001f', 90_000],
            ['sound', 'ulaw', 8000],
        ],
    );
});

test('sound that a browser cannot play is set aside, and nothing moves', () => {
    const moov = moovOf(track(1, 90_000, avc), track(2, 8000, law));
    const [picture, sound] = tracksOf(moov);
    assert.ok(picture && sound);
    const moof = moofOf(180_000);
    const before = [moov.length, moof.length];
    assert.equal(beginOf(moof, picture), 2);
    dropTrack(moov, sound);
    dropRun(moof, sound);
    assert.deepEqual([moov.length, moof.length], before);
    assert.deepEqual(
        tracksOf(moov).map(({ id }) => id),
        [1],
    );
    assert.equal(types(moov).split('trex').length - 1, 1);
    assert.equal(types(moof).split('traf').length - 1, 1);
    assert.equal(beginOf(moof, picture), 2);
    assert.equal(beginOf(moof, sound), null);
});

test('boxes come out whole, however the stream is cut', () => {
    const all = [...box('ftyp', zeros(16)), ...box('moov', zeros(40)), ...box('mdat', zeros(90))];
    for (const size of [1, 5, 8, 60, 500]) {
        const stream = new BoxStream();
        const found: string[] = [];
        for (let at = 0; at < all.length; at += size)
            for (const { type, bytes } of stream.push(new Uint8Array(all.slice(at, at + size))))
                found.push(`${type} ${bytes.length}`);
        assert.deepEqual(found, ['ftyp 24', 'moov 48', 'mdat 98'], `pieces of ${size}`);
    }
});
