// The vault, whole: an operator asks in one browser, keyholders decide in others with their share
// files, the originals are seen and exported, and stock tools open the export. And what must not
// open does not.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axeViolations, newPage, signIn, user } from '../harness.mjs';

const site = process.env.SCRIM_SITE_DIR ?? '';
const shares = process.env.SCRIM_SHARES ?? ''; // of ada, ben and cem, two of whom open
const passphrase = process.env.SCRIM_SHARE_PASSPHRASE ?? ''; // of ben's; the others have none
const secret = process.env.SCRIM_KEYHOLDER_PASSWORD ?? ''; // of the users kim, ben and cem
const camera = 'quay';
const unplayable = 'lawn'; // H.265
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const shareOf = (holder) =>
    join(
        shares,
        readdirSync(shares).find((name) => name.endsWith(`-${holder}.json`)),
    );

// The finished segments of a camera, from its journal.
function segmentsOf(id) {
    const days = readdirSync(join(site, 'store', id)).filter((name) => /^\d{4}-/.test(name));
    return days.sort().flatMap((day) =>
        readFileSync(join(site, 'store', id, day, 'journal'), 'utf8')
            .split('\n')
            .filter((line) => line !== '')
            .map((line) => JSON.parse(line.slice(0, line.lastIndexOf(' '))))
            .filter(({ type, torn }) => type === 'segment' && !torn),
    );
}

// A time inside the last finished segment of each camera; or around where two of them meet.
async function recorded(run, ids, meeting = false) {
    if (!site || !shares) run.skip('the site has no shares at hand');
    const deadline = Date.now() + run.waitMs;
    for (;;) {
        const range = meeting ? meetingOf(ids) : commonOf(ids);
        if (range) return range;
        assert.ok(Date.now() < deadline, 'no segment was finished');
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}

// Around where two segments of the first camera meet; the others have it, too.
function meetingOf([id, ...others]) {
    const found = segmentsOf(id);
    const [a, b] = [found.at(-2), found.at(-1)];
    if (!a || !b || b.start_us - a.end_us > 500_000) return null;
    const to = Math.ceil(b.start_us / 1000) + 3000;
    const there = (other) => segmentsOf(other).some(({ end_us: end }) => end / 1000 >= to);
    return others.every(there) ? { from: Math.floor(a.end_us / 1000) - 3000, to } : null;
}

function commonOf(ids) {
    const last = ids.map((id) => segmentsOf(id).at(-1));
    if (last.some((segment) => !segment)) return null;
    const from = Math.max(...last.map(({ start_us: at }) => Math.ceil(at / 1000))) + 1000;
    const to = Math.min(...last.map(({ end_us: at }) => Math.floor(at / 1000))) - 1000;
    return to - from > 5000 ? { from, to } : null;
}

async function enter(run, who, word, options = {}) {
    const page = await newPage(run.browser, { acceptDownloads: true, ...options });
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(error.message));
    await page.goto('/#/vault');
    await page.waitForSelector('.signin-form');
    await (word === undefined ? signIn(page) : signIn(page, who, word));
    await page.waitForSelector('.vault[data-asked=true]', { timeout: 10_000 });
    return page;
}

const holder = (run, who, options) => enter(run, who, secret, options);

async function go(page, hash) {
    await page.evaluate((to) => (location.hash = to), hash);
}

async function axe(page, view) {
    const found = await axeViolations(page);
    const told = found.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    assert.deepEqual(told, [], `axe, ${view}`);
}

// Returns its number.
async function ask(page, ids, range, reason) {
    await go(page, `#/vault/new?camera=${ids.join()}&from=${range.from}&to=${range.to}`);
    await page.waitForSelector('.vault-ask');
    await page.selectOption('.vault-ask select >> nth=0', 'test');
    await page.fill('.vault-ask textarea', reason);
    await page.fill(
        '.vault-ask .field:has(label:text-matches("legal|recht", "i")) input',
        'Art. 6',
    );
    await page.click('.vault-ask button.primary');
    await page.waitForSelector('.vault[data-state=waiting]', { timeout: 15_000 });
    return Number(await page.getAttribute('.vault', 'data-request'));
}

async function decide(page, number, share, { approve = true, reason = '', word } = {}) {
    await go(page, `#/vault/${number}`);
    await page.waitForSelector('.vault-form', { timeout: 15_000 });
    await page.setInputFiles('.vault-form input[type=file]', shareOf(share));
    if (word !== undefined) await page.fill('.vault-form input[type=password]', word);
    if (reason) await page.fill('.vault-form textarea', reason);
    await page.click(approve ? '.vault-verdict .primary' : '.vault-verdict .danger');
}

const pick = (name) => `.vault-viewer .vault-pick button:has-text("${name}")`;
const decided = (page) =>
    page.waitForSelector('.vault-acting .notice[data-mood=good]', { timeout: 15_000 });
const reaches = (page, state) =>
    page.waitForSelector(`.vault[data-state=${state}]`, { timeout: 10_000 });

