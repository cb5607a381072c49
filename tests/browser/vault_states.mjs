// The vault in states that an honest site never shows, on the development server's real vault: a
// holder who lies, an hour that is shredded, a server that shows something else than is signed.
import assert from 'node:assert/strict';
import { newPage, signIn } from './harness.mjs';

const camera = 'quay-north';
const other = 'gate-2';

async function enter(browser, url, who) {
    const page = await newPage(browser, { baseURL: url });
    await page.goto('/#/vault');
    await page.waitForSelector('.signin-form');
    await signIn(page, who, who);
    await page.waitForSelector('.vault[data-asked=true]');
    return page;
}

const go = (page, hash) => page.evaluate((to) => (location.hash = to), hash);

async function ask(page, cameras) {
    const from = Date.now() - 30 * 60_000;
    await go(page, `#/vault/new?camera=${cameras.join()}&from=${from}&to=${from + 20_000}`);
    await page.selectOption('.vault-ask select >> nth=0', 'test');
    await page.fill('.vault-ask textarea', 'To see what happens');
    await page.fill('.vault-ask .field:has(label:text("Legal basis")) input', 'Art. 6');
    await page.click('.vault-ask button.primary');
    await page.waitForSelector('.vault[data-state=waiting]', { timeout: 10_000 });
    return Number(await page.getAttribute('.vault', 'data-request'));
}

const dev = (page, path, method = 'POST') =>
    page.evaluate(
        async ([to, how]) => (await fetch(`/dev/vault/${to}`, { method: how })).text(),
        [path, method],
    );

async function approve(browser, url, number, holder) {
    const page = await enter(browser, url, holder === 1 ? 'anna' : 'ben');
    const share = await dev(page, `shares/${holder}`, 'GET');
    await go(page, `#/vault/${number}`);
    await page.waitForSelector('.vault-form');
    await page.setInputFiles('.vault-form input[type=file]', {
        name: `share-${holder}.json`,
        mimeType: 'application/json',
        buffer: Buffer.from(share),
    });
    if (holder === 2) await page.fill('.vault-form input[type=password]', 'ben');
    await page.click('.vault-verdict .primary');
    await page.waitForSelector('.vault-acting .notice[data-mood=good]');
    await page.context().close();
}

export const vaultTests = (browser, url) => ({
    async 'a holder who lies is named, and the others go on'() {
        const page = await enter(browser, url, 'demo');
        const number = await ask(page, [camera]);
        await approve(browser, url, number, 1);
        await dev(page, `lie/${number}`);
        await page.waitForSelector('.vault[data-state=approved]', { timeout: 10_000 });
        await page.click('.vault-own .primary');
        await page.waitForSelector('.vault-own .notice[data-mood=bad]');
        assert.match(await page.textContent('.vault-own .notice'), /cleo/);
        assert.equal(await page.locator('.vault-original').count(), 0);
        await approve(browser, url, number, 2);
        await page.click('.vault-own .primary');
        await page.waitForSelector('.vault-own .notice .primary');
        assert.match(await page.textContent('.vault-own .notice'), /cleo/);
        await page.click('.vault-own .notice .primary');
        await page.waitForSelector('.vault-original[data-phase=shown]');
        await page.context().close();
    },

    async 'of a shredded hour the page says that nobody opens it'() {
        const page = await enter(browser, url, 'demo');
        const number = await ask(page, [camera, other]);
        await approve(browser, url, number, 1);
        await approve(browser, url, number, 2);
        await dev(page, `shred/${other}`);
        await page.waitForSelector('.vault[data-state=approved]', { timeout: 10_000 });
        await page.click('.vault-own .primary');
        await page.waitForSelector('.vault-original[data-phase=shown]');
        assert.match(await page.textContent('.vault-opened .notice'), /deleted/);
        await page.click('.vault-pick button >> nth=1');
        await page.waitForSelector('.vault-original[data-phase=nothing]');
        await dev(page, 'shred/none');
        await page.context().close();
    },

    async 'nothing is signed where the page shows something else than the document'() {
        const page = await enter(browser, url, 'demo');
        const number = await ask(page, [camera]);
        await dev(page, `pretend/${number}`);
        const anna = await enter(browser, url, 'anna');
        await go(anna, `#/vault/${number}`);
        await anna.waitForSelector('.vault-decide .notice[data-mood=bad]');
        assert.match(await anna.textContent('.vault-decide .notice'), /Sign nothing/);
        assert.equal(await anna.locator('.vault-form').count(), 0);
        await page.context().close();
        await anna.context().close();
    },

    async 'when the time is over the player and its keys are gone'() {
        const page = await enter(browser, url, 'demo');
        const number = await ask(page, [camera]);
        await approve(browser, url, number, 1);
        await approve(browser, url, number, 2);
        await dev(page, `hurry/${number}`);
        await page.waitForSelector('.vault[data-state=approved]', { timeout: 10_000 });
        await page.click('.vault-own .primary');
        await page.waitForSelector('.vault-original[data-phase=shown]');
        assert.match(await page.textContent('.vault-countdown'), /00:0/);
        await page.waitForSelector('.vault-opened', { state: 'detached', timeout: 10_000 });
        assert.equal(await page.locator('.vault-original').count(), 0);
        await page.context().close();
    },
});
