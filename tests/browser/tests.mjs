// What an operator does. Each test has a browser context of its own; those that need the archive
// come late, since its first file takes a minute.
import assert from 'node:assert/strict';
import { connect } from 'node:tls';
import { axeViolations, newPage, password, signIn, url, user } from './harness.mjs';
import { difference, filled, grab, motion } from './pixels.mjs';

// Everything that a page complained about: script errors, console errors, breaches of the content
// policy. The browser itself reports refused requests; those that a test provokes are not the
// page's fault.
function complaints(page, tolerated = /status of 401/) {
    const list = [];
    page.on('pageerror', (error) => list.push(`error: ${error.message}`));
    page.on('console', (message) => {
        if (message.type() === 'error' && !tolerated.test(message.text()))
            list.push(`console: ${message.text()}`);
    });
    return list;
}

async function enter(run, options = {}) {
    const page = await newPage(run.browser, options);
    page.complaints = complaints(page, options.tolerated);
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    await signIn(page);
    await page.waitForSelector('.tile');
    return page;
}

async function liveTiles(page, run) {
    const count = run.cameras ?? (await page.locator('.tile').count());
    await page.waitForFunction(
        (n) => document.querySelectorAll('.tile[data-state=live]').length >= n,
        count,
        { timeout: run.waitMs },
    );
    return count;
}

async function openCamera(page, run, index = 0) {
    await liveTiles(page, run);
    await page.locator('.tile').nth(index).click();
    await page.waitForSelector('.stage[data-state=live]', { timeout: run.waitMs });
}

// The first time that the archive has picture for, by the API as the page would ask it.
async function archived(page, run) {
    const camera = await page.evaluate(() => location.hash.split('/')[2]);
    const deadline = Date.now() + run.waitMs;
    for (;;) {
        const list = await page.evaluate(async (id) => {
            const now = Date.now();
            const response = await fetch(
                `/api/v1/cameras/${id}/recordings?from=${now - 12 * 3600_000}&to=${now}`,
            );
            return response.json();
        }, camera);
        if (list.length > 0) return list[0];
        assert.ok(
            Date.now() < deadline,
            `no redacted recording of ${camera} after ${run.waitMs / 1000} s`,
        );
        await page.waitForTimeout(1000);
    }
}

// Brings `at` into a narrow view of the timeline and clicks on it.
async function clickTime(page, at) {
    const surface = page.locator('.timeline-surface');
    for (let i = 0; i < 60; i++) {
        const { from, to } = await surface.evaluate((element) => ({
            from: Number(element.getAttribute('aria-valuemin')) * 1000,
            to: Number(element.getAttribute('aria-valuemax')) * 1000,
        }));
        const box = await surface.boundingBox();
        const x = ((at - from) / (to - from)) * box.width;
        if (to - from < 20 * 60_000) {
            await surface.click({ position: { x, y: 38 } });
            return;
        }
        await page.mouse.move(box.x + x, box.y + 38);
        await page.mouse.wheel(0, -500);
        await page.waitForTimeout(30);
    }
    assert.fail('the timeline did not come close enough');
}

async function playing(page) {
    await page.waitForSelector('.stage[data-phase=playing]', { timeout: 30_000 });
}

const videoTime = (page) => page.$eval('.stage video', (video) => video.currentTime);

function webSocketStatus(path) {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
        const socket = connect(
            {
                host: hostname,
                port: Number(port || 443),
                rejectUnauthorized: false,
                ALPNProtocols: ['http/1.1'],
            },
            () => {
                socket.write(
                    `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${new URL(url).origin}\r\nConnection: Upgrade\r\n` +
                        'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
                );
            },
        );
        socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')));
        socket.once('data', (data) => {
            resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString('latin1'))?.[1]));
            socket.destroy();
        });
        socket.once('error', reject);
        socket.once('close', () => resolve(0));
    });
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

