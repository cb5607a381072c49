// Screenshots of every view and room, wide and phone-sized, dark and light, into a folder: to be
// looked at. Some rooms show an administrator more: with one, they are taken as that person sees
// them.
//     SCRIM_URL=… SCRIM_USER=… SCRIM_PASSWORD=… [SCRIM_ADMIN_USER=… SCRIM_ADMIN_PASSWORD=…]
//         node shots.mjs DIR [NAME…]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { admin, launch, newPage, password, signIn, user } from './harness.mjs';

const [dir, ...wanted] = process.argv.slice(2);
const agoSeconds = 150; // into the archive
mkdirSync(dir, { recursive: true });
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
const person = admin.user ? admin : { user, password };

async function playback(page) {
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
    await page.waitForSelector('.stage[data-phase=playing]', { timeout: 15000 }).catch(() => {});
    await page.waitForTimeout(1500);
}

async function room(page, hash) {
    await page.evaluate((to) => (location.hash = to), hash);
    await page.waitForSelector('main.room, .room-full');
    await page.waitForTimeout(2500);
}

// Each begins on the wall, which is live.
const shots = {
    wall: (page) => page.waitForTimeout(4000),
    'wall-light': (page) => page.keyboard.press('ArrowRight').then(() => page.keyboard.press('f')),
    'wall-arranging': (page) => page.keyboard.press('m'),
    'wall-layout': (page) => page.click('.wall-bar button:has(.icon-edit)'),
    help: (page) => page.keyboard.press('?'),
    account: (page) => page.click('.top .account'),
    camera: async (page) => {
        await page.locator('.tile').first().click();
        await page.waitForSelector('.stage[data-state=live]');
        await page.waitForTimeout(3000);
    },
    playback: async (page) => {
        await shots.camera(page);
        await playback(page);
    },
    'room-review': (page) => room(page, '#/review'),
    'room-plan': (page) => room(page, '#/plan'),
    'room-cameras': (page) => room(page, '#/cameras'),
    'room-people': (page) => room(page, '#/people'),
    'room-account': (page) => room(page, '#/account'),
    'room-setup': (page) => room(page, '#/setup'),
};

const browser = await launch();
for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ['dark', 'light']) {
        const page = await newPage(browser, { viewport, colorScheme, hasTouch: size === 'phone' });
        const shot = (name) =>
            page.screenshot({ path: join(dir, `${name}-${size}-${colorScheme}.png`) });
        await page.goto('/');
        await page.waitForSelector('.signin-form');
        await shot('signin');
        await signIn(page, person.user, person.password);
        await page.waitForSelector('.desk');
        for (const [name, arrive] of Object.entries(shots)) {
            if (wanted.length > 0 && !wanted.includes(name)) continue;
            await page.goto('/#/');
            await page.reload();
            await page.waitForSelector('.tile[data-state=live]');
            await arrive(page);
            await page.waitForTimeout(500);
            await shot(name);
        }
        await page.context().close();
    }
}
await browser.close();
