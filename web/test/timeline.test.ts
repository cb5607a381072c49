import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseReview, reviewRest } from '../src/review/address';
import { covered, holes } from '../src/review/api';
import { fromField, toField } from '../src/review/moment';
import { around, laneRows, limit } from '../src/review/view';
import { site } from '../src/state';
import { dayStart, duration, offsetText, zoneOffset } from '../src/time';
import {
    chunkLength,
    chunkName,
    chunkRange,
    chunksOf,
    levelFor,
    resolve,
} from '../src/timeline/chunks';
import {
    day,
    firstAfter,
    follow,
    keepUp,
    longest,
    opening,
    shortest,
    ticks,
    toTime,
    toX,
    zoom,
} from '../src/timeline/scale';
import type { Camera } from '../src/types';

const hour = 3_600_000;

function inZone(zone: string): void {
    site.set({ id: 's', name: 's', version: '0', now_ms: 0, time_zone: zone });
}

test('zoom keeps the instant under the pointer', () => {
    const range = { from: 0, to: 24 * hour };
    const next = zoom(range, 0.5, 6 * hour);
    assert.equal(toX(next, 1000, 6 * hour), toX(range, 1000, 6 * hour));
    assert.equal(next.to - next.from, 12 * hour);
});

test('zoom has ends', () => {
    assert.equal(zoom({ from: 0, to: hour }, 1e-9, 0).to, shortest);
    const wide = zoom({ from: 0, to: hour }, 1e9, hour / 2);
    assert.equal(wide.to - wide.from, longest);
});

test('pixels and times are each other’s inverse', () => {
    const range = { from: 1000, to: 5000 };
    for (const x of [0, 10, 333, 800])
        assert.ok(Math.abs(toX(range, 800, toTime(range, 800, x)) - x) < 1e-9);
});

test('following moves only at the edge', () => {
    const range = { from: 0, to: 1000 };
    assert.equal(follow(range, 500), range);
    assert.deepEqual(follow(range, 950), { from: 50, to: 1050 });
    assert.deepEqual(follow(range, -100), { from: -200, to: 800 });
});

test('ticks stand on round local times and leave room for their labels', () => {
    const offset = 5.5 * hour;
    for (const length of [shortest, 60_000, hour, day, longest]) {
        const range = { from: 1_700_000_123_456, to: 1_700_000_123_456 + length };
        const majors = ticks(range, 900, 64, () => offset).filter((tick) => tick.major);
        assert.ok(
            majors.length >= 1 && majors.length <= 900 / 64 + 1,
            `${length}: ${majors.length}`,
        );
        for (let i = 1; i < majors.length; i++) {
            assert.ok(toX(range, 900, majors[i]!.at) - toX(range, 900, majors[i - 1]!.at) >= 64);
        }
        if (length === day) assert.ok(majors.every((tick) => (tick.at + offset) % hour === 0));
    }
});

test('days start at local midnight, also where the clock changes', () => {
    inZone('Europe/Berlin');
    // 29 March 2026: 02:00 becomes 03:00, the day has 23 hours.
    const noon = Date.UTC(2026, 2, 29, 10);
    assert.equal(dayStart(noon), Date.UTC(2026, 2, 28, 23));
    assert.equal(dayStart(noon, 1), Date.UTC(2026, 2, 29, 22));
    assert.equal(dayStart(noon, -1), Date.UTC(2026, 2, 27, 23));
    // 25 October 2026: 25 hours.
    const autumn = Date.UTC(2026, 9, 25, 12);
    assert.equal(dayStart(autumn, 1) - dayStart(autumn), 25 * hour);
});

test('the offset is shown with its sign', () => {
    const at = Date.UTC(2026, 0, 15, 12);
    for (const [zone, shown] of [
        ['Europe/Berlin', 'UTC+01:00'],
        ['UTC', 'UTC+00:00'],
        ['America/St_Johns', 'UTC−03:30'],
        ['Asia/Kolkata', 'UTC+05:30'],
    ]) {
        inZone(zone!);
        assert.equal(offsetText(at), shown);
    }
    inZone('Asia/Kolkata');
    assert.equal(zoneOffset(at + 123), 5.5 * hour);
});

test('durations are short', () => {
    assert.deepEqual([400, 59_000, 61_000, 600_000, 3_600_000, 5_400_000, 3 * day].map(duration), [
        '0 s',
        '59 s',
        '1 min 1 s',
        '10 min',
        '1 h',
        '1 h 30 min',
        '3 d 0 h',
    ]);
});

test('a view keeps up with the present in strides', () => {
    const range = { from: 0, to: hour };
    assert.equal(keepUp(range, 0.95 * hour), range);
    const next = keepUp(range, 0.97 * hour);
    assert.equal(toX(next, 1000, 0.97 * hour), 700);
    assert.equal(keepUp(next, hour), next);
    assert.equal(toX(keepUp(range, -hour), 1000, -hour), 700);
});

test('a young site begins with what there is, an old one with its day', () => {
    const now = 13 * hour;
    const today = { from: 0, to: day };
    assert.equal(opening(today, 0, now), today);
    assert.equal(opening(today, -day, now), today);
    for (const first of [null, now, now - 60_000, now - 5 * hour]) {
        const range = opening(today, first, now);
        assert.ok(range.from < (first ?? now) && range.to > now);
        assert.ok(range.to - range.from >= 1_200_000 && range.to - range.from <= 7.1 * hour);
    }
});