async function post(page, path) {
    return page.evaluate(async (to) => {
        const session = await (await fetch('/api/v1/session')).json();
        const response = await fetch(`/api/v1${to}`, {
            method: 'POST',
            body: '{}',
            headers: { 'Content-Type': 'application/json', 'X-CSRF': session.csrf },
        });
        return response.status;
    }, path);
}

async function saved(page, press) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(press)]);
    // In a place of its own: the browser's goes with its context.
    const dir = mkdtempSync(join(tmpdir(), 'scrim-vault-'));
    process.once('exit', () => rmSync(dir, { recursive: true }));
    const path = join(dir, 'file');
    await download.saveAs(path);
    return { path, name: download.suggestedFilename() };
}

// What the video shows, as a share of samples that are not dark.
const lightOf = (page) =>
    page.$eval('.vault-original video', (video) => {
        const canvas = document.createElement('canvas');
        canvas.width = 64;
        canvas.height = 36;
        const context = canvas.getContext('2d');
        context.drawImage(video, 0, 0, 64, 36);
        const { data } = context.getImageData(0, 0, 64, 36);
        return data.filter((value, i) => i % 4 < 3 && value > 40).length / (64 * 36 * 3);
    });

// Unpacks and opens an export as its page says, with stock tools; the names of the films.
function openExport(run, tar, key) {
    if (spawnSync('age', ['--version']).error) run.skip('age is not installed');
    const dir = mkdtempSync(join(tmpdir(), 'scrim-vault-'));
    try {
        writeFileSync(join(dir, 'key.txt'), readFileSync(key));
        execFileSync('tar', ['-xf', tar], { cwd: dir });
        const sealed = execFileSync('find', ['.', '-name', '*.age'], { cwd: dir, encoding: 'utf8' })
            .split('\n')
            .filter((name) => name !== '');
        return sealed.map((name) => {
            const film = join(dir, 'film.mp4');
            execFileSync('age', ['-d', '-i', 'key.txt', '-o', film, name], { cwd: dir });
            const options = ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json'];
            const [stream] = JSON.parse(execFileSync('ffprobe', [...options, film])).streams;
            return {
                name,
                bytes: statSync(film).size,
                codec: stream.codec_name,
                frames: Number(stream.nb_read_frames),
            };
        });
    } finally {
        rmSync(dir, { recursive: true });
    }
}

