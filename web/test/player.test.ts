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
import { commonAspect, neighbour, wallLayout } from '../src/wall';

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

test('the wall fills its place and nothing sticks out', () => {
    for (let count = 1; count <= 42; count++) {
        for (const [width, height] of [
            [1428, 840],
            [1900, 1000],
            [700, 1100],
        ] as const) {
            const shape = { width, height, gap: 6, strip: 30, aspect: 16 / 9 };
            const { columns, tile } = wallLayout(count, shape);
            const rows = Math.ceil(count / columns);
            assert.ok(columns * tile + (columns - 1) * 6 <= width, `${count} ${width}`);
            if (tile > 180)
                assert.ok(
                    rows * (tile / shape.aspect + 30) + (rows - 1) * 6 <= height + rows,
                    `${count} ${width}×${height}`,
                );
        }
    }
});

test('few cameras on a phone stand below each other', () => {
    assert.equal(
        wallLayout(4, { width: 378, height: 780, gap: 6, strip: 30, aspect: 4 / 3 }).columns,
        1,
    );
    assert.equal(
        wallLayout(16, { width: 378, height: 780, gap: 6, strip: 30, aspect: 4 / 3 }).columns,
        2,
    );
});

test('arrow keys stop at the edge of the wall', () => {
    assert.equal(neighbour(0, 5, 3, 'ArrowRight'), 1);
    assert.equal(neighbour(0, 5, 3, 'ArrowDown'), 3);
    assert.equal(neighbour(2, 5, 3, 'ArrowDown'), 2);
    assert.equal(neighbour(0, 5, 3, 'ArrowLeft'), 0);
});

test('the wall takes the shape that most pictures have', () => {
    assert.equal(commonAspect([4 / 3, 16 / 9, 4 / 3]), 1.33);
    assert.equal(commonAspect([4 / 3, 16 / 9]), 1.78);
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
