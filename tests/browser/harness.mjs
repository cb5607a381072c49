// A real Chromium (Debian's) driven by playwright-core, and where the desk under test is.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);

export const url = process.env.SCRIM_URL ?? 'https://localhost:8443/';
export const user = process.env.SCRIM_USER ?? '';
export const password = process.env.SCRIM_PASSWORD ?? '';
// An administrator, for the tests of rooms that only one may enter.
export const admin = {
    user: process.env.SCRIM_ADMIN_USER ?? '',
    password: process.env.SCRIM_ADMIN_PASSWORD ?? '',
};
const axePath = require.resolve('axe-core/axe.min.js');

const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
];

export function launch(...more) {
    return chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        headless: true,
        args: [...args, ...more],
    });
}

export async function newPage(browser, options = {}) {
    const context = await browser.newContext({
        baseURL: url,
        ignoreHTTPSErrors: true,
        viewport: { width: 1440, height: 900 },
        ...options,
    });
    return context.newPage();
}

export async function signIn(page, name = user, secret = password) {
    await page.fill('#signin-user', name);
    await page.fill('#signin-password', secret);
    await page.click('.signin-form button[type=submit]');
}

// What axe finds on the page as it is: WCAG 2.2 A and AA, and its best practices.
export async function axeViolations(page) {
    // The content policy forbids inline scripts, as it should: evaluate does not go through it.
    await page.evaluate(readFileSync(axePath, 'utf8'));
    const { violations } = await page.evaluate(() =>
        globalThis.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }),
    );
    return violations;
}
