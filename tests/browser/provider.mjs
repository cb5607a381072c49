// A real browser goes to a real provider and comes back signed in: cookies and redirects across two
// sites as Chromium has them. Run by tests/integration/desk_oidc_test.py.
//
//     SCRIM_URL=https://localhost:…/ SCRIM_INVITATION=TOKEN node provider.mjs
import assert from 'node:assert/strict';
import { launch, newPage, url } from './harness.mjs';

// oidc-provider's own pages: a name, then consent.
async function signInThere(page, who) {
    await page.fill('input[name=login]', who);
    await page.fill('input[name=password]', 'any');
    await page.click('button[type=submit]');
    await page.waitForSelector('input[name=prompt][value=consent]', { state: 'attached' });
    await page.click('button[type=submit]');
}

const session = (page) =>
    page.evaluate(async () => {
        const answer = await fetch('/api/v1/session');
        return answer.status === 200 ? answer.json() : null;
    });

const browser = await launch();
let failed = 0;
async function attempt(name, test) {
    const page = await newPage(browser);
    try {
        await test(page);
        console.log(`ok ${name}`);
    } catch (error) {
        failed++;
        console.log(`FAIL ${name} ${String(error.message).split('\n').slice(0, 4).join(' | ')}`);
    } finally {
        await page.context().close();
    }
}

await attempt('an-invitation-with-a-provider', async (page) => {
    await page.goto(`/api/v1/session/oidc?invitation=${process.env.SCRIM_INVITATION}`);
    await signInThere(page, 'olga@port');
    await page.waitForURL(url);
    assert.equal((await session(page))?.user, 'olga');
    await page.waitForSelector('.top');
    // The provider is another port of the same host, so its cookies are listed, too.
    const all = await page.context().cookies(url);
    const cookies = all.filter((cookie) => cookie.name.startsWith('__Host-'));
    assert.deepEqual(
        cookies.map((cookie) => [cookie.name, cookie.sameSite, cookie.httpOnly, cookie.secure]),
        [['__Host-scrim', 'Strict', true, true]],
    );
});

await attempt('the-button-of-the-provider', async (page) => {
    await page.goto('/');
    await page.click('a[href="/api/v1/session/oidc"]');
    await signInThere(page, 'olga@port');
    await page.waitForSelector('.top');
    assert.equal((await session(page))?.user, 'olga');
});

await attempt('a-stranger-is-told-why', async (page) => {
    await page.goto('/');
    await page.click('a[href="/api/v1/session/oidc"]');
    await signInThere(page, 'stranger@port');
    await page.waitForURL(/sign-in=not_invited/);
    await page.waitForSelector('.signin-form');
    assert.equal(await session(page), null);
});

await browser.close();
process.exitCode = failed ? 1 : 0;
