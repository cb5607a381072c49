// A holder's share under a security key, in the page: Chromium's own authenticator with the PRF
// extension, the page's own code, and the vectors of the format.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { newPage, password as olgas, signIn, url, user as olga } from '../harness.mjs';
import { administrator, ask, axe, enterAs, somebody } from './people.mjs';

const vectors = JSON.parse(
    readFileSync(new URL('../../vectors/scrim-share.json', import.meta.url), 'utf8'),
);
const shares = process.env.SCRIM_SHARES ?? ''; // of ada, ben and cem, two of whom open
const secret = process.env.SCRIM_KEYHOLDER_PASSWORD ?? ''; // of the user cem, among others
const recipient = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
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
    return {
        unplug: () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }),
        made: async () =>
            (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    };
}

async function holderAtShare(run, name, password) {
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

// A request for what was recorded a moment ago; its number.
async function requested(run, page) {
    const deadline = Date.now() + run.waitMs;
    for (;;) {
        const now = Date.now();
        const { status, body } = await ask(page, 'POST', '/requests', {
            cameras: ['quay'],
            from_ms: now - 120_000,
            to_ms: now,
            purpose: 'test',
            reason: 'Approved with a security key',
            legal_basis: 'Art. 6',
            incident: '',
            recipient,
            export_to: null,
            expires_s: 3600,
            view_s: 600,
        });
        if (status === 201) return body.number;
        assert.ok(now < deadline, `${status}: ${JSON.stringify(body)}`);
        await new Promise((resolve) => setTimeout(resolve, 1000));
    }
}

export const tests = {
    async 'a-share-goes-on-a-security-key-and-opens-with-it'(run) {
        const page = await administrator(run, 'people');
        const kirsten = await somebody(page, 'kirsten', 'keyholder');
        const theirs = await holderAtShare(run, kirsten.name, kirsten.password);
        const cdp = await theirs.context().newCDPSession(theirs);
        await cdp.send('WebAuthn.enable');
        const key = await plugIn(cdp);
        await axe(theirs, 'share');
        await run.shot(theirs, 'vault-share');

        const { passphrase, file: locked } = vectors.argon2id;
        await choose(theirs, 'share-1-cléo.json', locked);
        await theirs.fill('.vault-form input[type=password]', 'not hers');
        await theirs.click('.vault-form .primary');
        await theirs.getByText('The passphrase does not open this share.').waitFor();
        assert.equal(await key.made(), 0, 'the key was asked for a share that does not open');
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
        await key.unplug();
        const other = await plugIn(cdp);
        await choose(theirs, second.name, second.file);
        await theirs.click('.vault-form .primary');
        await theirs.getByText('No key answered.').waitFor();
        await other.unplug();
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

    async 'a-keyholder-approves-with-a-security-key'(run) {
        if (!shares) run.skip('the site has no shares at hand');
        const cem = await holderAtShare(run, 'cem', secret);
        const cdp = await cem.context().newCDPSession(cem);
        await cdp.send('WebAuthn.enable');
        await plugIn(cdp);
        const bare = readdirSync(shares).find((name) => name.endsWith('-cem.json'));
        await choose(cem, bare, readFileSync(join(shares, bare), 'utf8'));
        const key = await protect(cem);

        const page = await enterAs(run, olga, olgas, 'vault');
        const number = await requested(run, page);
        await cem.goto(`/#/vault/${number}`);
        await cem.waitForSelector('.vault-decide .vault-form', { timeout: 15_000 });
        await choose(cem, key.name, key.file);
        await cem.getByText('Have your security key ready.').waitFor();
        await run.shot(cem, 'vault-decide-token');
        await cem.click('.vault-verdict .primary');
        await cem.getByText('You have approved as cem.').waitFor({ timeout: 15_000 });
        const { body } = await ask(page, 'GET', `/requests/${number}`);
        assert.deepEqual(
            body.decisions.map(({ name, approve }) => [name, approve]),
            [['cem', true]],
        );
        await ask(page, 'POST', `/requests/${number}/withdraw`, { reason: 'tested' });
    },
};
