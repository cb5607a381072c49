// Screenshots of every view, wide and phone-sized, dark and light, into a folder: to be looked at.
//     SCRIM_URL=… SCRIM_USER=… SCRIM_PASSWORD=… node shots.mjs DIR
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, newPage, signIn } from './harness.mjs';

const dir = process.argv[2];
const agoSeconds = 150; // into the archive
mkdirSync(dir, { recursive: true });
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const browser = await launch();
for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['dark', 'light']) {
        const page = await newPage(browser, { viewport, colorScheme, hasTouch: size === 'phone' });
        const shot = (name) =>
            page.screenshot({ path: join(dir, `${name}-${size}-${colorScheme}.png`) });
        await page.goto('/');
        await page.waitForSelector('.signin-form');
        await shot('signin');
        await signIn(page);
        await page.waitForSelector('.tile[data-state=live]');
        await page.waitForTimeout(4000);
        await shot('wall');
        await page.locator('.tile').first().click();
        await page.waitForSelector('.stage[data-state=live]');
        await page.waitForTimeout(3000);
        await shot('camera');
        const surface = page.locator('.timeline-surface');
        const x = await surface.evaluate(
            (element, at) => {
                const from = Number(element.getAttribute('aria-valuemin'));
                const to = Number(element.getAttribute('aria-valuemax'));
                return ((at - from) / (to - from)) * element.clientWidth;
            },
            Date.now() / 1000 - agoSeconds,
        );
        await surface.click({ position: { x, y: 40 } });
        await page
            .waitForSelector('.stage[data-phase=playing]', { timeout: 15000 })
            .catch(() => {});
        await page.waitForTimeout(1500);
        await shot('playback');
        await page.context().close();
    }
}
await browser.close();
