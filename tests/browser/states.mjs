// States that a healthy site rarely shows, on the development server: late, lost, opaque,
// blanked, restarted. Prints "ok NAME" or "FAIL NAME why" a line.     SCRIM_WEB=DIR (default
// build/web)  SCRIM_ARTIFACTS=DIR
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launch, newPage, signIn } from './harness.mjs';
import { vaultTests } from './vault_states.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const web = process.env.SCRIM_WEB ?? join(here, '../../build/web');
const artifacts = process.env.SCRIM_ARTIFACTS;
if (artifacts) mkdirSync(artifacts, { recursive: true });

const server = spawn(process.execPath, [join(here, 'devserver.mjs'), '--port', '0', '--web', web], {
    stdio: ['ignore', 'pipe', 'inherit'],
});
const [line] = await Promise.race([
    new Promise((resolve) =>
        createInterface(server.stdout).once('line', (text) => resolve([text])),
    ),
    new Promise((resolve) => server.once('exit', () => resolve(['']))),
]);
const url = /^https:\S+/.exec(line)?.[0];
if (!url) {
    console.log('FAIL states: the development server did not start');
    process.exit(1);
}

const browser = await launch();
let page;

const change = (camera, what) =>
    page.evaluate(
        async ([id, body]) => {
            await fetch(`/dev/camera/${id}`, { method: 'POST', body: JSON.stringify(body) });
        },
        [camera, what],
    );
const tile = (camera) => `.tile[data-camera=${camera}]`;
const reaches = (camera, state, timeout = 8000) =>
    page.waitForSelector(`${tile(camera)}[data-state=${state}]`, { timeout });
const words = (camera) => page.textContent(`${tile(camera)} .picture-words`);
const blanked = (camera) =>
    page.$eval(`${tile(camera)} video`, (video) => getComputedStyle(video).visibility === 'hidden');

async function moves(camera) {
    const time = () =>
        page.$eval(
            `${tile(camera)} video`,
            (video) => video.getVideoPlaybackQuality().totalVideoFrames,
        );
    const before = await time();
    await page.waitForTimeout(1500);
    return (await time()) > before + 5;
}

