// The plan: uploaded, arranged by pointer and keyboard, read by everybody; and the site's own map.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { admin, axeViolations, newPage, password, signIn, user } from '../harness.mjs';

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
const crcTable = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let i = 0; i < 8; i++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
});

function chunk(kind, data) {
    const body = Buffer.concat([Buffer.from(kind), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = crcTable[(crc ^ byte) & 255] ^ (crc >>> 8);
    const out = Buffer.alloc(body.length + 8);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
    return out;
}

// A floor with walls, so that pictures of it show something.
export function drawing(width, height) {
    const rows = Buffer.alloc(height * (width + 1), 0xf4);
    for (let y = 0; y < height; y++) {
        rows[y * (width + 1)] = 0;
        for (let x = 0; x < width; x++) {
            const edge = x < 6 || y < 6 || x >= width - 6 || y >= height - 6;
            const inner =
                (Math.abs(x - width * 0.4) < 3 && y < height * 0.65) ||
                (Math.abs(y - height * 0.5) < 3 && x > width * 0.55);
            if (edge || inner) rows[y * (width + 1) + 1 + x] = 0x50;
        }
    }
    const head = Buffer.alloc(13);
    head.writeUInt32BE(width, 0);
    head.writeUInt32BE(height, 4);
    head.set([8, 0, 0, 0, 0], 8);
    return Buffer.concat([
        Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
        chunk('IHDR', head),
        chunk('IDAT', deflateSync(rows)),
        chunk('IEND', Buffer.alloc(0)),
    ]);
}

// A world of one grey tile: PMTiles 3, nothing compressed.
export function world() {
    const tile = drawing(256, 256);
    const directory = Buffer.from([1, 0, 1, ...varint(tile.length), 1]);
    const metadata = Buffer.from(JSON.stringify({ attribution: 'Made by <b>this</b> test' }));
    const head = Buffer.alloc(127);
    head.write('PMTiles', 0);
    head[7] = 3;
    const parts = [directory, metadata, Buffer.alloc(0), tile];
    let at = 127;
    for (const [i, part] of parts.entries()) {
        head.writeBigUInt64LE(BigInt(at), 8 + 16 * i);
        head.writeBigUInt64LE(BigInt(part.length), 16 + 16 * i);
        at += part.length;
    }
    for (const offset of [72, 80, 88]) head.writeBigUInt64LE(1n, offset);
    head[96] = 1; // clustered
    head[97] = head[98] = 1; // no compression
    head[99] = 2; // PNG
    [-1790000000, -850000000, 1790000000, 850000000].forEach((value, i) =>
        head.writeInt32LE(value, 102 + 4 * i),
    );
    return Buffer.concat([head, ...parts]);
}

function varint(value) {
    const out = [];
    for (; value > 127; value >>>= 7) out.push((value & 127) | 128);
    return [...out, value];
}

async function enter(run, { name = admin.user, secret = admin.password, ...options } = {}) {
    if (!name) run.skip('there is no administrator');
    const page = await newPage(run.browser, options);
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) page.complaints.push(message.text());
    });
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    await signIn(page, name, secret);
    await page.waitForSelector('.top');
    return page;
}

async function openRoom(page, hash, selector) {
    await page.evaluate((to) => {
        location.hash = to;
    }, hash);
    await page.waitForSelector(selector, { timeout: 20_000 });
}

async function axe(page, name) {
    const words = (await axeViolations(page)).map(
        (v) =>
            `${v.id}: ${v.nodes
                .map((n) => n.target.join(' '))
                .slice(0, 3)
                .join(', ')}`,
    );
    assert.equal(words.length, 0, `${name}: ${words.join('; ')}`);
}

function placeOf(page, camera) {
    return page.evaluate(async (id) => {
        const list = await (await fetch('/api/v1/cameras')).json();
        return list.find((each) => each.id === id).place;
    }, camera);
}

// Asks until the server has it: changes are told a moment after the hand rests.
async function placed(page, camera, fits) {
    for (let i = 0; i < 40; i++) {
        const place = await placeOf(page, camera);
        if (fits(place)) return place;
        await page.waitForTimeout(100);
    }
    return assert.fail(`its place stayed ${JSON.stringify(await placeOf(page, camera))}`);
}

async function upload(page) {
    await page.setInputFiles('dialog[open] input[type=file]', {
        name: 'Ground floor.png',
        mimeType: 'image/png',
        buffer: drawing(1200, 800),
    });
    await page.click('dialog[open] .primary');
    await page.waitForSelector('.sheet');
}

