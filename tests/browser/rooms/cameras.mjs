// What an administrator does in the room of cameras: look, add, change, take out, draw.
import assert from 'node:assert/strict';
import { admin, axeViolations, newPage, password, signIn, user } from '../harness.mjs';

// A camera that the site does not have yet, to be added by its address.
const spare = {
    url: process.env.SCRIM_CAMERA_URL ?? '',
    user: process.env.SCRIM_CAMERA_USER ?? '',
    password: process.env.SCRIM_CAMERA_PASSWORD ?? '',
};
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

async function enter(run, { name = admin.user, secret = admin.password, ...options } = {}) {
    if (!name) run.skip('there is no administrator');
    const page = await newPage(run.browser, options);
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(`error: ${error.message}`));
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

const firstCamera = (page) =>
    page.getAttribute('.cameras-table tbody tr', 'data-camera', { timeout: 20_000 });

async function wider(page) {
    return page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
}

// The areas of a camera, as the server has them.
function areasOf(page, camera) {
    return page.evaluate(async (id) => (await fetch(`/api/v1/cameras/${id}/areas`)).json(), camera);
}

async function openEditor(page) {
    await openRoom(page, '#/cameras', '.cameras-table');
    const camera = await firstCamera(page);
    await openRoom(page, `#/cameras/${camera}/areas`, '.areas-stage[data-state=live]');
    await page.waitForSelector('.applied');
    return camera;
}

async function saved(page) {
    await page.click('.areas-side .primary:has-text("Save")');
    const confirm = page.locator('dialog[open] .danger');
    await Promise.race([
        confirm.waitFor({ timeout: 5000 }).then(() => confirm.click()),
        page.waitForSelector('.applied[data-applied=true]', { timeout: 15_000 }),
    ]);
    await page.waitForSelector('.applied[data-applied=true]', { timeout: 15_000 });
}

async function removeAll(page) {
    for (;;) {
        const item = page.locator('.area:not([data-name=""])').first();
        if ((await item.count()) === 0) return;
        if ((await item.getAttribute('data-chosen')) !== 'true')
            await item.locator('.area-choose').click();
        await item.locator('.danger').click();
    }
}

