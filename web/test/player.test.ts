import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    aheadSeconds,
    clipFrom,
    mergeClips,
    smoothest,
    speeds,
    steerRate,
    stepSpeed,
    timestampOffset,
} from '../src/player/clips';
import { Clock } from '../src/player/clock';
import { decide } from '../src/player/deck';
import type { Sight } from '../src/player/player';
import { type EncodedStill, StillCache } from '../src/player/stills';
import type { Recording } from '../src/types';
import { bytes } from '../src/units';

function clip(start: number, end: number): Recording {
    return {
        start_ms: start,
        end_ms: end,
        url: `/${start}.mp4`,
        mime: 'video/mp4',
        bytes: 1,
        first_pts_ms: start + 77,
    };
}

test('the clip at a time, or the first after a hole', () => {
    const clips = [clip(0, 60), clip(60, 120), clip(300, 360)];
    assert.equal(clipFrom(clips, 59)?.start_ms, 0);
    assert.equal(clipFrom(clips, 60)?.start_ms, 60);
    assert.equal(clipFrom(clips, 200)?.start_ms, 300);
    assert.equal(clipFrom(clips, 360), null);
});

test('lists merge in order, the newer entry wins', () => {
    const merged = mergeClips([clip(60, 100), clip(0, 60)], [clip(60, 120), clip(120, 180)]);
    assert.deepEqual(
        merged.map(({ start_ms, end_ms }) => [start_ms, end_ms]),
        [
            [0, 60],
            [60, 120],
            [120, 180],
        ],
    );
});

test('a clip is laid where the wall clock says', () => {
    const base = 1_000_000;
    const { start_ms, first_pts_ms } = clip(1_060_000, 1_120_000);
    const offset = timestampOffset({ ...clip(1_060_000, 1_120_000) }, base);
    assert.ok(Math.abs(first_pts_ms / 1000 + offset - (start_ms - base) / 1000) < 1e-9);
});

test('speeds have ends, and faster playback reads further ahead', () => {
    assert.equal(stepSpeed(1, 1), 2);
    assert.equal(stepSpeed(16, 1), 16);
    assert.equal(stepSpeed(0.25, -1), 0.25);
    assert.ok(aheadSeconds(smoothest) > aheadSeconds(1));
});

test('a file that grows holds every time after its start', () => {
    const growing = { ...clip(60, 90), growing: true };
    assert.equal(clipFrom([clip(0, 60), growing], 300), growing);
});

test('a video is steered back to the clock, gently, and left alone when it is there', () => {
    assert.equal(steerRate(1, 0.005), 1);
    assert.ok(steerRate(1, 0.1) < 1 && steerRate(1, -0.1) > 1);
    for (const speed of speeds)
        for (const drift of [-5, -0.2, 0.2, 5]) {
            const rate = steerRate(speed, drift);
            assert.ok(rate >= 0.84 * speed && rate <= 1.16 * speed, `${speed} ${drift} ${rate}`);
        }
    // A tenth of a second is gone after two, at any speed.
    for (const speed of [0.25, 1, 2]) {
        let drift = 0.1 * speed;
        for (let t = 0; t < 2; t += 0.1) drift += 0.1 * (steerRate(speed, drift) - speed);
        assert.ok(Math.abs(drift) < 0.03, `${speed}: ${drift}`);
    }
});

test('a clock runs at its speed, stands while paused or held, and counts its jumps', () => {
    let time = 0;
    const clock = new Clock(1000, () => time);
    time = 500;
    assert.equal(clock.at, 1500);
    clock.setSpeed(4);
    time = 1000;
    assert.equal(clock.at, 3500);
    clock.hold(true);
    time = 9000;
    assert.equal(clock.at, 3500);
    clock.pause();
    clock.hold(false);
    time = 9500;
    assert.equal(clock.at, 3500);
    clock.play();
    time = 9600;
    assert.equal(clock.at, 3900);
    clock.set(50);
    assert.equal(clock.at, 50);
    assert.equal(clock.jumps, 1);
});

test('several cameras: wait for those on the way, jump where nobody has a picture', () => {
    const hole = (next: number): Sight => ({ kind: 'hole', next });
    const now = 1_000_000;
    const told = (sights: Sight[], at = 0) => decide(sights, at, now);
    assert.deepEqual(told([]), { phase: 'loading' });
    assert.deepEqual(told([{ kind: 'shown' }, { kind: 'loading' }]), { phase: 'loading' });
    assert.deepEqual(told([{ kind: 'shown' }, hole(9000)]), { phase: 'shown' });
    assert.deepEqual(told([hole(9000), hole(7000), { kind: 'end' }]), { jump: 7000 });
    assert.deepEqual(told([{ kind: 'end' }, { kind: 'failed' }]), { phase: 'ended' });
    assert.deepEqual(told([{ kind: 'failed' }]), { phase: 'failed' });
    assert.deepEqual(told([{ kind: 'end' }], now - 3000), { phase: 'present' });
});

function still(at: number): EncodedStill {
    return { at, bytes: new ArrayBuffer(0) };
}

test('a still answers for all instants up to the latest asked, and old ones go first', () => {
    const cache = new StillCache(2);
    cache.add('quay', 1500, still(1000));
    cache.add('quay', 1900, still(1000));
    assert.equal(cache.find('quay', 1700)?.at, 1000);
    assert.equal(cache.find('quay', 1950), null);
    assert.equal(cache.find('quay', 900), null);
    assert.equal(cache.find('gate', 1700), null);
    cache.add('quay', 3000, still(3000));
    assert.equal(cache.find('quay', 1500)?.at, 1000); // used last
    cache.add('quay', 5000, still(5000));
    assert.equal(cache.find('quay', 3000), null);
    assert.equal(cache.find('quay', 1500)?.at, 1000);
});

test('amounts of bytes', () => {
    assert.deepEqual([0, 999, 1500, 812e9, 2e12].map(bytes), [
        '0 B',
        '999 B',
        '1.5 kB',
        '812 GB',
        '2.0 TB',
    ]);
});