export const tests = {
    async 'a-plan-is-uploaded-and-cameras-are-put-on-it'(run) {
        const page = await enter(run);
        await openRoom(page, '#/plan', '.plan-room .blank, .plan-board');
        if (await page.locator('.blank').count()) {
            await axe(page, 'no plan yet');
            await run.shot(page, 'plan-empty');
            await page.click('.blank .primary');
        } else {
            await page.click('.room-head button:has-text("Arrange")');
            await page.click('.room-head button:has-text("another")');
        }
        await page.click('dialog[open] .primary');
        assert.match(await page.textContent('dialog[open] .field[data-bad]'), /picture/i);
        await upload(page);

        const item = page.locator('.plan-item').first();
        const camera = await item.getAttribute('data-camera');
        await item.locator('.plan-choose').click();
        await page.click('.plan-shown button:has-text("Put it here")');
        await page.waitForSelector(`.mark-camera[data-camera=${camera}]`);
        const first = await placed(page, camera, (place) => place?.x > 0.4 && place.x < 0.6);
        assert.equal(first.heading, 0);

        // Dragged to another place, then turned by its handle.
        const dot = page.locator(`.mark-camera[data-camera=${camera}] .mark-dot`);
        const box = await dot.boundingBox();
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
        await page.mouse.down();
        await page.mouse.move(box.x - 150, box.y + 60, { steps: 5 });
        await page.mouse.up();
        await placed(page, camera, (place) => place.x < first.x - 0.05 && place.y > first.y);
        const grip = await page.locator('.mark-grip').first().boundingBox();
        await page.mouse.move(grip.x + 7, grip.y + 7);
        await page.mouse.down();
        await page.mouse.move(box.x + 60, box.y + 60, { steps: 5 });
        await page.mouse.up();
        await placed(page, camera, (place) => place.heading > 60 && place.heading < 120);
        await page.waitForSelector('.plan-shown .camera-now[data-state=live]', {
            timeout: run.waitMs,
        });
        await axe(page, 'arranging');
        await run.shot(page, 'plan-arrange');

        // And by keyboard.
        const before = await placeOf(page, camera);
        await page.focus(`.mark-camera[data-camera=${camera}] .mark-body`);
        await page.keyboard.press('Shift+ArrowRight');
        await placed(page, camera, (place) => place.x > before.x);
        await page.keyboard.press('Tab');
        await page.keyboard.press('ArrowRight');
        await placed(page, camera, (place) => place.heading !== before.heading);
        await page.keyboard.press('Tab');
        await page.keyboard.press('ArrowUp');
        await placed(page, camera, (place) => place.angle > before.angle);
        await page.click('.room-head button:has-text("Done")');
        await run.shot(page, 'plan');
        assert.deepEqual(page.complaints, []);
    },

    async 'everybody-reads-the-plan-and-jumps-to-a-view'(run) {
        const page = await enter(run, { name: user, secret: password });
        await openRoom(page, '#/plan', '.plan-board .mark-camera');
        assert.equal(await page.locator('.room-head button').count(), 0);
        await page.focus('.mark-body');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.plan-shown .camera-now[data-state=live]', {
            timeout: run.waitMs,
        });
        const sheet = () => page.$eval('.sheet', (element) => getComputedStyle(element).transform);
        const before = await sheet();
        await page.click('.ground-zoom button[aria-label=Closer]');
        assert.notEqual(await sheet(), before, 'the plan did not come closer');
        await axe(page, 'plan');
        await page.click('.plan-shown a:has-text("Open")');
        await page.waitForSelector('.stage');
        assert.deepEqual(page.complaints, []);
    },

    async 'the-plan-on-a-phone'(run) {
        const page = await enter(run, { name: user, secret: password, ...phone });
        await openRoom(page, '#/plan', '.plan-board .mark-camera');
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${over} px wider than the phone`);
        await page.tap('.mark-body');
        await page.waitForSelector('.plan-shown');
        await axe(page, 'plan on a phone');
        await run.shot(page, 'plan-phone');
    },

    async 'the-sites-own-map-carries-the-same-cameras'(run) {
        if (!process.env.SCRIM_SITE_DIR) run.skip('SCRIM_SITE_DIR is not set');
        writeFileSync(join(process.env.SCRIM_SITE_DIR, 'map', 'tiles.pmtiles'), world());
        const page = await enter(run);
        const asked = [];
        page.on('request', (request) => asked.push(new URL(request.url()).origin));
        await openRoom(page, '#/plan/map', '.ground-map[data-ready]');
        assert.match(await page.textContent('.attribution'), /^Made by this test$/);
        await page.click('.room-head button:has-text("Arrange")');
        const item = page.locator('.plan-item').last();
        const camera = await item.getAttribute('data-camera');
        const before = await placeOf(page, camera);
        await item.locator('.plan-choose').click();
        await page.click('.plan-shown button:has-text("Put it here")');
        await placed(page, camera, (place) => place && 'lat' in place);
        const mark = await page
            .locator(`.mark-camera[data-camera=${camera}] .mark-dot`)
            .boundingBox();
        const ground = await page.locator('.ground-map').boundingBox();
        const middle = ground.y + ground.height / 2;
        assert.ok(Math.abs(mark.y + mark.height / 2 - middle) < 20, 'not in the middle');
        await axe(page, 'map');
        await run.shot(page, 'map');
        assert.equal(new Set(asked).size, 1, `asked elsewhere: ${[...new Set(asked)].join(' ')}`);
        if (before === null) {
            await page.click('.plan-shown button:has-text("Take it off")');
            await placed(page, camera, (place) => place === null);
        }
        assert.deepEqual(page.complaints, []);
    },
};
