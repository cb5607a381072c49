// Shapes on a picture, what is said of a history, and what a form asks for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Point } from '../src/cameras/api';
import {
    arrowOf,
    covers,
    crossing,
    inPicture,
    meet,
    moveAll,
    nearestEdge,
} from '../src/cameras/areas/geometry';
import {
    actsOf,
    freeName,
    isSound,
    nameProblem,
    type Shape,
    uncovered,
} from '../src/cameras/areas/model';
import {
    addressProblem,
    blankDraft,
    changesOf,
    draftOf,
    draftProblems,
    wishOf,
} from '../src/cameras/draft';
import { levelOf, since, sparkPath, sumOf, worstOf } from '../src/cameras/history';

const square: Point[] = [
    [0.1, 0.1],
    [0.9, 0.1],
    [0.9, 0.9],
    [0.1, 0.9],
];

test('a shape that crosses or touches itself is found, one that does not is not', () => {
    const cases: [string, Point[], boolean][] = [
        ['square', square, false],
        [
            'hourglass',
            [
                [0, 0],
                [1, 1],
                [1, 0],
                [0, 1],
            ],
            true,
        ],
        [
            'touching',
            [
                [0, 0],
                [1, 0],
                [1, 1],
                [0.5, 0],
                [0, 1],
            ],
            true,
        ],
        [
            'all on a line',
            [
                [0, 0],
                [0.5, 0],
                [1, 0],
            ],
            true,
        ],
        [
            'a spike that leads back',
            [
                [0, 0],
                [1, 0],
                [0.5, 0],
                [0.5, 1],
            ],
            true,
        ],
        [
            'a corner on a straight edge',
            [
                [0, 0],
                [0.5, 0],
                [1, 0],
                [1, 1],
            ],
            false,
        ],
        [
            'concave',
            [
                [0, 0],
                [1, 0],
                [0.5, 0.5],
                [1, 1],
                [0, 1],
            ],
            false,
        ],
    ];
    for (const [name, points, crosses] of cases)
        assert.equal(crossing(points, 'mask') !== null, crosses, name);
    assert.deepEqual(
        crossing(
            [
                [0, 0],
                [1, 1],
                [1, 0],
                [0, 1],
            ],
            'zone',
        ),
        [0, 2],
    );
    assert.equal(
        crossing(
            [
                [0, 0],
                [1, 1],
                [1, 0],
                [0, 1],
            ],
            'line',
        ),
        null,
    );
});

test('segments meet at ends and along each other', () => {
    assert.ok(meet([0, 0], [1, 0], [1, 0], [1, 1]));
    assert.ok(meet([0, 0], [1, 0], [0.2, 0], [0.4, 0]));
    assert.ok(!meet([0, 0], [1, 0], [0, 0.1], [1, 0.1]));
});

test('shapes stay in the picture, and keep their form when they are moved to its edge', () => {
    assert.deepEqual(inPicture(-0.2, 1.7), [0, 1]);
    const moved = moveAll(square, 0.5, -0.5);
    assert.deepEqual(moved[0], [0.2, 0]);
    assert.deepEqual(moved[2], [1, 0.8]);
});

test('whoever would show what a mask hid is asked', () => {
    assert.ok(
        covers(square, [0.5, 0.5]) && covers(square, [0.1, 0.5]) && covers(square, [0.9, 0.9]),
    );
    assert.ok(!covers(square, [0.05, 0.5]) && !covers(square, [0.5, 0.91]));
    const mask = (name: string, points: Point[]): Shape => ({
        key: name,
        kind: 'mask',
        name,
        points,
        fixed: false,
        saved: { name, points },
    });
    const before = [mask('till', square)];
    const after = (points: Point[]): string[] => uncovered(before, [mask('till', points)]);
    assert.deepEqual(after(square), []);
    assert.deepEqual(uncovered(before, []), ['till']);
    assert.deepEqual(uncovered(before, [{ ...mask('till', square), kind: 'zone' }]), ['till']);
    assert.deepEqual(uncovered(before, [mask('renamed', square)]), []);
    assert.deepEqual(after(moveAll(square, 0.001, 0)), ['till']);
    assert.deepEqual(after(square.toSpliced(2, 1)), ['till']);
    assert.deepEqual(after(square.toSpliced(1, 0, [0.5, 0.2])), ['till']); // a dent
    assert.deepEqual(after(square.toSpliced(1, 0, [0.5, 0])), []); // a bulge
    const [left, right] = [square.map(([x, y]): Point => [x / 2, y]), moveAll(square, 0.1, 0)];
    assert.deepEqual(uncovered(before, [mask('left', left), mask('right', right)]), []);
    assert.deepEqual(uncovered(before, [mask('right', right)]), ['till']);
});