export const tests = {
    async 'sign-in-refuses-a-wrong-password'(run) {
        const page = await newPage(run.browser);
        await page.goto('/');
        await page.waitForSelector('.signin-form');
        await run.shot(page, 'signin');
        await signIn(page, user, `${password}-wrong`);
        await page.waitForFunction(
            () => document.querySelector('.signin-problem').textContent !== '',
        );
        const words = await page.textContent('.signin-problem');
        assert.match(words, /wrong/i);
        assert.equal(await page.locator('.tile').count(), 0);
        await run.shot(page, 'signin-refused');
    },

    async 'wall-shows-every-camera-live-and-moving'(run) {
        const page = await enter(run);
        const count = await liveTiles(page, run);
        const frames = async () => {
            const list = [];
            for (let i = 0; i < count; i++)
                list.push(await grab(page, `.tiles li:nth-child(${i + 1}) video`));
            return list;
        };
        const before = await frames();
        await page.waitForTimeout(2500);
        const after = await frames();
        for (let i = 0; i < count; i++) {
            assert.ok(after[i].time > before[i].time + 1, `tile ${i + 1}: its clock stood still`);
            assert.ok(
                difference(before[i], after[i]) > 0.05,
                `tile ${i + 1}: its picture stood still`,
            );
        }
        await run.shot(page, 'wall');
        assert.deepEqual(page.complaints, []);
    },

    async 'live-picture-is-near-the-present'(run) {
        const page = await enter(run);
        await openCamera(page, run);
        await page.waitForTimeout(3000);
        const frames = () =>
            page.$eval('.stage video', (video) => video.getVideoPlaybackQuality().totalVideoFrames);
        const before = await frames();
        await page.waitForTimeout(3000);
        const shown = (await frames()) - before;
        assert.ok(shown >= 15, `${shown} frames in 3 s: most of the picture is dropped`);
        const lag = await page.$eval(
            '.stage video',
            (video) => video.buffered.end(video.buffered.length - 1) - video.currentTime,
        );
        assert.ok(lag < 1, `${lag.toFixed(2)} s of picture wait in the browser`);
        const behind = parseFloat(await page.textContent('.stage-caption .note'));
        assert.ok(behind < 2, `the picture is ${behind} s behind`);
    },

    async 'picture-is-redacted'(run) {
        const page = await enter(run);
        const count = await liveTiles(page, run);
        let share = 0,
            changed = 0,
            open = 0;
        for (let round = 0; round < 3; round++) {
            for (let i = 0; i < count; i++) {
                const before = await grab(page, `.tiles li:nth-child(${i + 1}) video`);
                await page.waitForTimeout(300);
                const after = await grab(page, `.tiles li:nth-child(${i + 1}) video`);
                if (before.width !== after.width) continue;
                share = Math.max(share, filled(after).people);
                const moved = motion(before, after);
                changed += moved.changed;
                open += moved.open;
            }
        }
        assert.ok(
            share > 0.002,
            `no person is filled anywhere: at most ${(share * 100).toFixed(2)} % of a picture`,
        );
        assert.ok(changed > 0, 'nothing moved');
        // People walk in the footage: what moves must be covered before or after, nearly
        // everywhere.
        assert.ok(open <= changed * 0.03, `${open} of ${changed} cells that moved are not covered`);
        console.log(
            `# people fill up to ${(share * 100).toFixed(1)} % of a picture; ${open} of ${changed} moving cells in the open`,
        );
    },

    async 'keyboard-reaches-everything'(run) {
        const page = await enter(run);
        const count = await page.locator('.tile').count();
        await page.keyboard.press('ArrowRight');
        const focused = () =>
            page.evaluate(() =>
                [...document.querySelectorAll('.tile')].indexOf(document.activeElement),
            );
        assert.equal(await focused(), 0);
        if (count > 1) {
            await page.keyboard.press('ArrowRight');
            assert.equal(await focused(), 1);
            await page.keyboard.press('ArrowLeft');
        }
        const outline = await page.$eval(
            '.tile:focus',
            (tile) => getComputedStyle(tile).outlineStyle,
        );
        assert.equal(outline, 'solid', 'the focus cannot be seen');
        await page.keyboard.press('Enter');
        await page.waitForSelector('.camera h1');
        await page.keyboard.press('Escape');
        await page.waitForSelector('.tile');
        await page.keyboard.press('1');
        await page.waitForSelector('.camera h1');
        await page.keyboard.press('?');
        await page.waitForSelector('dialog[open]');
        await page.keyboard.press('Escape');
        await page.waitForSelector('dialog[open]', { state: 'detached' });
        assert.equal(
            await page.locator('.camera h1').count(),
            1,
            'Escape closed more than the help',
        );
    },

    async 'every-view-is-accessible'(run) {
        for (const colorScheme of ['dark', 'light']) {
            const page = await newPage(run.browser, { colorScheme });
            await page.goto('/');
            await page.waitForSelector('.signin-form');
            await axe(page, `sign-in, ${colorScheme}`);
            await signIn(page);
            await page.waitForSelector('.tile');
            await liveTiles(page, run);
            await axe(page, `wall, ${colorScheme}`);
            await page.keyboard.press('?');
            await page.waitForSelector('dialog[open]');
            await axe(page, `help, ${colorScheme}`);
            await page.keyboard.press('Escape');
            await page.keyboard.press('1');
            await page.waitForSelector('.stage[data-state=live]', { timeout: run.waitMs });
            await page.waitForTimeout(1500);
            await axe(page, `camera, ${colorScheme}`);
            await page.context().close();
        }
    },

    async 'works-on-a-phone'(run) {
        const page = await enter(run, {
            viewport: { width: 390, height: 844 },
            hasTouch: true,
            isMobile: true,
        });
        await page.waitForSelector('.tile[data-state=live]', { timeout: run.waitMs });
        const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        assert.ok(await fits(), 'the wall is wider than the phone');
        await run.shot(page, 'wall-phone');
        await page.locator('.tile').first().tap();
        await page.waitForSelector('.stage[data-state=live]', { timeout: run.waitMs });
        assert.ok(await fits(), 'the camera page is wider than the phone');
        await page.waitForTimeout(1500);
        await run.shot(page, 'camera-phone');
        assert.deepEqual(page.complaints, []);
    },

    async 'hidden-tiles-cost-nothing'(run) {
        const page = await newPage(run.browser, { viewport: { width: 390, height: 500 } });
        let open = 0;
        page.on('websocket', (socket) => {
            open++;
            socket.on('close', () => open--);
        });
        await page.goto('/');
        await page.waitForSelector('.signin-form');
        await signIn(page);
        await page.waitForSelector('.tile');
        const count = await page.locator('.tile').count();
        if (count < 4) run.skip('fewer than four cameras');
        await page.waitForTimeout(3000);
        assert.ok(
            open >= 1 && open < count,
            `${open} of ${count} feeds are open while two tiles at most can be seen`,
        );
        const before = open;
        await page.evaluate(() => document.querySelector('.wall-tiles').scrollTo(0, 1e6));
        await page.waitForSelector('.tiles li:last-child .tile[data-state=live]', {
            timeout: run.waitMs,
        });
        await page.waitForTimeout(2500);
        assert.ok(open <= before + 1, `${open} feeds are open after scrolling`);
    },

    async 'nothing-on-the-page-breaks-the-content-policy'(run) {
        const page = await newPage(run.browser);
        const list = complaints(page);
        await page.addInitScript(() => {
            globalThis.breaches = [];
            addEventListener('securitypolicyviolation', (event) =>
                globalThis.breaches.push(`${event.violatedDirective} ${event.blockedURI}`),
            );
        });
        const answer = await page.goto('/');
        const policy = answer.headers()['content-security-policy'] ?? '';
        assert.match(policy, /default-src 'self'|default-src 'none'/);
        const allowed = policy.replace("'wasm-unsafe-eval'", ''); // for the vault's worker
        assert.ok(!allowed.includes('unsafe'), policy);
        await page.waitForSelector('.signin-form');
        await signIn(page);
        await page.waitForSelector('.tile');
        await openCamera(page, run);
        await page.click('.health');
        await page.waitForTimeout(1000);
        assert.deepEqual(await page.evaluate(() => globalThis.breaches), []);
        assert.deepEqual(list, []);
    },

    async 'camera-page-shows-its-day-and-its-purpose'(run) {
        const page = await enter(run);
        await openCamera(page, run);
        await archived(page, run);
        await page.waitForFunction(
            () => {
                const canvas = document.querySelector('.timeline-surface canvas');
                const probe = document.createElement('i');
                probe.style.color = 'var(--band-redacted)';
                canvas.after(probe);
                const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
                probe.remove();
                const { data } = canvas
                    .getContext('2d')
                    .getImageData(0, 0, canvas.width, canvas.height);
                for (let i = 0; i < data.length; i += 4)
                    if (
                        Math.abs(data[i] - r) +
                            Math.abs(data[i + 1] - g) +
                            Math.abs(data[i + 2] - b) <
                        12
                    )
                        return true;
                return false;
            },
            null,
            { timeout: 30_000 },
        );
        const facts = await page.textContent('.facts');
        assert.match(facts, /Purpose/);
        assert.match(facts, /Kept for\s*\d/);
        assert.match(facts, /H\.26[45] \d+×\d+ · \d/);
        await run.shot(page, 'camera');
        assert.deepEqual(page.complaints, []);
    },

    async 'a-click-on-the-timeline-plays-the-redacted-archive'(run) {
        const page = await enter(run);
        await openCamera(page, run);
        const first = await archived(page, run);
        await clickTime(page, first.start_ms + 8000);
        await playing(page);
        const from = await videoTime(page);
        const frame = await grab(page, '.stage video');
        await page.waitForTimeout(2500);
        assert.ok((await videoTime(page)) > from + 1.5, 'playback does not advance');
        const later = await grab(page, '.stage video');
        assert.ok(later.width > 0 && difference(frame, later) > 0.05, 'the picture stands still');
        const moved = motion(frame, later);
        assert.ok(
            moved.open <= Math.max(20, moved.changed * 0.12),
            `${moved.open} of ${moved.changed} moving cells are in the open`,
        );
        const shown = await page.getAttribute('.stage-caption time', 'datetime');
        const error = Date.parse(shown) - first.start_ms;
        assert.ok(
            error > -2000 && error < 70_000,
            `it says ${shown}, the file starts at ${new Date(first.start_ms).toISOString()}`,
        );
        await run.shot(page, 'playback');
        assert.deepEqual(page.complaints, []);
    },

    async 'playback-obeys-its-controls'(run) {
        const page = await enter(run);
        await openCamera(page, run);
        const first = await archived(page, run);
        await clickTime(page, first.start_ms + 12_000);
        await playing(page);
        await page.keyboard.press('Space');
        await page.waitForSelector('.stage[data-phase=paused]');
        await page.waitForTimeout(500); // pausing takes the picture to the clock's instant
        const held = await videoTime(page);
        await page.keyboard.press('.');
        await page.waitForFunction(
            (at) => document.querySelector('.stage video').currentTime > at + 0.01,
            held,
        );
        const stepped = (await videoTime(page)) - held;
        assert.ok(stepped < 0.5, `one frame is ${stepped} s`);
        await page.keyboard.press('ArrowLeft');
        await page.waitForFunction(
            (at) => document.querySelector('.stage video').currentTime < at - 5,
            held,
        );
        await page.selectOption('.speed select', '4');
        await page.evaluate(() => document.activeElement?.blur());
        await page.keyboard.press('Space');
        await playing(page);
        const shown = async () =>
            Date.parse(await page.getAttribute('.stage-caption time', 'datetime'));
        const from = await shown();
        await page.waitForTimeout(2000);
        assert.ok((await shown()) - from > 5000, 'fourfold speed is not');
        assert.ok(await page.isVisible('.stage .key-frames'), 'no key frames are shown');
        await page.keyboard.press('l');
        await page.waitForSelector('.stage[data-state=live]', { timeout: 20_000 });
    },

    async 'signing-out-ends-everything'(run) {
        const page = await enter(run);
        const camera = await page.getAttribute('.tile', 'data-camera');
        await page.click('.account');
        await page.click('#account-panel button');
        await page.waitForSelector('.signin-form');
        await page.reload();
        await page.waitForSelector('.signin-form');
        const status = await webSocketStatus(`/api/v1/cameras/${camera}/live`);
        assert.equal(status, 401, `a feed without a session answers ${status}`);
        const answer = await page.evaluate(() =>
            fetch('/api/v1/cameras').then((response) => response.status),
        );
        assert.equal(answer, 401);
    },

    async 'an-ended-session-leads-to-the-sign-in'(run) {
        const page = await enter(run);
        await page.context().clearCookies();
        await page.waitForSelector('.signin-form', { timeout: 5000 });
    },

    async 'a-lost-server-is-said-within-three-seconds'(run) {
        if (!run.sitePid) run.skip('SCRIM_SITE_PID is not set');
        const page = await enter(run, { tolerated: /status of 401|ERR_|WebSocket/ });
        await liveTiles(page, run);
        const pids = await serverPids(run.sitePid);
        for (const pid of pids) process.kill(pid, 'SIGSTOP');
        try {
            const started = Date.now();
            await page.waitForSelector('.lost', { timeout: 6000 });
            const took = Date.now() - started;
            await run.shot(page, 'server-lost');
            assert.ok(took <= 3100, `after ${took} ms`);
            assert.equal(
                await page.locator('.tile[data-state=live]').count(),
                0,
                'a tile still says live',
            );
        } finally {
            for (const pid of pids) process.kill(pid, 'SIGCONT');
        }
        await page.waitForSelector('.lost', { state: 'detached', timeout: 10_000 });
        await page.waitForSelector('.tile[data-state=live]', { timeout: run.waitMs });
        assert.deepEqual(page.complaints, []);
    },
};

// The process itself if it is scrimd (or the development server), else its children of that name.
async function serverPids(pid) {
    const { readdirSync, readFileSync } = await import('node:fs');
    const stat = (id) => /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'));
    if (stat(pid)[1] !== 'scrim') return [pid];
    const all = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
    return all.filter((id) => {
        try {
            const [, name, parent] = stat(id);
            return name === 'scrimd' && Number(parent) === pid;
        } catch {
            return false; // it ended meanwhile
        }
    });
}