test('ticks stay on round local times where the clock changes, and weeks begin on Mondays', () => {
    inZone('Europe/Berlin');
    const night = { from: Date.UTC(2026, 9, 24, 22), to: Date.UTC(2026, 9, 25, 22) };
    const labels = ticks(night, 600, 64, zoneOffset).filter((tick) => tick.major);
    assert.ok(labels.length >= 5);
    for (const { at } of labels) assert.equal((at + zoneOffset(at)) % (3 * hour), 0);
    const year = { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 6, 1) };
    for (const { at, major } of ticks(year, 900, 64, zoneOffset))
        if (major) assert.equal(new Date(at + zoneOffset(at)).getUTCDay(), 1);
});

test('chunks cover a range without holes, finer than its pixels', () => {
    for (const length of [10_000, hour, day, 30 * day, longest]) {
        const range = { from: 1_700_000_000_123, to: 1_700_000_000_123 + length };
        const level = levelFor(range, 1200);
        const ids = chunksOf(range, level);
        assert.ok(chunkRange(ids[0]!).from <= range.from && chunkRange(ids.at(-1)!).to >= range.to);
        for (let i = 1; i < ids.length; i++)
            assert.equal(chunkRange(ids[i]!).from, chunkRange(ids[i - 1]!).to);
        assert.ok(chunkLength(level) <= 62 * day, 'the API answers 62 days at once');
        assert.ok(ids.length <= 14, `${length}: ${ids.length} requests`);
    }
});

test('what is missing is drawn from coarser or finer chunks', () => {
    const level = 10;
    const range = chunkRange({ level, index: 4 });
    const draw = (known: Record<string, string>) =>
        resolve(range, level, (id) => known[chunkName(id)]).map(({ from, to, data }) => [
            (from - range.from) / chunkLength(level),
            (to - range.from) / chunkLength(level),
            data,
        ]);
    assert.deepEqual(draw({ '10/4': 'own', '11/2': 'coarse' }), [[0, 1, 'own']]);
    assert.deepEqual(draw({ '12/1': 'coarse' }), [[0, 1, 'coarse']]);
    assert.deepEqual(draw({ '9/8': 'left', '9/9': 'right' }), [
        [0, 0.5, 'left'],
        [0.5, 1, 'right'],
    ]);
    assert.deepEqual(draw({}), []);
});

test('the first span after an instant', () => {
    const spans = [
        [0, 10],
        [20, 30],
        [40, 50],
    ] as const;
    assert.deepEqual(
        [-5, 0, 9, 10, 25, 30, 60].map((at) => firstAfter(spans, at)),
        [0, 0, 0, 1, 1, 2, 3],
    );
});

test('a range stays near now, whatever is asked for', () => {
    const now = 1000 * day;
    const far = limit({ from: now + day, to: now + 2 * day }, now);
    assert.ok(far.to - far.from === day && far.to < now + 0.1 * day);
    assert.equal(limit({ from: 0, to: 1 }, now).to - 0, shortest);
    const seen = around(now - day, hour, now);
    assert.equal((seen.from + seen.to) / 2, now - day);
});

test('cameras of a group stand together below its title', () => {
    const camera = (name: string, ...groups: string[]): Camera =>
        ({ id: name, name, groups }) as unknown as Camera;
    const titles: Record<string, string> = { quay: 'Quay' };
    const rows = laneRows(
        [camera('east', 'quay'), camera('gate'), camera('west', 'quay'), camera('hall', 'in')],
        (group) => titles[group] ?? group,
    );
    assert.deepEqual(
        rows.map((row) => [row.camera?.id ?? null, row.title]),
        [
            [null, 'Quay'],
            ['east', 'east'],
            ['west', 'west'],
            ['gate', 'gate'],
            [null, 'in'],
            ['hall', 'hall'],
        ],
    );
});

test('a film holds what the spans cover, and names the rest', () => {
    const range = { from: 0, to: 100 };
    const spans = [
        [-5, 10],
        [20, 50],
        [51, 90],
    ] as const;
    assert.equal(covered(spans, range), 79);
    assert.deepEqual(holes(spans, range, 5), [
        { from: 10, to: 20 },
        { from: 90, to: 100 },
    ]);
    assert.deepEqual(holes([], range, 5), [range]);
});

test('typed times are the site’s, also around a clock change', () => {
    inZone('Europe/Berlin');
    for (const at of [Date.UTC(2026, 2, 29, 0, 30), Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 7, 1)])
        assert.equal(fromField(toField(at)), at);
    assert.equal(toField(Date.UTC(2026, 6, 1, 12, 0, 5)), '2026-07-01T14:00:05');
    assert.equal(fromField('2026-07-01T14:00'), Date.UTC(2026, 6, 1, 12));
    assert.equal(fromField('tomorrow'), null);
});

test('the address of the room says what it shows, and nothing odd gets in', () => {
    const address = { at: 5000, cameras: ['a', 'b-2'], range: { from: 1, to: 9 }, exporting: true };
    assert.deepEqual(parseReview(reviewRest(address)), address);
    assert.deepEqual(parseReview('?t=x&cameras=../etc,A,ok,ok&from=9&to=1'), {
        at: null,
        cameras: ['ok'],
        range: null,
        exporting: false,
    });
});
