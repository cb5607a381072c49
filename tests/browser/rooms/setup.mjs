// The assistant of a new site, and the sign.
import assert from 'node:assert/strict';
import { administrator, ask, axe } from './people.mjs';

const steps = ['site', 'vault', 'camera', 'people', 'sign'];

export const tests = {
    async 'the-assistant-goes-step-by-step'(run) {
        const page = await administrator(run, 'setup/site');
        await page.getByLabel('Who is responsible').fill('');
        await page.click('.setup-card .primary');
        await page.getByText('the sign has to name them').waitFor();
        await page.getByLabel('Who is responsible').fill('Port of Example, Quay 1');
        await page.getByLabel('Contact for those filmed').fill('privacy@port.example');
        await page.getByLabel('Web page with more').fill('nowhere');
        await page.click('.setup-card .primary');
        await page.getByText('A web address begins with').waitFor();
        await page.getByLabel('Web page with more').fill('https://port.example/video');
        await axe(page, 'site');
        await run.shot(page, 'setup-site');
        await page.click('.setup-card .primary');
        await page.waitForFunction(() => location.hash === '#/setup/vault');
        await page.waitForSelector('.steps li[data-done]');
        assert.match(await page.textContent('.setup-card'), /Any 2 of its 3 holders/);
        const { body } = await ask(page, 'GET', '/site');
        assert.equal(body.controller, 'Port of Example, Quay 1');
        for (const step of steps) {
            await page.goto(`/#/setup/${step}`);
            await page.waitForSelector('.setup-card');
            await axe(page, step);
        }
    },

    async 'the-sign-fits-one-page-and-says-it-all'(run) {
        const page = await administrator(run, 'setup/sign');
        await page.waitForSelector('.poster');
        const cameras = (await ask(page, 'GET', '/cameras')).body;
        const sign = await page.textContent('.poster');
        assert.match(sign, /Video recording/);
        for (const { purpose } of cameras) assert.ok(sign.includes(purpose), purpose);
        await page.getByLabel('Language of the sign').selectOption('both');
        assert.match(await page.textContent('.poster[lang=de]'), /Videoaufzeichnung/);
        await page.emulateMedia({ media: 'print' });
        assert.ok(await page.locator('.poster').first().isVisible());
        assert.ok(!(await page.locator('.top').isVisible()), 'the header is printed, too');
        const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
        const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g).length;
        assert.equal(pages, 2, `two signs take ${pages} pages`);
        await run.shot(page, 'sign-print');
        await page.emulateMedia({ media: 'screen' });
        await run.shot(page, 'sign');
    },

    async 'the-assistant-on-a-phone'(run) {
        const page = await administrator(run, 'setup', {
            viewport: { width: 390, height: 844 },
            hasTouch: true,
        });
        for (const step of steps) {
            await page.goto(`/#/setup/${step}`);
            await page.waitForSelector('.setup-card');
            const sideways = await page.evaluate(() => {
                const room = document.querySelector('main.room');
                return room.scrollWidth - room.clientWidth;
            });
            assert.equal(sideways, 0, `${step} sticks out`);
        }
        await axe(page, 'on a phone');
        await run.shot(page, 'setup-phone');
    },
};
