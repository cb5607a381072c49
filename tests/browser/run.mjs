// The desk in a real browser, against a running site. Prints "ok NAME", "FAIL NAME why" or "skip
// NAME why" a line.
//
//     SCRIM_URL=https://localhost:8443/ SCRIM_USER=… SCRIM_PASSWORD=… node run.mjs [NAME…]
//     SCRIM_ARTIFACTS=DIR   screenshots go here
//     SCRIM_CAMERAS=4       how many live cameras to expect; by default as many as the site has
//     SCRIM_SITE_PID=N      the site's `scrim up` (or scrimd): it is stopped for a moment to see the page notice
//     SCRIM_WAIT=120        seconds to wait for pictures and for the first file of the archive
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { launch, password, user } from './harness.mjs';
import { tests as views } from './tests.mjs';

if (!user || !password) {
    console.error('run.mjs: SCRIM_USER and SCRIM_PASSWORD are not set');
    process.exit(2);
}
const artifacts = process.env.SCRIM_ARTIFACTS;
if (artifacts) mkdirSync(artifacts, { recursive: true });
const wanted = process.argv.slice(2);

export class Skip extends Error {}

const browser = await launch();
const run = {
    browser,
    cameras: process.env.SCRIM_CAMERAS ? Number(process.env.SCRIM_CAMERAS) : null,
    sitePid: process.env.SCRIM_SITE_PID ? Number(process.env.SCRIM_SITE_PID) : null,
    waitMs: Number(process.env.SCRIM_WAIT ?? 120) * 1000,
    skip(why) {
        throw new Skip(why);
    },
    async shot(page, name) {
        if (artifacts) await page.screenshot({ path: join(artifacts, `${name}.png`) });
    },
};

// tests.mjs has those of the wall and of a camera's view, rooms/ a file for each room of the desk.
const tests = { ...views };
// Glass breaks once in a quarter of an hour, and everybody who holds a key is alarmed: it comes last.
const last = (file) => (file === 'glass.mjs' ? 1 : 0);
const rooms = readdirSync(new URL('rooms/', import.meta.url));
for (const file of rooms.sort((a, b) => last(a) - last(b) || (a < b ? -1 : 1)))
    if (file.endsWith('.mjs')) Object.assign(tests, (await import(`./rooms/${file}`)).tests);

// "ok", "skip" or why not.
async function attempt(name) {
    const started = Date.now();
    try {
        await tests[name](run);
        return { ok: true, words: `(${((Date.now() - started) / 1000).toFixed(1)} s)` };
    } catch (error) {
        if (error instanceof Skip) return { skipped: true, words: error.message };
        const pages = browser.contexts().flatMap((context) => context.pages());
        // A picture may not be had of a page that never loaded.
        for (const [i, page] of pages.entries())
            await run.shot(page, `failed-${name.split(':')[0]}-${i + 1}`).catch(() => {});
        return { words: String(error.message).split('\n').slice(0, 4).join(' | ') };
    } finally {
        for (const context of browser.contexts()) await context.close();
    }
}

// Two cores film, mask and play four cameras beside other tests: what fails is tried once more when
// the others are done, and the first try stays in the output.
const again = [];
for (const name of Object.keys(tests)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const { ok, skipped, words } = await attempt(name);
    if (ok || skipped) {
        console.log(`${ok ? 'ok' : 'skip'} ${name} ${words}`);
        continue;
    }
    console.log(`# first try of ${name}: ${words}`);
    again.push(name);
}
for (const name of again) {
    const { ok, words } = await attempt(name);
    console.log(`${ok ? 'ok' : 'FAIL'} ${name} ${words}${ok ? ' on the second try' : ''}`);
    if (!ok) process.exitCode = 1;
}
await browser.close();
