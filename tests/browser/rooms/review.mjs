// The timeline of all cameras: zoom and keys, four cameras on one clock, single frames, thumbnails,
// events, and a film that stock tools read.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { axeViolations, newPage, signIn } from '../harness.mjs';

const frameMs = 100; // of the veil's film
const lagSeconds = 0.1; // between two cameras, at most

async function enter(run, options = {}) {
    const page = await newPage(run.browser, options);
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(error.message));
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    await signIn(page);
    await page.waitForSelector('.tile');
    return page;
}

async function room(page, rest = '') {
    await page.evaluate((hash) => {
        location.hash = hash;
    }, `#/review${rest}`);
    await page.waitForSelector('.lanes-surface');
    await page.waitForFunction(() => document.querySelectorAll('.lane-name').length > 0);
}

const get = (page, path) =>
    page.evaluate(async (url) => {
        const response = await fetch(`/api/v1${url}`);
        return response.ok ? response.json() : null;
    }, path);

// The cameras, and a time from which on all of them have several seconds of film.
async function filmed(page, run, seconds = 12) {
    const deadline = Date.now() + run.waitMs;
    for (;;) {
        const now = Date.now();
        const cameras = (await get(page, '/cameras')).map((camera) => camera.id);
        const lists = await Promise.all(
            cameras.map((id) =>
                get(page, `/cameras/${id}/recordings?from=${now - 12 * 3600_000}&to=${now}`),
            ),
        );
        const start = Math.max(...lists.map((list) => list?.[0]?.start_ms ?? Infinity)) + 1000;
        const end = Math.min(...lists.map((list) => list?.at(-1)?.end_ms ?? 0));
        if (end - start > seconds * 1000) return { cameras, start, end };
        assert.ok(Date.now() < deadline, 'the cameras have no film of the same time');
        await page.waitForTimeout(1000);
    }
}

async function inView(page) {
    const times = page.locator('.review-where time');
    const [from, to] = [await times.nth(0), await times.nth(1)];
    return {
        from: Date.parse(await from.getAttribute('datetime')),
        to: Date.parse(await to.getAttribute('datetime')),
    };
}

const instant = async (page) => Date.parse(await page.getAttribute('.review-instant', 'datetime'));

async function allShown(page, count) {
    await page.waitForFunction(
        (n) => document.querySelectorAll('.cell[data-sight=shown]').length === n,
        count,
        { timeout: 30_000 },
    );
    await page.waitForSelector('.review[data-phase=playing]');
}

// The media time of the frame that each video shows: since all have the same zero, how far they are
// from each other.
const spread = (page) =>
    page.evaluate(() => {
        const times = [...document.querySelectorAll('.cell video')].map((v) => v.currentTime);
        return Math.max(...times) - Math.min(...times);
    });

// Notes each frame that comes onto the screen.
const watchFrames = (page) =>
    page.$eval('.cell video', (video) => {
        globalThis.frameShown = -1;
        const look = (_, { mediaTime }) => {
            globalThis.frameShown = mediaTime;
            video.requestVideoFrameCallback(look);
        };
        video.requestVideoFrameCallback(look);
    });

// The frame on the screen once the video rests: a seek that pausing began may still be on its way.
// A step lands right behind the start of a frame.
async function frameAtRest(page, unlike = null) {
    const rests = page.waitForFunction((unlike) => {
        const video = document.querySelector('.cell video');
        const into = video.currentTime - globalThis.frameShown;
        if (video.seeking || globalThis.frameShown < 0) return false;
        return unlike === null || (video.currentTime !== unlike && Math.abs(into) < 0.02);
    }, unlike);
    await rests.catch(async () => assert.fail(`no frame rests: ${await standing(page, unlike)}`));
    return page.evaluate(() => globalThis.frameShown);
}

const standing = (page, unlike) =>
    page.evaluate((unlike) => {
        const { currentTime, seeking, readyState } = document.querySelector('.cell video');
        const { phase } = document.querySelector('.review').dataset;
        const { sight } = document.querySelector('.cell').dataset;
        const shown = globalThis.frameShown;
        return JSON.stringify({ unlike, currentTime, shown, seeking, readyState, phase, sight });
    }, unlike);

async function frameAfter(page, key) {
    const before = await page.$eval('.cell video', (video) => video.currentTime);
    await page.keyboard.press(key);
    return frameAtRest(page, before);
}