export const tests = {
    async 'vault-two-agree-and-the-original-opens'(run) {
        const range = await recorded(run, [camera, unplayable], true);
        const olga = await enter(run);
        const asked = [camera, unplayable];
        const number = await ask(olga, asked, range, 'The whole story of an opening');
        const spoken = await olga.textContent('.vault-what .fingerprint');
        const key = await saved(olga, '.vault-own .actions button');
        assert.match(readFileSync(key.path, 'utf8'), /^AGE-SECRET-KEY-1/m);

        const ben = await holder(run, 'ben');
        await ben.waitForSelector(`.vault-section >> nth=0 >> [data-request="${number}"]`);
        await axe(ben, 'list');
        await decide(ben, number, 'ben', { word: 'not the passphrase' });
        await ben.waitForSelector('.vault-form .field[data-bad] input[type=password]', {
            timeout: 15_000,
        });
        assert.equal(await ben.textContent('.vault-what .fingerprint'), spoken);
        await axe(ben, 'decision');
        await run.shot(ben, 'vault-decide');
        await ben.fill('.vault-form input[type=password]', passphrase);
        await ben.click('.vault-verdict .primary');
        await decided(ben);
        assert.match(await ben.textContent('.vault-acting'), /in the log as line \d+/);
        assert.deepEqual(ben.complaints, []);

        // Closed in the middle of it: nothing happened, and another browser does it.
        const early = await holder(run, 'cem');
        await decide(early, number, 'cem');
        await early.context().close();
        const cem = await holder(run, 'cem', phone);
        await go(cem, `#/vault/${number}`);
        await cem.waitForSelector('.vault-form, .vault-acting .notice[data-mood=good]', {
            timeout: 15_000,
        });
        if (await cem.locator('.vault-form').count()) await decide(cem, number, 'cem');
        await decided(cem);
        await axe(cem, 'decided, phone');
        assert.ok(await cem.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        await run.shot(cem, 'vault-decided-phone');

        // Approved while olga watched; then her browser is gone, and the saved key opens in a new one.
        await reaches(olga, 'approved');
        await olga.context().close();
        const again = await enter(run);
        await go(again, `#/vault/${number}`);
        await reaches(again, 'approved');
        await again.setInputFiles('.vault-own input[type=file]', key.path);
        await again.waitForSelector('.vault-own .primary');
        await axe(again, 'approved');
        const since = Date.now();
        await again.click('.vault-own .primary');
        await again.click(pick(camera), { timeout: 15_000 });
        await again.waitForSelector('.vault-original[data-phase=shown]', { timeout: 15_000 });
        await again.waitForFunction(
            () => document.querySelector('.vault-original video').readyState >= 2,
        );
        console.log(`# from the click to the original: ${Date.now() - since} ms`);
        assert.ok((await lightOf(again)) > 0.3, 'the original is black');
        const mark = await again.textContent('.vault-mark');
        assert.ok(
            mark.includes(`#${number}`) && mark.includes(user),
            `across the picture: ${mark}`,
        );
        await run.shot(again, 'vault-original');
        await axe(again, 'opened');

        // On over the end of a segment.
        const slider = again.locator('.vault-viewer input[type=range]');
        const end = Math.floor(Number(await slider.getAttribute('max')));
        await slider.fill(String(end - 5));
        await again.click('.vault-viewer .vault-bar .square >> nth=0');
        await again.waitForFunction(
            (past) => document.querySelector('.vault-original video').currentTime > past,
            end - 2,
            { timeout: 10_000 },
        );
        assert.ok((await lightOf(again)) > 0.3, 'the second segment is black');

        // H.265: a browser that plays it is welcome to; any other says so, and offers the export.
        await again.click(pick(unplayable));
        const phases = '.vault-original:is([data-phase=shown], [data-phase=unplayable])';
        await again.waitForSelector(phases, { timeout: 15_000 });
        await again.click('.vault-export button');
        await again.waitForSelector('.vault-export a.primary', { timeout: 15_000 });
        await axe(again, 'export');
        const tar = await saved(again, '.vault-export a.primary');
        assert.equal(tar.name, `request-${number}.tar`);
        await again.click('.vault-opened .danger');
        await reaches(again, 'ended');
        assert.equal((await again.locator('video[src^=blob]').count()) <= 1, true);
        assert.notEqual(
            await post(again, `/requests/${number}/open`),
            200,
            'it opens after its end',
        );
        assert.deepEqual(again.complaints, []);

        const films = openExport(run, tar.path, key.path);
        const codecs = films.map(({ codec }) => codec);
        assert.equal(codecs.filter((codec) => codec === 'h264').length, 2, 'of the two that meet');
        assert.ok(codecs.includes('hevc'), 'the camera that does not play');
        for (const { name, frames } of films) assert.ok(frames > 20, `${name}: ${frames} frames`);
    },

    async 'vault-one-is-not-enough'(run) {
        const range = await recorded(run, [camera]);
        const olga = await enter(run);
        const number = await ask(olga, [camera], range, 'Nobody should agree to this');
        assert.notEqual(await post(olga, `/requests/${number}/open`), 200, 'nobody has agreed');
        const kim = await holder(run, 'kim');
        await decide(kim, number, 'ada');
        await decided(kim);
        assert.notEqual(await post(olga, `/requests/${number}/open`), 200, 'one has agreed');
        const ben = await holder(run, 'ben');
        await decide(ben, number, 'ben', { approve: false, word: passphrase });
        assert.ok((await ben.locator('.vault-form .field[data-bad] textarea').count()) === 1);
        await ben.fill('.vault-form textarea', 'Not what the cameras are there for');
        await ben.click('.vault-verdict .danger');
        await decided(ben);
        const cem = await holder(run, 'cem');
        await decide(cem, number, 'cem', { approve: false, reason: 'Nor do I' });
        await decided(cem);
        await reaches(olga, 'refused');
        assert.match(
            await olga.textContent('.vault-decisions'),
            /Not what the cameras are there for/,
        );
        assert.equal(await olga.locator('.vault-own').count(), 0);
        assert.notEqual(
            await post(olga, `/requests/${number}/open`),
            200,
            'one of three opened it',
        );
        assert.deepEqual([...olga.complaints, ...kim.complaints, ...ben.complaints], []);
    },

    async 'vault-asks-in-plain-words-and-fits-a-phone'(run) {
        const range = await recorded(run, [camera]);
        for (const options of [{ colorScheme: 'dark', ...phone }, { colorScheme: 'light' }]) {
            const page = await enter(run, undefined, undefined, options);
            await go(page, `#/vault/new?camera=${camera}&from=${range.from}&to=${range.to}`);
            await page.waitForSelector('.vault-asked li');
            await axe(page, 'asking');
            await page.click('.vault-ask button.primary');
            assert.equal(await page.locator('.vault-ask [data-bad]').count(), 3);
            await axe(page, 'asking, with problems');
            assert.ok(
                await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
            );
            await run.shot(page, options.isMobile ? 'vault-ask-phone' : 'vault-ask');
            await go(page, '#/vault');
            await page.waitForSelector('.vault-row');
            await axe(page, 'list');
            await page.keyboard.press('j');
            await page.keyboard.press('Enter');
            await page.waitForSelector('.vault-what');
            await axe(page, 'one that is over');
            await page.keyboard.press('Escape');
            await page.waitForSelector('.vault-row');
            assert.deepEqual(page.complaints, []);
            await page.context().close();
        }
    },
};
