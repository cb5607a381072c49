// What an operator sees, dated: signs in, opens the first camera and prints one line a displayed frame:
// milliseconds since 1970 at which the compositor shows it, and its mean brightness. Environment as in
// tests/browser/run.mjs, and SCRIM_SECONDS: how long to look.
import { launch, newPage, signIn } from '../tests/browser/harness.mjs';

const seconds = Number(process.env.SCRIM_SECONDS ?? 60);
const browser = await launch();
const page = await newPage(browser);
await page.goto('/');
await page.waitForSelector('.signin-form');
await signIn(page);
await page.locator('.tile').first().click();
await page.waitForSelector('.stage[data-state=live]', { timeout: 120_000 });

const seen = await page.evaluate((ms) => new Promise((resolve) => {
    const video = document.querySelector('.stage video');
    const canvas = new OffscreenCanvas(64, 48);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const frames = [];
    const end = performance.now() + ms;
    const look = (now, frame) => {
        context.drawImage(video, 0, 0, canvas.width, canvas.height);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0;
        for (let i = 0; i < data.length; i += 4) sum += 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2];
        frames.push([performance.timeOrigin + frame.expectedDisplayTime, sum / (data.length / 4)]);
        if (now < end) video.requestVideoFrameCallback(look);
        else resolve(frames);
    };
    video.requestVideoFrameCallback(look);
}), seconds * 1000);

for (const [ms, brightness] of seen) console.log(`${ms.toFixed(1)} ${brightness.toFixed(2)}`);
await browser.close();
