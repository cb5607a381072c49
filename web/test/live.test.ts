import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs } from '../src/backoff';
import { type FeedStatus, pictureStatus } from '../src/live/status';
import { LagTarget, steer } from '../src/live/steer';
import type { Camera } from '../src/types';

test('steering speeds up in proportion, up to half again', () => {
    assert.deepEqual(steer(0.2, 0.2), { rate: 1, jump: false });
    assert.ok(Math.abs(steer(0.4, 0.2).rate - 1.3) < 1e-9);
    assert.equal(steer(0.9, 0.1).rate, 1.5);
    assert.ok(steer(0, 0.2).rate < 1);
});

test('steering jumps above one second of lag, and not at it', () => {
    assert.equal(steer(1, 0.2).jump, false);
    assert.equal(steer(1.01, 0.2).jump, true);
});

test('the steered lag settles at its target', () => {
    let lag = 0.95;
    for (let step = 0; step < 200; step++) lag += 0.1 * (1 - steer(lag, 0.15).rate);
    assert.ok(Math.abs(lag - 0.15) < 0.02, `${lag}`);
});

test('the target grows with stalls, within bounds, and comes back', () => {
    const target = new LagTarget();
    const floor = target.seconds;
    for (let i = 0; i < 100; i++) target.stalled();
    assert.ok(target.seconds <= 0.6);
    for (let i = 0; i < 1000; i++) target.calm();
    assert.equal(target.seconds, floor);
    target.frameInterval(0.2);
    assert.ok(target.seconds >= 0.3 - 1e-9);
});

test('waiting doubles up to the ceiling', () => {
    const waits = [0, 1, 2, 3, 10, 1000].map((attempt) => backoffMs(attempt, 500, 4000, () => 0.5));
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 4000, 4000]);
    assert.ok(backoffMs(0, 500, 4000, () => 0) >= 400 && backoffMs(0, 500, 4000, () => 1) <= 600);
});

const at = 1_000_000;
const camera: Camera = {
    id: 'quay',
    name: 'Quay',
    purpose: '',
    retention_hours: 72,
    audio_reason: null,
    state: 'recording',
    cause: null,
    detail: '',
    since_ms: 500,
    codec: 'h264',
    width: 1920,
    height: 1080,
    bitrate: 4e6,
    fps: 25,
    veil: { state: 'live', reason: '', width: 640, height: 480 },
};
const feed: FeedStatus = {
    open: true,
    startedAt: at - 60_000,
    closedAt: null,
    veil: { state: 'live', reason: '' },
    veilAt: at - 50_000,
    frameAt: at - 80,
    lateMs: 600,
};

const cases: [string, Partial<Camera>, Partial<FeedStatus>, number | null, string, boolean][] = [
    ['all well', {}, {}, null, 'live', true],
    ['server lost', {}, {}, at - 9000, 'lost', false],
    ['camera lost', { state: 'waiting', detail: 'no route' }, {}, null, 'lost', false],
    ['veil down', {}, { veil: { state: 'down', reason: '' } }, null, 'down', false],
    [
        'veil down beats a lost camera',
        { state: 'waiting' },
        { veil: { state: 'down', reason: '' } },
        null,
        'down',
        false,
    ],
    [
        'veil down is believed from the list while the feed says nothing',
        { veil: { ...camera.veil, state: 'down' } },
        { veil: null, open: false },
        null,
        'down',
        false,
    ],
    ['opaque', {}, { veil: { state: 'opaque', reason: 'warming up' } }, null, 'opaque', true],
    ['no frame for a while', {}, { frameAt: at - 2000 }, null, 'late', true],
    ['frames come, but old ones', {}, { lateMs: 6000 }, null, 'late', true],
    [
        'opening',
        {},
        { open: false, startedAt: at - 100, veil: null, frameAt: null },
        null,
        'connecting',
        false,
    ],
    [
        'broke just now',
        {},
        { open: false, closedAt: at - 300, veil: null },
        null,
        'connecting',
        false,
    ],
    [
        'broke a while ago',
        {},
        { open: false, closedAt: at - 5000, veil: null },
        null,
        'lost',
        false,
    ],
    ['open, no frame yet', {}, { frameAt: null, startedAt: at - 500 }, null, 'connecting', false],
    ['open, no frame for long', {}, { frameAt: null }, null, 'waiting', false],
    [
        'veil has no picture yet',
        {},
        { veil: { state: 'waiting', reason: 'no key frame' } },
        null,
        'waiting',
        false,
    ],
];
for (const [name, cameraPart, feedPart, lost, state, shown] of cases) {
    test(`tile: ${name}`, () => {
        const status = pictureStatus(
            { ...camera, ...cameraPart },
            { ...feed, ...feedPart },
            lost,
            at,
        );
        assert.equal(status.state, state);
        assert.equal(status.shown, shown);
    });
}
