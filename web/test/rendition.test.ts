import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSlow, pickRendition } from '../src/live/rendition';

test('a small tile and a slow link get the thin picture, unless somebody chose', () => {
    assert.equal(pickRendition('auto', 640, false), 'full');
    assert.equal(pickRendition('auto', Infinity, false), 'full');
    assert.equal(pickRendition('auto', 200, false), 'thin');
    assert.equal(pickRendition('auto', 640, true), 'thin');
    assert.equal(pickRendition('full', 100, true), 'full');
    assert.equal(pickRendition('thin', 1920, false), 'thin');
});

test('a link is slow when the browser says so', () => {
    assert.equal(isSlow(undefined), false);
    assert.equal(isSlow({}), false);
    assert.equal(isSlow({ saveData: true, effectiveType: '4g' }), true);
    assert.equal(isSlow({ effectiveType: '4g' }), false);
    assert.equal(isSlow({ effectiveType: '3g' }), true);
});
