// What an operator waits for, and what axe finds: prints one JSON object. Environment as in
// tests/browser/run.mjs.
import { axeViolations, launch, newPage, signIn } from '../tests/browser/harness.mjs';

const rounds = 5;
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const browser = await launch();

// From the request to the first words on the screen, with nothing in the cache.
async function firstPaint() {
    const page = await newPage(browser);
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    const ms = await page.evaluate(
        () =>
            new Promise((resolve) => {
                new PerformanceObserver((list) => {
                    const paint = list.getEntriesByName('first-contentful-paint')[0];
                    if (paint) resolve(paint.startTime);
                }).observe({ type: 'paint', buffered: true });
            }),
    );
    await page.context().close();
    return ms;
}

// From the click on a tile to the frame after the timeline's answer.
async function cameraOpen(page) {
    await page.waitForSelector('.tile');
    const ms = await page.evaluate(
        () =>
            new Promise((resolve) => {
                const clicked = performance.now();
                const watch = new PerformanceObserver((list) => {
                    if (!list.getEntries().some((entry) => entry.name.includes('/timeline'))) return;
                    watch.disconnect();
                    requestAnimationFrame(() =>
                        requestAnimationFrame(() => resolve(performance.now() - clicked)),
                    );
                });
                watch.observe({ type: 'resource' });
                document.querySelector('.tile').click();
            }),
    );
    await page.keyboard.press('Escape');
    return ms;
}

async function violations(colorScheme) {
    const page = await newPage(browser, { colorScheme });
    await page.goto('/');
    await page.waitForSelector('.signin-form');
    let found = (await axeViolations(page)).length;
    await signIn(page);
    await page.waitForSelector('.tile[data-state=live]');
    found += (await axeViolations(page)).length;
    await page.locator('.tile').first().click();
    await page.waitForSelector('.stage[data-state=live]');
    await page.waitForTimeout(1000);
    found += (await axeViolations(page)).length;
    await page.context().close();
    return found;
}

const paints = [];
for (let i = 0; i < rounds; i++) paints.push(await firstPaint());
const page = await newPage(browser);
await page.goto('/');
await page.waitForSelector('.signin-form');
await signIn(page);
const opened = [];
for (let i = 0; i < rounds; i++) opened.push(await cameraOpen(page));
console.log(
    JSON.stringify({
        first_paint_ms: Math.round(median(paints)),
        camera_open_ms: Math.round(median(opened)),
        axe_violations: (await violations('dark')) + (await violations('light')),
    }),
);
await browser.close();
