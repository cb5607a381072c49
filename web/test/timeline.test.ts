import assert from 'node:assert/strict';
import { test } from 'node:test';
import { site } from '../src/state';
import { dayStart, duration, offsetText, zoneOffset } from '../src/time';
import {
    day,
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
        const majors = ticks(range, 900, 64, offset).filter((tick) => tick.major);
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
