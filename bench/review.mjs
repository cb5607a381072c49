// The timeline of all cameras in Chromium: how long a month takes to open, and how evenly it
// scrolls. Prints one JSON object. Environment as in tests/browser/run.mjs.
import { launch, newPage, signIn } from '../tests/browser/harness.mjs';

const rounds = 5;
const month = 30 * 86_400_000;
const scrollFrames = 240;
const sorted = (values) => [...values].sort((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.floor(share * (values.length - 1))];

const browser = await launch();
const page = await newPage(browser);
await page.goto('/');
await page.waitForSelector('.signin-form');
await signIn(page);
await page.waitForSelector('.tile, .tiles');

// Away from the wall, whose live pictures are no part of it.
const leave = () =>
    page.evaluate(async () => {
        location.hash = '#/account';
        await new Promise((resolve) => setTimeout(resolve, 800));
    });

// From entering the room to the frame in which every lane has been drawn: recorded time is on the
// screen from the left edge of the lanes to the right, in the first lane and in the last.
const open = () =>
    page.evaluate(
        ([length]) =>
            new Promise((resolve) => {
                const now = Date.now();
                const began = performance.now();
                location.hash = `#/review?from=${now - length}&to=${now}`;
                const look = () => {
                    const canvas = document.querySelector('.lanes-surface canvas');
                    const context = canvas?.getContext('2d', {
                        willReadFrequently: false,
                    });
                    const lanes = document.querySelectorAll('.lane-name').length;
                    const drawn = (x, lane) => {
                        const ratio = canvas.height / (24 * lanes);
                        const y = Math.round((24 * lane + 8) * ratio);
                        const [r, g, b] = context.getImageData(Math.round(x), y, 1, 1).data;
                        return b > r + 15; // the colour of what lies sealed
                    };
                    const edges = [0.1, 0.35, 0.6, 0.85];
                    const done =
                        context &&
                        canvas.width > 100 &&
                        lanes > 0 &&
                        edges.filter(
                            (share) =>
                                drawn(share * canvas.width, 0) &&
                                drawn(share * canvas.width, lanes - 1),
                        ).length >= 3;
                    if (done) requestAnimationFrame(() => resolve(performance.now() - began));
                    else requestAnimationFrame(look);
                };
                requestAnimationFrame(look);
            }),
        [month],
    );

// Frame times while the lanes are dragged to and fro and zoomed by the wheel, an event a frame.
const scroll = () =>
    page.evaluate(
        (count) =>
            new Promise((resolve) => {
                const surface = document.querySelector('.lanes-surface');
                const box = surface.getBoundingClientRect();
                const frames = [];
                let last = null;
                let n = 0;
                const step = (time) => {
                    if (last !== null) frames.push(time - last);
                    last = time;
                    const wheel = (deltaX, deltaY) =>
                        surface.dispatchEvent(
                            new WheelEvent('wheel', {
                                deltaX,
                                deltaY,
                                clientX: box.left + box.width / 2,
                                clientY: box.top + 40,
                                bubbles: true,
                                cancelable: true,
                            }),
                        );
                    if (n % 4 < 3) wheel(n < count / 2 ? -35 : 35, 0);
                    else wheel(0, n % 8 === 3 ? 12 : -12);
                    n++;
                    if (n < count) requestAnimationFrame(step);
                    else resolve(frames);
                };
                requestAnimationFrame(step);
            }),
        scrollFrames,
    );

await leave();
const opened = [];
for (let i = 0; i < rounds; i++) {
    opened.push(await open());
    await page.waitForTimeout(500);
    if (i < rounds - 1) await leave();
}
await page.waitForTimeout(1500);
const frames = await scroll();
console.log(
    JSON.stringify({
        timeline_open_ms: Math.round(at(opened, 0.5)),
        timeline_open_first_ms: Math.round(opened[0]),
        timeline_frame_p50_ms: Number(at(frames, 0.5).toFixed(1)),
        timeline_frame_p95_ms: Number(at(frames, 0.95).toFixed(1)),
        timeline_frames_late: frames.filter((ms) => ms > 25).length,
        timeline_frames: frames.length,
    }),
);
await browser.close();
