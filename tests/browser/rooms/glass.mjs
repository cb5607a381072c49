// Break-glass, whole: an operator breaks it and sees the picture without veil, everybody hears of it,
// a keyholder is alarmed and ends it, and the missing review nags until it is written.
import assert from 'node:assert/strict';
import { admin, axeViolations, newPage, password, signIn, user } from '../harness.mjs';

const secret = process.env.SCRIM_KEYHOLDER_PASSWORD ?? ''; // of the user kim
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const reason = 'Somebody fell off the quay, north end';

async function enter(run, who, word, options = {}) {
    const page = await newPage(run.browser, options);
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(error.message));
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    await signIn(page, who, word);
    await page.waitForSelector('.top');
    return page;
}

async function axe(page, view) {
    const found = await axeViolations(page);
    const told = found.map(({ id, nodes }) => `${id}: ${nodes[0].html}`);
    assert.deepEqual(told, [], `axe, ${view}`);
}

// Of the API, as the page sees it.
const asked = (page) =>
    page.evaluate(async () => (await fetch('/api/v1/glass')).json().catch(() => ({})));

async function breakIt(run, page) {
    await page.click('.glass-way');
    await page.waitForSelector('.glass-begin');
    await axe(page, 'before it');
    await page.click('.glass-break');
    await page.waitForSelector('.glass-begin .field[data-bad]');
    await run.shot(page, 'glass-begin');
    await page.fill('.glass-begin textarea', reason);
    await page.click('.glass-break');
}

// Live, marked, counted down; then minutes ago.
async function watch(run, page) {
    const shown = '.glass-picture[data-phase=shown]';
    await page.waitForSelector(shown, { timeout: 60_000 });
    const mark = await page.textContent('.glass-picture .vault-mark');
    assert.ok(mark.includes(user), 'the operator’s name is not across the picture');
    assert.equal(
        await page.$eval('.glass-picture .vault-mark', (each) => getComputedStyle(each).position),
        'absolute',
        'the mark lies beside the picture',
    );
    await page.waitForFunction(() => {
        const video = document.querySelector('.glass-picture video');
        const shownMs = Date.parse(document.querySelector('.glass-controls time').dateTime);
        return video.videoWidth > 0 && Date.now() - shownMs < 5000;
    });
    assert.match(await page.textContent('.glass-clock b'), /^(0\d:\d\d|10:00)$/);
    await axe(page, 'while it is broken');
    await run.shot(page, 'glass-running');
    await page.click('.glass-controls button:has-text("1 min")');
    await page.waitForFunction(() => {
        const shownMs = Date.parse(document.querySelector('.glass-controls time').dateTime);
        const { phase } = document.querySelector('.glass-picture').dataset;
        return phase === 'shown' && Date.now() - shownMs > 6000;
    });
    await page.reload(); // the key stays in this browser
    await page.waitForSelector(shown, { timeout: 60_000 });
}

async function alarmed(run, page) {
    await page.waitForSelector('.glass-alarm[open]', { timeout: 3000 });
    assert.ok((await page.textContent('.glass-alarm')).includes(reason));
    await page.keyboard.press('Escape');
    assert.ok(await page.isVisible('.glass-alarm'), 'the alarm goes without being acknowledged');
    await axe(page, 'the alarm');
    await run.shot(page, 'glass-alarm-phone');
    await page.click('.glass-alarm button');
    await page.waitForSelector('.glass-alarm', { state: 'detached' });
}

async function nagged(run, page) {
    await page.waitForSelector('.glass-due');
    await page.click('.glass-due a');
    await page.waitForSelector('.glass-review textarea');
    await axe(page, 'the review');
    await run.shot(page, 'glass-review');
    await page.fill('.glass-review textarea', 'There was an emergency, and the reason was true.');
    await page.click('.glass-review .primary');
    await page.waitForSelector('.glass-due', { state: 'detached' });
}

export const tests = {
    'break-glass: the picture in the clear, the alarm, the bar for all, the review': async (
        run,
    ) => {
        if (!secret || !admin.user) run.skip('the site has no keyholder at hand');
        const operator = await enter(run, user, password);
        const state = await asked(operator);
        if (!state.allowed) run.skip('the site has no break-glass');
        const keyholder = await enter(run, 'kim', secret, { ...phone, colorScheme: 'dark' });
        const other = await enter(run, admin.user, admin.password);
        assert.equal(await other.$('.glass-way'), null, 'it is offered to who may not');
        await other.evaluate(() => (location.hash = '#/glass'));
        await other.waitForSelector('.glass-room');
        await breakIt(run, operator);
        await Promise.all([
            alarmed(run, keyholder),
            other.waitForSelector('.glass-bar', { timeout: 3000 }),
        ]);
        const bar = await other.textContent('.glass-bar');
        assert.ok(bar.includes(user) && bar.includes(reason), bar);
        await axe(other, 'the bar');
        await watch(run, operator);
        await keyholder.click('.glass-bar a');
        await keyholder.click('.glass-room .danger'); // whoever holds a key may end it
        await operator.waitForSelector('.glass-picture', { state: 'detached' });
        await nagged(run, other);
        await keyholder.waitForSelector('.glass-due', { state: 'detached' });
        for (const page of [operator, keyholder, other]) assert.deepEqual(page.complaints, []);
    },
};