const tests = {
    async 'an opaque picture says why'() {
        await change('quay-north', { veil: { state: 'opaque', reason: 'scene cut' } });
        await reaches('quay-north', 'opaque');
        assert.match(await words('quay-north'), /scene cut/);
        await change('quay-north', { veil: { state: 'live', reason: '' } });
        await reaches('quay-north', 'live');
    },
    async 'a stalled feed is late, not live'() {
        await change('gate-2', { stall: true });
        await reaches('gate-2', 'late', 4000);
        assert.match(await words('gate-2'), /Late by \d/);
        await change('gate-2', { stall: false });
        await reaches('gate-2', 'live');
        assert.ok(await moves('gate-2'));
    },
    async 'a lost camera is blank and says since when'() {
        await change('ferry-lawn', {
            camera: {
                state: 'waiting',
                cause: 'network',
                detail: 'no route to host',
                since_ms: Date.UTC(2026, 0, 1, 3, 12, 40),
            },
        });
        await reaches('ferry-lawn', 'lost');
        assert.match(
            await words('ferry-lawn'),
            /Camera lost.*since \d\d:\d\d:\d\d.*no route to host/,
        );
        assert.ok(await blanked('ferry-lawn'));
        await change('ferry-lawn', {
            camera: { state: 'recording', cause: null, detail: '', since_ms: Date.now() },
        });
        await reaches('ferry-lawn', 'live');
    },
    async 'a camera that is lost gets the light, but not under somebody’s hand'() {
        const lose = (camera, lost) =>
            change(camera, {
                camera: { state: lost ? 'waiting' : 'recording', since_ms: Date.now() },
            });
        await page.mouse.move(300, 300);
        await lose('gate-2', true);
        await reaches('gate-2', 'lost');
        await page.mouse.move(310, 300);
        await page.waitForTimeout(1500);
        assert.equal(await page.locator('.tile[data-lit]').count(), 0, 'it moved while in use');
        await page.waitForSelector(`${tile('gate-2')}[data-lit=lost]`, { timeout: 12_000 });
        if (artifacts) await page.screenshot({ path: join(artifacts, 'spot-light.png') });
        await lose('gate-2', false);
        await page.waitForSelector('.tile[data-lit]', { state: 'detached', timeout: 6000 });
        await reaches('gate-2', 'live');
    },
    async 'a veil that is down blanks the picture at once, and it comes back afresh'() {
        await change('ticket-hall', { veil: { state: 'down', reason: '' } });
        await reaches('ticket-hall', 'down', 1000);
        assert.ok(await blanked('ticket-hall'));
        assert.match(await words('ticket-hall'), /Recording goes on/);
        if (artifacts) await page.screenshot({ path: join(artifacts, 'veil-down.png') });
        await change('ticket-hall', { veil: { state: 'live', reason: '' }, restart: true });
        await reaches('ticket-hall', 'live');
        assert.ok(!(await blanked('ticket-hall')));
        assert.ok(await moves('ticket-hall'));
    },
    async 'a broken feed joins again by itself'() {
        await change('quay-north', { cut: true });
        await reaches('quay-north', 'connecting', 2000);
        await reaches('quay-north', 'live');
        assert.ok(await moves('quay-north'));
    },
    async 'playback steps over a gap and says so'() {
        const gap = await page.evaluate(async () => {
            const now = Date.now();
            const response = await fetch(
                `/api/v1/cameras/gate-2/timeline?from=${now - 12 * 3600_000}&to=${now}`,
            );
            return (await response.json()).gaps.find((candidate) => candidate.cause === 'camera');
        });
        await page.goto(`${url}#/camera/gate-2?t=${Math.round(gap.from - 4000)}`);
        await page.waitForSelector('.stage[data-phase=playing]');
        await page.waitForFunction(
            () => /skipped/.test(document.querySelector('.stage-caption').textContent),
            null,
            { timeout: 15_000 },
        );
        const shown = Date.parse(await page.getAttribute('.stage-caption time', 'datetime'));
        assert.ok(
            shown >= gap.to - 61_000 && shown < gap.to + 5000,
            `it stands at ${new Date(shown).toISOString()}`,
        );
    },
    async 'the file that is being written plays, and then the present'() {
        await page.goto(`${url}#/camera/gate-2`);
        await page.waitForSelector('.stage[data-state=live]');
        await page.keyboard.press('ArrowLeft');
        await page.waitForSelector('.stage[data-phase=playing]');
        const shown = Date.parse(await page.getAttribute('.stage-caption time', 'datetime'));
        assert.ok(Date.now() - shown < 20_000, 'it is not what was asked for');
        await page.keyboard.press('+');
        await page.waitForSelector('.stage[data-state=live]', { timeout: 25_000 });
    },
    async 'a camera without picture says why, while one looks at the gap'() {
        const gap = await page.evaluate(async () => {
            const now = Date.now();
            const response = await fetch(`/api/v1/timeline?from=${now - 12 * 3600_000}&to=${now}`);
            const [camera] = (await response.json()).cameras;
            return camera.gaps.findLast(([, , cause]) => cause === 'network');
        });
        await page.goto(`${url}#/review?t=${gap[0] - 120_000}&cameras=gate-2`);
        await page.waitForSelector('.review[data-phase=playing]');
        await page.keyboard.press(' ');
        await page.waitForSelector('.review[data-phase=paused]');
        // To the camera's loss, which is the next event.
        await page.keyboard.press('n');
        await page.waitForSelector('.cell[data-sight=hole]');
        await page.waitForFunction(() =>
            /Gap: Network.*Picture again at \d\d:\d\d:\d\d/.test(
                document.querySelector('.cell .picture-words')?.textContent ?? '',
            ),
        );
        assert.ok(
            await page.isVisible('.cell .gauze'),
            'the picture before the gap is still shown',
        );
        await page.goto(`${url}#/camera/gate-2`);
    },
    async 'the gaps stand in a table, and each leads to its place'() {
        await page.waitForSelector('.gaps tbody tr');
        assert.equal(await page.locator('.gaps tbody tr').count(), 3);
        await page.locator('.gaps .link').first().click();
        await page.waitForFunction(() => document.querySelectorAll('.gaps tbody tr').length === 1);
    },
    async 'Escape closes an open panel, and only that'() {
        await page.click('.health');
        await page.waitForSelector('#health-panel:popover-open');
        await page.keyboard.press('Escape');
        await page.waitForSelector('#health-panel:popover-open', { state: 'detached' });
        assert.equal(await page.locator('.camera h1').count(), 1, 'it left the camera');
        await page.keyboard.press('Escape');
        await page.waitForSelector('.tile');
    },
    async 'a viewer is offered the present only'() {
        const asked = [];
        const viewer = await newPage(browser, { baseURL: url });
        viewer.on('response', (response) => {
            if (response.status() === 403) asked.push(response.url());
        });
        await viewer.goto('/#/camera/gate-2?t=1700000000000');
        await viewer.waitForSelector('.signin-form');
        await signIn(viewer, 'viewer', 'viewer');
        await viewer.waitForSelector('.stage[data-state=live]');
        assert.equal(await viewer.locator('.timeline, .controls, .gaps').count(), 0);
        await viewer.keyboard.press('ArrowLeft');
        await viewer.keyboard.press('n');
        await viewer.waitForFunction(
            () => document.querySelector('.camera h1').textContent === 'Ferry lawn',
        );
        assert.deepEqual(asked, [], 'it asks for what it may not have');
        await viewer.context().close();
    },
};

let failed = 0;
try {
    page = await newPage(browser, { baseURL: url });
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    await signIn(page, 'demo', 'demo');
    await page.waitForFunction(
        () => document.querySelectorAll('.tile[data-state=live]').length === 4,
    );
    for (const [name, test] of Object.entries({ ...tests, ...vaultTests(browser, url) })) {
        try {
            await test();
            console.log(`ok states: ${name}`);
        } catch (error) {
            failed++;
            console.log(
                `FAIL states: ${name}: ${String(error.message).split('\n').slice(0, 3).join(' | ')}`,
            );
            if (artifacts)
                await page.screenshot({ path: join(artifacts, `failed-state-${failed}.png`) });
        }
    }
} catch (error) {
    failed++;
    console.log(`FAIL states: ${error.message}`);
} finally {
    await browser.close();
    server.kill();
}
process.exitCode = failed ? 1 : 0;