export const tests = {
    async 'cameras-list-tells-how-each-does'(run) {
        const page = await enter(run);
        await openRoom(page, '#/cameras', '.cameras-table');
        await page.waitForSelector('.cameras-table .badge[data-mood=good]', {
            timeout: run.waitMs,
        });
        const rows = await page.locator('.cameras-table tbody tr').count();
        assert.ok(rows >= 1, 'no camera');
        await axe(page, 'list');
        await run.shot(page, 'cameras');
        await page.fill('.camera-filter input', 'no such camera at all');
        await page.waitForSelector('.room .empty .link');
        await page.click('.room .empty .link');
        await page.waitForSelector('.cameras-table');
        assert.deepEqual(page.complaints, []);
    },

    async 'cameras-list-and-one-camera-on-a-phone'(run) {
        const page = await enter(run, phone);
        await openRoom(page, '#/cameras', '.cameras-table');
        assert.ok((await wider(page)) <= 0, 'the list is wider than the phone');
        await axe(page, 'list on a phone');
        await run.shot(page, 'cameras-phone');
        await page.locator('.camera-link').first().click();
        await page.waitForSelector('.charts figcaption', { timeout: 15_000 });
        assert.ok((await wider(page)) <= 0, 'a camera is wider than the phone');
        await axe(page, 'camera on a phone');
        await run.shot(page, 'camera-room-phone');
    },

    async 'one-camera-shows-its-health-in-charts-and-words'(run) {
        const page = await enter(run);
        await openRoom(page, '#/cameras', '.cameras-table');
        const camera = await firstCamera(page);
        await openRoom(page, `#/cameras/${camera}`, '.charts figcaption');
        await page.waitForSelector('.plot canvas', { timeout: run.waitMs });
        await page.waitForSelector('.camera-now[data-state=live]', { timeout: run.waitMs });
        for (const range of ['Hour', 'Month']) {
            await page.click(`.tabs button:has-text("${range}")`);
            await page.waitForSelector(`.tabs button[aria-pressed=true]:has-text("${range}")`);
        }
        const said = await page.locator('.charts figcaption').allTextContents();
        assert.equal(said.length, 4);
        assert.ok(
            said.every((words) => words.length > 10),
            `a chart without words: ${said.join(' | ')}`,
        );
        await axe(page, 'camera');
        await run.shot(page, 'camera-room');
        assert.deepEqual(page.complaints, []);
    },

    async 'an-operator-sees-cameras-and-may-change-none'(run) {
        const page = await enter(run, { name: user, secret: password });
        await openRoom(page, '#/cameras', '.cameras-table');
        assert.equal(await page.locator('a[href="#/cameras/new"]').count(), 0);
        const camera = await firstCamera(page);
        await openRoom(page, `#/cameras/${camera}`, '.facts');
        assert.equal(await page.locator('.room-head .danger').count(), 0);
        await openRoom(page, `#/cameras/${camera}/areas`, '.areas-stage');
        await page.waitForSelector('.applied');
        assert.equal(await page.locator('.areas-new').count(), 0);
        await openRoom(page, '#/cameras/new', '.cameras-table');
    },

    async 'a-mask-is-drawn-saved-and-really-on-the-picture'(run) {
        const page = await enter(run);
        const camera = await openEditor(page);
        await removeAll(page);
        const box = await page.locator('.surface').boundingBox();
        const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
        await page.click('.areas-new button:has-text("mask")');
        for (const [x, y] of [
            [0.1, 0.1],
            [0.4, 0.1],
            [0.4, 0.4],
            [0.1, 0.4],
        ])
            await page.mouse.click(...at(x, y));
        await page.click('.drawing .primary');
        await page.fill('.area[data-chosen=true] input', 'window');
        assert.equal(await page.locator('.corner').count(), 4);

        // A corner is dragged across: it crosses itself, is said, and cannot be saved.
        await page.mouse.move(...at(0.4, 0.4));
        await page.mouse.down();
        await page.mouse.move(...at(0.2, 0.02), { steps: 4 });
        await page.waitForSelector('.shape-wrong');
        assert.match(await page.textContent('.area .problem'), /crosses or touches/);
        assert.ok(await page.isDisabled('.areas-side .primary'));
        await page.mouse.move(...at(0.4, 0.4), { steps: 4 });
        await page.mouse.up();
        await page.waitForSelector('.shape-wrong', { state: 'detached' });

        await run.shot(page, 'areas');
        await axe(page, 'areas');
        await saved(page);
        const told = await areasOf(page, camera);
        assert.equal(told.applied, true);
        const mask = told.areas.find(({ name }) => name === 'window');
        assert.equal(mask.kind, 'mask');
        assert.ok(Math.abs(mask.points[0][0] - 0.1) < 0.01, JSON.stringify(mask.points));

        // The middle of the mask is as dark as the veil paints masks; the picture has about a
        // second of it behind.
        await page.waitForFunction(
            () => {
                const video = document.querySelector('.areas-stage video');
                const canvas = document.createElement('canvas');
                canvas.width = canvas.height = 1;
                const context = canvas.getContext('2d');
                const { videoWidth: w, videoHeight: h } = video;
                context.drawImage(video, w * 0.2, h * 0.2, w * 0.1, h * 0.1, 0, 0, 1, 1);
                return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)].every(
                    (value) => value < 60,
                );
            },
            null,
            { timeout: 10_000 },
        );
        await removeAll(page);
        await saved(page);
        assert.equal(
            (await areasOf(page, camera)).areas.filter((a) => a.from === 'desk').length,
            0,
        );
        assert.deepEqual(page.complaints, []);
    },

    async 'areas-are-drawn-and-changed-by-keyboard-alone'(run) {
        const page = await enter(run);
        const camera = await openEditor(page);
        await page.focus('.areas-new button:has-text("line")');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.surface[data-drawing=line]:focus');
        for (let i = 0; i < 10; i++) await page.keyboard.press('Shift+ArrowLeft');
        await page.keyboard.press('Enter');
        for (let i = 0; i < 20; i++) await page.keyboard.press('Shift+ArrowRight');
        await page.keyboard.press('Enter');
        await page.focus('.drawing .primary');
        await page.keyboard.press('Enter');
        await page.focus('.shape-body');
        await page.keyboard.press('Tab');
        await page.waitForSelector('.corner[data-index="0"]:focus');
        const corner = () => page.getAttribute('.corner[data-index="0"]', 'aria-label');
        const before = await corner();
        await page.keyboard.press('Shift+ArrowDown');
        const after = await corner();
        assert.notEqual(after, before, 'the corner did not move');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.corner[data-index="1"]:focus');
        assert.equal(await page.locator('.corner').count(), 3);
        await page.keyboard.press('Delete');
        assert.equal(await page.locator('.corner').count(), 2);
        await page.keyboard.press('Control+z');
        assert.equal(await page.locator('.corner').count(), 3);
        assert.equal(await page.locator('.shape-arrow').count(), 1);
        await page.click('.areas-side .primary');
        await page.waitForSelector('.applied[data-applied=true]', { timeout: 15_000 });
        const drawn = (await areasOf(page, camera)).areas.find(({ kind }) => kind === 'line');
        assert.equal(drawn.points.length, 3);
        await run.shot(page, 'areas-line');
        await removeAll(page);
        await saved(page);
        assert.deepEqual(page.complaints, []);
    },

    async 'areas-work-by-touch'(run) {
        const page = await enter(run, phone);
        await openEditor(page);
        await page.tap('.areas-new button:has-text("zone")');
        const box = await page.locator('.surface').boundingBox();
        for (const [x, y] of [
            [0.2, 0.2],
            [0.8, 0.2],
            [0.5, 0.8],
        ])
            await page.touchscreen.tap(box.x + x * box.width, box.y + y * box.height);
        await page.tap('.drawing .primary');
        assert.equal(await page.locator('.corner').count(), 3);
        assert.ok((await wider(page)) <= 0, 'the editor is wider than the phone');
        await axe(page, 'areas on a phone');
        await run.shot(page, 'areas-phone');
        await page.tap('.areas-side button:has-text("Discard")');
        await page.waitForSelector('.corner', { state: 'detached' });
    },

    async 'an-address-that-does-not-answer-is-explained-and-stays-typed'(run) {
        const page = await enter(run);
        await openRoom(page, '#/cameras/new', '.adding');
        await page.click('.adding .primary');
        assert.match(await page.textContent('.field[data-bad] .problem'), /rtsp/);
        await page.fill('input[name=url]', 'rtsp://127.0.0.1:9/nothing');
        await page.fill('input[name=camera-user]', 'viewer');
        await page.click('.adding .primary');
        await page.waitForSelector('.trial[data-state=bad]', { timeout: 30_000 });
        assert.ok(await page.locator('.trial [data-bad] .step-words').count(), 'no words');
        assert.equal(await page.inputValue('input[name=url]'), 'rtsp://127.0.0.1:9/nothing');
        await axe(page, 'a test that failed');
        await run.shot(page, 'camera-try-failed');
        assert.deepEqual(page.complaints, []);
    },

    async 'a-camera-is-added-seen-live-changed-and-taken-out'(run) {
        if (!spare.url) run.skip('SCRIM_CAMERA_URL is not set');
        const page = await enter(run);
        await openRoom(page, '#/cameras/new', '.adding');
        await page.fill('input[name=url]', spare.url);
        await page.fill('input[name=camera-user]', spare.user);
        await page.fill('input[name=camera-password]', spare.password);
        await page.click('.adding .primary');
        await page.waitForSelector('.trial[data-state=good]', { timeout: 30_000 });
        await run.shot(page, 'camera-try');
        await page.click('.adding .primary');
        await page.waitForSelector('.adding[data-stage=about]');
        await axe(page, 'what a camera is for');
        await page.click('.adding .primary');
        assert.equal(await page.locator('.field[data-bad]').count(), 2, 'name and purpose');
        await page.fill('input[name=camera-name]', 'Back door');
        await page.fill('input[name=purpose]', 'Access to the site');
        await page.fill('input[name=retention]', '1'); // little for the disk of a test
        // The disk of a test may have no room for one more camera's originals.
        await page.getByLabel('Redacted picture only').check();
        await run.shot(page, 'camera-about');
        await page.click('.adding .primary');
        await page.waitForFunction(
            () =>
                document.querySelector('.adding[data-stage=live]') ||
                document.querySelector('.adding .problem[role=alert]')?.textContent,
        );
        const refused = page.locator('.adding .problem[role=alert]');
        const words = (await refused.count()) ? await refused.textContent() : '';
        if (/funded/.test(words)) run.skip(`no room on this disk: ${words}`);
        await page.waitForSelector('.adding[data-stage=live] [data-live]', { timeout: 90_000 });
        await page.waitForSelector('.adding .camera-now[data-state=live]', { timeout: 60_000 });
        await run.shot(page, 'camera-live');

        await openRoom(page, '#/cameras/back-door/change', 'input[name=purpose]');
        await axe(page, 'changing');
        await page.fill('input[name=purpose]', 'Protection of staff');
        await page.click('.form-actions .primary');
        await page.waitForFunction(() =>
            /Saved/.test(document.querySelector('[role=status]')?.textContent ?? ''),
        );
        await openRoom(page, '#/cameras/back-door', '.room-head .danger');
        await page.click('.room-head .danger');
        await page.waitForSelector('dialog[open]');
        assert.match(await page.textContent('dialog[open]'), /stays sealed/);
        await run.shot(page, 'camera-remove');
        await page.click('dialog[open] .danger');
        await page.waitForSelector('.cameras-table');
        await page.waitForSelector('tr[data-camera=back-door]', {
            state: 'detached',
            timeout: 60_000,
        });
        assert.deepEqual(page.complaints, []);
    },
};
