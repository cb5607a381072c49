import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commonAspect, neighbour, wallPlan } from '../src/wall/geometry';
import {
    firstLayout,
    firstSettings,
    freeKey,
    layoutKeys,
    listed,
    moved,
    pagesOf,
    parseSettings,
    resized,
} from '../src/wall/layouts';
import { typeDigit } from '../src/wall/number';

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);
const phone = { width: 378, height: 780, gap: 6, strip: 30, aspect: 4 / 3 };

test('the wall fills its place, nothing sticks out and no two tiles share a cell', () => {
    for (let count = 1; count <= 42; count++) {
        for (const [width, height] of [
            [1428, 800],
            [1900, 1000],
            [700, 1100],
        ] as const) {
            const shape = { width, height, gap: 6, strip: 30, aspect: 16 / 9 };
            for (const spans of [ones(count), [2, ...ones(count - 1)], [4, 2, ...ones(count)]]) {
                const { columns, rows, tile, cells } = wallPlan(spans, shape);
                const name = `${spans.length} tiles ${width}×${height}`;
                assert.equal(cells.length, spans.length, name);
                assert.ok(columns * tile + (columns - 1) * 6 <= width, name);
                const taken = new Set<string>();
                for (const { column, row, span } of cells) {
                    assert.ok(column + span <= columns && row + span <= rows, name);
                    for (let i = 0; i < span * span; i++) {
                        const cell = `${column + (i % span)} ${row + Math.floor(i / span)}`;
                        assert.ok(!taken.has(cell), `${name}: ${cell} twice`);
                        taken.add(cell);
                    }
                }
                if (tile > 180)
                    assert.ok(
                        rows * (tile / shape.aspect + 30) + (rows - 1) * 6 <= height + rows,
                        name,
                    );
            }
        }
    }
});

test('few cameras on a phone stand below each other', () => {
    assert.equal(wallPlan(ones(4), phone).columns, 1);
    assert.equal(wallPlan(ones(16), phone).columns, 2);
    assert.equal(wallPlan([2, 1, 1], phone).cells[0]?.span, 1);
});

test('arrow keys go where they point, and stop at the edge', () => {
    const { cells } = wallPlan(ones(5), { ...phone, width: 1400, height: 500 });
    const columns = cells.filter((cell) => cell.row === 0).length;
    assert.ok(columns >= 3 && columns < 5, String(columns));
    assert.equal(neighbour(cells, 0, 'ArrowRight'), 1);
    assert.equal(neighbour(cells, 0, 'ArrowDown'), columns);
    assert.equal(neighbour(cells, columns, 'ArrowUp'), 0);
    assert.equal(neighbour(cells, columns - 1, 'ArrowDown'), columns - 1);
    assert.equal(neighbour(cells, 0, 'ArrowLeft'), 0);
    assert.equal(neighbour(cells, 0, 'End'), 4);
    assert.equal(neighbour(cells, 4, 'Home'), 0);
});

test('a large tile has neighbours beside all of its cells', () => {
    const cells = [
        { column: 0, row: 0, span: 2 },
        { column: 2, row: 0, span: 1 },
        { column: 2, row: 1, span: 1 },
        { column: 1, row: 2, span: 1 },
    ];
    assert.equal(neighbour(cells, 0, 'ArrowDown'), 3);
    assert.equal(neighbour(cells, 3, 'ArrowUp'), 0);
    assert.equal(neighbour(cells, 2, 'ArrowUp'), 1);
});

test('the wall takes the shape that most pictures have', () => {
    assert.equal(commonAspect([4 / 3, 16 / 9, 4 / 3]), 1.33);
    assert.equal(commonAspect([4 / 3, 16 / 9]), 1.78);
});

const cameras = [
    { id: 'quay', groups: ['water'] },
    { id: 'gate', groups: [] },
    { id: 'lawn', groups: ['water'] },
    { id: 'hall' },
];
const ids = (list: { id: string }[]): string[] => list.map(({ id }) => id);

test('a layout holds what was chosen, as it was dragged, and new cameras come last', () => {
    assert.deepEqual(ids(listed(firstLayout, cameras)), ['quay', 'gate', 'lawn', 'hall']);
    const some = { ...firstLayout, all: false, groups: ['water'], cameras: ['hall', 'gone'] };
    assert.deepEqual(ids(listed(some, cameras)), ['quay', 'lawn', 'hall']);
    const dragged = moved(some, ['quay', 'lawn', 'hall'], 'hall', 0);
    assert.deepEqual(ids(listed(dragged, cameras)), ['hall', 'quay', 'lawn']);
    const more = [...cameras, { id: 'pier', groups: ['water'] }];
    assert.deepEqual(ids(listed(dragged, more)), ['hall', 'quay', 'lawn', 'pier']);
    assert.deepEqual(moved(some, ['a', 'b', 'c'], 'a', 99).order, ['b', 'c', 'a']);
    assert.deepEqual(resized(resized(some, 'quay'), 'quay').large, []);
});

test('what was kept is read with care', () => {
    for (const strange of [null, 1, 'x', [], {}, { layouts: [{}, 7, null] }])
        assert.deepEqual(parseSettings(strange), firstSettings);
    const kept = {
        layouts: [
            { ...firstLayout, key: 'b', name: 'Quay', large: ['quay', 7], page: 9 },
            { ...firstLayout, key: 'b', name: 'Twice' },
            { ...firstLayout, key: 'f', name: 'A key that is not for layouts' },
        ],
        tourSeconds: 30,
        spotlight: false,
    };
    const read = parseSettings(JSON.parse(JSON.stringify(kept)));
    assert.equal(read.layouts.length, 1);
    assert.deepEqual(read.layouts[0]?.large, ['quay']);
    assert.deepEqual([read.layouts[0]?.page, read.tourSeconds, read.spotlight], [9, 30, false]);
    assert.deepEqual(parseSettings(read), read);
});

test('letters run out', () => {
    const layouts = layoutKeys.map((key) => ({ ...firstLayout, key }));
    assert.equal(freeKey({ ...firstSettings, layouts }), null);
    assert.equal(freeKey(firstSettings), 'b');
});

test('the largest settings fit into what the server keeps of them', () => {
    const many = Array.from({ length: 42 }, (_, i) => `camera-with-a-long-name-${i}`);
    const layouts = layoutKeys.map((key) => ({ ...firstLayout, key, order: many }));
    assert.ok(JSON.stringify({ ...firstSettings, layouts }).length < 16 * 1024);
});

test('pages', () => {
    assert.deepEqual(pagesOf([1, 2, 3, 4, 5], 2), [[1, 2], [3, 4], [5]]);
    assert.deepEqual(pagesOf([1, 2], 0), [[1, 2]]);
    assert.deepEqual(pagesOf([], 4), [[]]);
});

test('a number is open as soon as no further digit could follow', () => {
    assert.deepEqual(typeDigit(0, 3, 4), { number: 3, open: true });
    assert.deepEqual(typeDigit(0, 1, 16), { number: 1, open: false });
    assert.deepEqual(typeDigit(1, 4, 16), { number: 14, open: true });
    assert.deepEqual(typeDigit(0, 2, 16), { number: 2, open: true });
    assert.deepEqual(typeDigit(0, 7, 4), { number: 0, open: false });
    assert.deepEqual(typeDigit(0, 0, 4), { number: 0, open: false });
});
