// Draws the icons of the installed desk, web/public/icon-*.png, from web/public/mark.svg. Run it
// when the mark changes, and commit what it writes:     node icons.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { launch } from './harness.mjs';

const folder = new URL('../../web/public/', import.meta.url);
const mark = readFileSync(new URL('mark.svg', folder), 'utf8');
// A launcher cuts a maskable icon to its own shape: the mark keeps clear of the edge.
const icons = [
    { name: 'icon-192.png', size: 192, share: 1 },
    { name: 'icon-512.png', size: 512, share: 1 },
    { name: 'icon-maskable-512.png', size: 512, share: 0.72, ground: '#11161a' },
];

const browser = await launch();
for (const { name, size, share, ground = 'transparent' } of icons) {
    const page = await browser.newPage({ viewport: { width: size, height: size } });
    await page.setContent(
        `<style>body{margin:0;display:grid;place-items:center;height:100vh;background:${ground}}` +
            `svg{width:${share * 100}vw}</style>${mark}`,
    );
    writeFileSync(new URL(name, folder), await page.screenshot({ omitBackground: true }));
    await page.close();
}
await browser.close();
