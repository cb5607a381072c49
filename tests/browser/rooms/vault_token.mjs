// A holder's share under a security key, in the page: Chromium's own authenticator with the PRF
// extension, the page's own code, and the vectors of the format.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { newPage, signIn, url } from '../harness.mjs';
import { administrator, ask, axe, somebody } from './people.mjs';

const vectors = JSON.parse(
    readFileSync(new URL('../../vectors/scrim-share.json', import.meta.url), 'utf8'),
);
// A key belongs to a name, and an address in numbers is none (WebAuthn, 5.1.3).
const named = url.replace('//127.0.0.1', '//localhost');

async function plugIn(cdp, options = {}) {
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
            protocol: 'ctap2',
            ctap2Version: 'ctap2_1',
            transport: 'usb',
            hasResidentKey: false,
            hasUserVerification: true,
            isUserVerified: true,
            automaticPresenceSimulation: true,
            hasPrf: true,
            ...options,
        },
    });
    return () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
}

async function holderAtShare(run, page) {
    const { name, password } = await somebody(page, 'kirsten', 'keyholder');
    const theirs = await newPage(run.browser, { baseURL: named });
    await theirs.goto('/');
    await theirs.waitForSelector('.signin-form');
    await signIn(theirs, name, password);
    await theirs.waitForSelector('.top');
    await theirs.goto('/#/vault');
    await theirs.getByRole('link', { name: 'Put your share on a security key' }).click();
    await theirs.waitForSelector('.vault-form');
    return theirs;
}

const choose = (page, name, file) =>
    page.setInputFiles('.vault-form input[type=file]', {
        name,
        mimeType: 'application/json',
        buffer: Buffer.from(typeof file === 'string' ? file : JSON.stringify(file)),
    });

async function protect(page) {
    const saved = page.waitForEvent('download');
    await page.click('.vault-form .primary');
    const download = await saved;
    const file = readFileSync(await download.path(), 'utf8');
    await page.getByRole('button', { name: 'Another key' }).click();
    return { name: download.suggestedFilename(), file };
}

export const tests = {
    async 'a-share-goes-on-a-security-key-and-opens-with-it'(run) {
        const page = await administrator(run, 'people');
        const theirs = await holderAtShare(run, page);
        const cdp = await theirs.context().newCDPSession(theirs);
        await cdp.send('WebAuthn.enable');
        const unplug = await plugIn(cdp);
        await axe(theirs, 'share');
        await run.shot(theirs, 'vault-share');

        const { passphrase, file: locked } = vectors.argon2id;
        await choose(theirs, 'share-1-cléo.json', locked);
        await theirs.fill('.vault-form input[type=password]', 'not hers');
        await theirs.click('.vault-form .primary');
        await theirs.getByText('The passphrase does not open this share.').waitFor();
        await theirs.fill('.vault-form input[type=password]', passphrase);
        const first = await protect(theirs);
        assert.equal(first.name, 'share-1-cléo-key.json');
        const made = JSON.parse(first.file);
        assert.equal(made.protection, 'fido2');
        assert.equal(made.rp_id, 'localhost');
        assert.equal(made.vault, locked.vault);
        assert.ok(!first.file.includes(vectors.secret));

        // The file that came of it opens with the key: it can be put under another credential.
        await choose(theirs, first.name, first.file);
        const second = await protect(theirs);
        assert.notEqual(JSON.parse(second.file).credential, made.credential);

        // And with no other key, nor without one that can do it.
        await unplug();
        const other = await plugIn(cdp);
        await choose(theirs, second.name, second.file);
        await theirs.click('.vault-form .primary');
        await theirs.getByText('No key answered.').waitFor();
        await other();
        await plugIn(cdp, { hasPrf: false });
        await choose(theirs, 'share-1-cléo.json', vectors.none.file);
        await theirs.click('.vault-form .primary');
        await theirs.getByText('This browser cannot use security keys').waitFor();

        // A file for a desk of another name says so before anybody touches anything.
        await choose(theirs, 'share-1-cléo.json', vectors.fido2.file);
        await theirs
            .getByText('answers only where the desk is opened as desk.example.org')
            .waitFor();
        await ask(page, 'DELETE', '/users/kirsten');
    },
};