test('a new corner goes into the nearest edge', () => {
    assert.equal(nearestEdge(square, 'mask', [0.95, 0.5]), 1);
    assert.equal(nearestEdge(square, 'mask', [0, 0.5]), 3);
    assert.equal(nearestEdge(square, 'line', [0, 0.5]), 0);
});

test('the arrow of a line points to the right of whoever walks along it', () => {
    const { x, y, toX, toY } = arrowOf(
        [
            [0, 0.5],
            [1, 0.5],
        ],
        { width: 100, height: 100 },
        10,
    );
    assert.deepEqual([x, y], [50, 50]);
    assert.deepEqual([Math.round(toX), Math.round(toY)], [50, 60]);
});

const shape = (name: string, change: Partial<Shape> = {}): Shape => ({
    key: name,
    kind: 'mask',
    name,
    points: square,
    fixed: false,
    saved: { name, points: square },
    ...change,
});

test('only what changed is told, and what covers comes before what uncovers', () => {
    const before = [shape('a'), shape('b'), shape('fixed', { fixed: true })];
    assert.deepEqual(actsOf(before, before), []);
    const now = [shape('a', { name: 'c' }), shape('fixed', { fixed: true })];
    assert.deepEqual(
        actsOf(before, now).map(({ act, name }) => `${act} ${name}`),
        ['put c', 'remove a', 'remove b'],
    );
});

test('names of shapes', () => {
    const all = [shape('a'), shape('mask-1')];
    assert.equal(nameProblem(shape('a', { key: 'other' }), all), 'taken');
    assert.equal(nameProblem(shape('A b'), all), 'form');
    assert.equal(nameProblem(shape('', { fixed: true }), all), null);
    assert.equal(freeName('mask', all), 'mask-2');
    assert.ok(isSound(shape('a'), all));
    assert.ok(!isSound(shape('a', { points: square.slice(0, 2) }), all));
});

test('a history in figures', () => {
    assert.equal(levelOf([null, null]), null);
    assert.deepEqual(levelOf([1, null, 3, 2]), { low: 1, high: 3, mean: 2, missing: 0.25 });
    assert.equal(sumOf([null, 2, 3]), 5);
    assert.equal(worstOf([10, -40, null]), -40);
    assert.equal(sparkPath([null, null], 10, 10), '');
    assert.equal(sparkPath([0, 1, null, 1], 30, 10), 'M0.0 10.0L10.0 0.0M30.0 0.0h0.1');
    const values = [1, 2, 3, 4];
    const history = {
        from: 1000,
        step: 100,
        bitrate: values,
        fps: values,
        gap_s: values,
        reconnects: values,
        clock_ms: values,
        opaque_s: values,
    };
    assert.deepEqual(since(history, 1150).gap_s, [3, 4]);
    assert.equal(since(history, 1150).from, 1200);
});

test('what a form about a camera asks for', () => {
    assert.equal(addressProblem({ ...blankDraft, url: 'http://x' }), 'url');
    assert.equal(addressProblem({ ...blankDraft, url: 'rtsp://a:b@x/y' }), 'credentials');
    assert.equal(addressProblem({ ...blankDraft, url: ' rtsps://x:322/y?a@b ' }), null);
    const draft = { ...blankDraft, url: 'rtsp://x/y', name: 'Quay', purpose: 'Safety' };
    assert.deepEqual(draftProblems(draft), {});
    assert.deepEqual(draftProblems({ ...draft, retention: '73' }), { reason: 'reason' });
    assert.deepEqual(draftProblems({ ...draft, retention: '1.5' }), { retention: 'retention' });
    assert.equal(wishOf({ ...draft, reason: 'left over' }).retention_reason, null);
    assert.ok(!('password' in wishOf(draft)));
});

test('changing a camera tells only what was changed', () => {
    const config = {
        id: 'quay',
        fixed: false,
        name: 'Quay',
        purpose: 'Safety',
        legal_basis: null,
        url: 'rtsp://x/y',
        sub: null,
        user: 'u',
        has_password: true,
        transport: 'auto' as const,
        tls_fingerprint: null,
        retention_hours: 72,
        retention_reason: null,
        record: 'original' as const,
    };
    const draft = draftOf(config);
    assert.deepEqual(changesOf(draft, config), {});
    assert.deepEqual(changesOf({ ...draft, user: '', password: 'new' }, config), {
        user: null,
        password: 'new',
    });
});