async function axe(page, name) {
    const words = (await axeViolations(page)).map(
        (v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3)}`,
    );
    assert.equal(words.length, 0, `${name}: ${words.join('; ')}`);
}

const length = ({ from, to }) => to - from;

export const tests = {
    async 'review-zooms-around-the-pointer-and-obeys-keys'(run) {
        const page = await enter(run);
        await room(page);
        await page.click('.spans button:has-text("24 h")');
        await page.waitForTimeout(400); // the words follow the lanes now and then
        const box = await page.locator('.lanes-surface').boundingBox();
        const share = 0.7;
        const under = ({ from, to }) => from + share * (to - from);
        const before = await inView(page);
        await page.mouse.move(box.x + box.width * share, box.y + 10);
        await page.mouse.wheel(0, -400);
        await page.waitForTimeout(400);
        const closer = await inView(page);
        assert.ok(length(closer) < 0.7 * length(before), 'the wheel does not zoom');
        const slip = Math.abs(under(closer) - under(before)) / length(closer);
        assert.ok(slip < 0.01, `the instant under the pointer moved by ${slip} of the view`);

        await page.keyboard.press('-');
        await page.waitForTimeout(400);
        assert.ok(length(await inView(page)) > 1.5 * length(closer), '- does not zoom out');
        await page.keyboard.press('PageUp');
        await page.waitForTimeout(400);
        const earlier = await inView(page);
        assert.ok(earlier.to < Date.now(), 'Page Up does not lead back');
        await page.keyboard.press('End');
        await page.waitForTimeout(400);
        assert.ok((await inView(page)).to >= Date.now(), 'End does not lead to now');

        const drag = await inView(page);
        await page.mouse.move(box.x + 300, box.y + 10);
        await page.mouse.down();
        await page.mouse.move(box.x + 500, box.y + 10, { steps: 4 });
        await page.mouse.up();
        await page.waitForTimeout(400);
        const moved = (drag.from - (await inView(page)).from) / (length(drag) * (200 / box.width));
        assert.ok(moved > 0.9 && moved < 1.1, `a drag moved the lanes by ${moved} of its way`);

        await page.keyboard.press('j');
        assert.ok(await page.evaluate(() => document.activeElement.matches('.lane-name')));
        await page.keyboard.press('1');
        assert.equal(await page.getAttribute('.lane-name', 'aria-pressed'), 'true');
        assert.equal(await page.locator('.cell').count(), 1);
        await page.keyboard.press('1');
        assert.equal(await page.locator('.cell').count(), 0);
        assert.deepEqual(page.complaints, []);
    },

    async 'review-plays-four-cameras-on-one-clock'(run) {
        const page = await enter(run);
        const { cameras, start } = await filmed(page, run);
        await room(page, `?t=${start}&cameras=${cameras.slice(0, 4)}`);
        await allShown(page, Math.min(4, cameras.length));
        await page.waitForTimeout(1200);
        const drifts = [];
        for (let i = 0; i < 20; i++) {
            drifts.push(await spread(page));
            await page.waitForTimeout(100);
        }
        drifts.sort((a, b) => a - b);
        const worst = drifts.at(-1);
        console.log(
            `# drift between ${cameras.length} cameras: median ${(1000 * drifts[10]).toFixed(0)} ms, worst ${(1000 * worst).toFixed(0)} ms`,
        );
        assert.ok(worst < lagSeconds, `the cameras are ${worst.toFixed(3)} s apart`);
        const lag = Math.abs((await instant(page)) - start);
        assert.ok(lag < 12_000, `it stands ${lag} ms from what was asked for`);
        await run.shot(page, 'review');
        assert.deepEqual(page.complaints, []);
    },

    async 'review-obeys-every-speed'(run) {
        const page = await enter(run);
        const { cameras, start, end } = await filmed(page, run, 40);
        await room(page, `?t=${start}&cameras=${cameras.slice(0, 2)}`);
        await allShown(page, 2);
        for (const speed of ['0.25', '2', '16']) {
            await page.selectOption('.speed select', speed);
            await page.waitForTimeout(500);
            const from = await instant(page);
            const since = Date.now();
            await page.waitForTimeout(1500);
            const went = (await instant(page)) - from;
            const asked = Number(speed) * (Date.now() - since);
            assert.ok(
                Math.abs(went - asked) < 0.35 * asked + 600 || from + asked > end,
                `${speed}: ${went} ms instead of ${asked}`,
            );
        }
        assert.equal(await page.locator('.cell .key-frames:visible').count(), 2);
        assert.ok(
            await page.$eval('.cell .key-frames', (canvas) => {
                const { data } = canvas.getContext('2d').getImageData(0, 0, 64, 64);
                return canvas.width > 64 && data.some((value, i) => i % 4 < 3 && value > 40);
            }),
            'the key frame is black',
        );
    },

    async 'review-steps-exactly-one-frame'(run) {
        const page = await enter(run);
        const { cameras, start } = await filmed(page, run);
        await room(page, `?t=${start + 3000}&cameras=${cameras[0]}`);
        await allShown(page, 1);
        await watchFrames(page);
        await page.keyboard.press(' ');
        await page.waitForSelector('.review[data-phase=paused]');
        await frameAtRest(page);
        const step = (key) => frameAfter(page, key);
        const first = await step('.'); // onto a frame's own time
        const second = await step('.');
        const third = await step('.');
        const back = await step(',');
        for (const [a, b] of [
            [first, second],
            [second, third],
        ]) {
            // A busy veil leaves frames out, so that the next one may be further away.
            const ms = 1000 * (b - a);
            assert.ok(ms > 0.5 * frameMs && ms < 5 * frameMs, `a step of ${ms.toFixed(1)} ms`);
        }
        assert.ok(Math.abs(back - second) < 0.002, `back is ${back - second} s from where it was`);
    },

    async 'review-finds-the-next-event'(run) {
        const page = await enter(run);
        const { cameras } = await filmed(page, run);
        const last = await get(page, `/events?before=${Date.now()}&limit=1&cameras=${cameras[0]}`);
        if (!last?.length) run.skip('nothing has happened yet');
        await room(page, `?cameras=${cameras[0]}`);
        await page.keyboard.press('p');
        await page.waitForSelector('.review:not([data-phase=live])', { timeout: 5000 });
        await page.waitForTimeout(300);
        const off = (await instant(page)) - last[0].at;
        assert.ok(off > -1000 && off < 20_000, `it stands ${off} ms from the event`);
        assert.match(await page.textContent('.review-list'), /\d\d:\d\d:\d\d/);
    },

    async 'review-shows-a-thumbnail-under-the-pointer'(run) {
        const page = await enter(run);
        const { start } = await filmed(page, run);
        await room(page, `?from=${start - 10_000}&to=${start + 20_000}`);
        const box = await page.locator('.lanes-surface').boundingBox();
        const { from, to } = await inView(page);
        const x = box.x + ((start + 5000 - from) / (to - from)) * box.width;
        await page.mouse.move(x, box.y + 8);
        await page.waitForSelector('.thumbnail:visible', { timeout: 5000 });
        const seen = await page.$eval('.thumbnail', (canvas) => {
            const { data } = canvas
                .getContext('2d')
                .getImageData(0, 0, canvas.width, canvas.height);
            return canvas.width > 0 && data.some((value, i) => i % 4 < 3 && value > 40);
        });
        assert.ok(seen, 'the thumbnail is black');
        await run.shot(page, 'review-thumbnail');
        await page.mouse.move(5, 5);
        await page.waitForSelector('.thumbnail', { state: 'detached' });
    },

    async 'review-exports-a-film-that-ffprobe-reads'(run) {
        const page = await enter(run);
        const { cameras, start } = await filmed(page, run);
        await room(page, `?t=${start + 5000}&cameras=${cameras[0]}&export=1`);
        await page.waitForSelector('.film-form');
        const field = (ms) => new Date(ms).toISOString().slice(0, 19);
        const inputs = page.locator('.film-times input');
        await inputs.nth(0).fill(field(start + 1000));
        await inputs.nth(1).fill(field(start + 7000));
        await page.waitForFunction(() =>
            /6 s/.test(document.querySelector('.film-contents').textContent),
        );
        await page.click('.film-form button.primary');
        assert.match(await page.textContent('.film-form'), /name/i);
        assert.ok((await page.locator('.film-form .field[data-bad]').count()) === 2);
        await page.fill('.film-form .field:has(label:has-text("Name")) input', 'Trolley, quay');
        await page.fill('.film-form textarea', 'Asked for by the harbour office');
        await run.shot(page, 'review-export');
        await page.click('.film-form button.primary');
        await page.waitForSelector('.film-done a.primary', { timeout: 30_000 });
        const sum = await page.textContent('.film-done code');
        const [download] = await Promise.all([
            page.waitForEvent('download'),
            page.click('.film-done a.primary'),
        ]);
        const path = await download.path();
        assert.equal(createHash('sha256').update(readFileSync(path)).digest('hex'), sum.trim());
        const probe = JSON.parse(
            execFileSync('ffprobe', [
                ...['-v', 'error', '-count_frames', '-show_streams', '-show_format'],
                ...['-of', 'json', path],
            ]),
        );
        assert.equal(probe.streams.length, 1);
        assert.equal(probe.streams[0].codec_name, 'h264');
        const seconds = Number(probe.format.duration);
        assert.ok(seconds >= 5.5 && seconds < 14, `the film lasts ${seconds} s`);
        assert.ok(Number(probe.streams[0].nb_read_frames) > 40, 'the film has too few frames');
        assert.match(await page.textContent('.films'), /Trolley, quay/);
        assert.match(await page.textContent('.films'), /Asked for by the harbour office/);
        assert.deepEqual(page.complaints, []);
    },

    async 'review-is-accessible-and-fits-a-phone'(run) {
        for (const colorScheme of ['dark', 'light']) {
            const page = await enter(run, { colorScheme });
            const { cameras, start } = await filmed(page, run);
            await room(page, `?t=${start}&cameras=${cameras.slice(0, 2)}`);
            await allShown(page, 2);
            await axe(page, `timeline, ${colorScheme}`);
            await page.keyboard.press('e');
            await page.waitForSelector('.film-form');
            await axe(page, `export, ${colorScheme}`);
            await page.context().close();
        }
        const page = await enter(run, {
            viewport: { width: 390, height: 844 },
            hasTouch: true,
            isMobile: true,
        });
        const { cameras, start } = await filmed(page, run);
        await room(page, `?t=${start}&cameras=${cameras.slice(0, 2)}`);
        await allShown(page, 2);
        const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
        assert.ok(await fits(), 'the timeline is wider than the phone');
        await axe(page, 'timeline, phone');
        await run.shot(page, 'review-phone');
        assert.deepEqual(page.complaints, []);
    },
};
