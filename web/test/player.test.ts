import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    aheadSeconds,
    clipFrom,
    mergeClips,
    stepSpeed,
    timestampOffset,
} from '../src/player/clips';
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
    assert.ok(aheadSeconds(16) > aheadSeconds(1) && aheadSeconds(16) <= 240);
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
