// Cones of view, and the sheet they stand on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
    ahead,
    angleOf,
    conePath,
    fitSheet,
    headingTo,
    moveSheet,
    pixelsPerMetre,
    placeOnMap,
    placeOnPlan,
    turn,
    zoomSheet,
} from '../src/plan/cone';
import { mapStyle } from '../src/plan/style';

const round = ({ x, y }: { x: number; y: number }): [number, number] => [
    Math.round(x),
    Math.round(y),
];

test('headings go clockwise from up', () => {
    const spot = { x: 100, y: 100 };
    assert.deepEqual(round(ahead(spot, 0, 10)), [100, 90]);
    assert.deepEqual(round(ahead(spot, 90, 10)), [110, 100]);
    assert.deepEqual(round(ahead(spot, 225, 14.142)), [90, 110]);
    for (const heading of [0, 30, 90, 181.5, 359.9])
        assert.equal(headingTo(spot, ahead(spot, heading, 50)), heading);
});

test('headings stay below 360, whatever is added', () => {
    assert.equal(turn(365), 5);
    assert.equal(turn(-5), 355);
    assert.equal(turn(359.97), 0);
});

test('how wide a view is, by where its edge is', () => {
    assert.equal(angleOf(0, 35), 70);
    assert.equal(angleOf(10, 350), 40);
    assert.equal(angleOf(0, 180), 360);
    assert.equal(angleOf(77, 77), 1);
});

test('cones are wedges, wide ones take the long way round, whole ones are circles', () => {
    const spot = { x: 0, y: 0 };
    assert.match(conePath(spot, 0, 90, 10), /^M0.0 0.0L-7.1 -7.1A10.0 10.0 0 0 1 7.1 -7.1Z$/);
    assert.match(conePath(spot, 0, 270, 10), /A10.0 10.0 0 1 1/);
    assert.equal(conePath(spot, 0, 360, 10).match(/A/g)?.length, 2);
});

test('places are rounded as the server keeps them, and stay on the plan', () => {
    assert.equal(placeOnPlan('p', 1.2, 0.1234567).x, 1);
    assert.equal(placeOnPlan('p', 1.2, 0.1234567).y, 0.12346);
    assert.equal(placeOnMap(53.12345678, 9).lat, 53.123457);
});

test('a metre on the map: 512 pixels for the equator at zoom 0, twice as many a zoom', () => {
    assert.ok(Math.abs(pixelsPerMetre(0, 0) * 40_075_016.686 - 512) < 1e-6);
    assert.ok(Math.abs(pixelsPerMetre(60, 3) / pixelsPerMetre(0, 0) - 16) < 1e-9);
});

const paper = { width: 1000, height: 500 };
const room = { width: 532, height: 532 };

test('a sheet fits whole, in the middle', () => {
    assert.deepEqual(fitSheet(paper, room), { scale: 0.5, x: 16, y: 141 });
});

test('zooming holds the point under the hand, and ends where all is seen', () => {
    const sheet = fitSheet(paper, room);
    const at = { x: 300, y: 300 };
    const closer = zoomSheet(sheet, 4, at, paper, room);
    assert.equal(closer.scale, 2);
    assert.ok(Math.abs((at.x - closer.x) / closer.scale - (at.x - sheet.x) / sheet.scale) < 1e-6);
    assert.deepEqual(zoomSheet(closer, 0.01, at, paper, room), sheet);
    assert.equal(zoomSheet(sheet, 1000, at, paper, room).scale, 4);
});

test('a sheet cannot be lost', () => {
    const near = zoomSheet(fitSheet(paper, room), 4, { x: 0, y: 0 }, paper, room);
    assert.equal(moveSheet(near, 1e6, 1e6, paper, room).x, 16);
    assert.equal(moveSheet(near, -1e6, 0, paper, room).x, room.width - 2000 - 16);
});

test('a map is drawn from the layers that its file has, and asks nobody else', () => {
    const colours = {
        ground: '#1',
        water: '#2',
        green: '#3',
        building: '#4',
        road: '#5',
        edge: '#6',
    };
    const site = { tiles: true, kind: 'mvt', min_zoom: 0, max_zoom: 14, bounds: null } as const;
    const style = mapStyle(site, 'https://desk/tiles', ['water', 'pois', 'roads'], '', colours);
    assert.deepEqual(
        style.layers.map(({ id }) => id),
        ['ground', 'water', 'roads'],
    );
    assert.equal(style.glyphs, undefined);
    assert.equal(style.sprite, undefined);
    const raster = mapStyle({ ...site, kind: 'png' }, 'https://desk/tiles', [], '', colours);
    assert.deepEqual(
        raster.layers.map(({ id }) => id),
        ['ground', 'tiles'],
    );
});
