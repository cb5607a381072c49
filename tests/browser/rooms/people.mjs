// Who may do what: invitations, roles, groups, tokens, sessions, the log. Each test makes its own
// people and takes them away again.
import assert from 'node:assert/strict';
import { admin, axeViolations, newPage, signIn, url } from '../harness.mjs';

const password = 'grey harbour, seven gulls';

export async function axe(page, name) {
    const found = (await axeViolations(page)).map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
    );
    assert.deepEqual(found, [], name);
}

export async function enterAs(run, name, secret, place, options = {}) {
    const page = await newPage(run.browser, options);
    await page.goto(`/#/${place}`);
    await page.waitForSelector('.signin-form');
    await signIn(page, name, secret);
    await page.waitForSelector('.top');
    return page;
}

export async function administrator(run, place, options = {}) {
    if (!admin.user) run.skip('SCRIM_ADMIN_USER is not set');
    return enterAs(run, admin.user, admin.password, place, options);
}

// As the page asks, with its session.
export function ask(page, method, path, body) {
    return page.evaluate(
        async ([how, where, what]) => {
            const session = await (await fetch('/api/v1/session')).json();
            const response = await fetch(`/api/v1${where}`, {
                method: how,
                headers: { 'Content-Type': 'application/json', 'X-CSRF': session.csrf },
                body: what === undefined ? undefined : JSON.stringify(what),
            });
            const text = await response.text();
            return { status: response.status, body: text ? JSON.parse(text) : null };
        },
        [method, path, body],
    );
}

// Somebody new, without the page: what a test needs and is not about.
export async function somebody(page, name, role) {
    await ask(page, 'DELETE', `/users/${name}`);
    const { body } = await ask(page, 'POST', '/invitations', { name, role });
    const other = await page.context().browser().newContext({ ignoreHTTPSErrors: true });
    const answer = await other.request.post(new URL('/api/v1/invitations/accept', url).href, {
        headers: { Origin: new URL(url).origin },
        data: { token: body.token, password },
    });
    assert.equal(answer.status(), 200, await answer.text());
    await other.close();
    return { name, password };
}

async function invite(page, name, role) {
    await page.click('.room-head .primary');
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Role').selectOption(role);
    await page.click('.dialog .primary');
    const link = await page.textContent('.invitation-link code');
    await page.click('.dialog .primary');
    return link;
}

export const tests = {
    async 'invited-they-choose-a-password-and-are-in'(run) {
        const page = await administrator(run, 'people');
        await ask(page, 'DELETE', '/users/ines');
        await page.waitForSelector('.rows .row');
        await axe(page, 'people');
        await run.shot(page, 'people');
        const link = await invite(page, 'ines', 'auditor');
        await page.waitForSelector('[data-invitation=ines]');

        const theirs = await newPage(run.browser);
        await theirs.goto(link);
        await theirs.waitForSelector('#invited-password');
        assert.match(await theirs.textContent('.invited'), /ines[\s\S]*Auditor/);
        await axe(theirs, 'invitation');
        await run.shot(theirs, 'invitation');
        await theirs.fill('#invited-password', 'short');
        assert.match(await theirs.textContent('.judgement'), /5 more characters/);
        await theirs.click('.signin-form [type=submit]');
        assert.match(await theirs.textContent('#signin-problem'), /At least 10/);
        await theirs.fill('#invited-password', password);
        await theirs.click('.signin-form [type=submit]');
        await theirs.waitForSelector('.top');

        // It worked once.
        const late = await newPage(run.browser);
        await late.goto(link);
        await late.getByText('cannot be used any more').waitFor();

        // An auditor reads the log, and finds it there.
        await theirs.goto('/#/people');
        await theirs.waitForSelector('[data-act="invitation.accept"]');
        assert.equal(await theirs.locator('.room .tabs a').count(), 0);
        await axe(theirs, 'log');
        await run.shot(theirs, 'log');
        await theirs.getByLabel('Search').fill('nobody has this name');
        await theirs.waitForSelector('.acts', { state: 'detached' });
        await ask(page, 'DELETE', '/users/ines');
        await theirs.waitForSelector('.signin-form', { timeout: 5000 });
    },

    async 'a-role-changes-and-somebody-goes'(run) {
        const page = await administrator(run, 'people');
        await somebody(page, 'rolf', 'viewer');
        await page.reload();
        await page.click('[data-user=rolf] .actions button');
        await page.getByLabel('Role').selectOption('operator');
        await axe(page, 'change');
        await page.click('.dialog .primary');
        await page.waitForFunction(() =>
            /Operator/.test(document.querySelector('[data-user=rolf]').textContent),
        );
        await page.locator('[data-user=rolf] .actions button').last().click();
        assert.match(await page.textContent('.dialog'), /signed out everywhere/);
        await page.click('.dialog .danger');
        await page.waitForSelector('[data-user=rolf]', { state: 'detached' });
    },

    async 'the-last-administrator-stays'(run) {
        const page = await administrator(run, 'people');
        const row = page.locator(`[data-user="${admin.user}"]`);
        await row.waitFor();
        assert.match(await row.textContent(), /only administrator/);
        assert.ok(await row.locator('.actions button').last().isDisabled());
        await row.locator('.actions button').first().click();
        assert.ok(await page.getByLabel('Role').isDisabled());
        // Who goes around the page is refused by the server.
        const path = `/users/${admin.user}`;
        for (const [method, body] of [
            ['DELETE', undefined],
            ['PATCH', { role: 'viewer' }],
        ]) {
            const answer = await ask(page, method, path, body);
            assert.equal(answer.status, 409);
            assert.equal(answer.body.error.code, 'last_administrator');
        }
    },

    async 'who-is-signed-out-is-out-within-seconds'(run) {
        const page = await administrator(run, 'people');
        const olaf = await somebody(page, 'olaf', 'operator');
        const theirs = await enterAs(run, olaf.name, olaf.password, '');
        await page.reload();
        await page.click('[data-user=olaf] .actions button:nth-child(2)');
        await page.waitForSelector('.dialog .row');
        await axe(page, 'sessions');
        const started = Date.now();
        await page.click('.dialog .danger');
        await theirs.waitForSelector('.signin-form', { timeout: 4000 });
        assert.ok(Date.now() - started < 3500, `it took ${Date.now() - started} ms`);
        await ask(page, 'DELETE', '/users/olaf');
    },

    async 'a-group-keeps-somebody-to-its-cameras'(run) {
        const page = await administrator(run, 'people/groups');
        await ask(page, 'DELETE', '/users/gesa');
        await ask(page, 'DELETE', '/groups/night-shift');
        await page.reload();
        await page.getByRole('button', { name: 'New group' }).click();
        await page.getByLabel('Title').fill('Night shift');
        await axe(page, 'group');
        await page.click('.dialog .primary');
        await page.waitForSelector('[data-group=night-shift]');
        assert.match(await page.textContent('[data-group=night-shift]'), /sees none/);

        const gesa = await somebody(page, 'gesa', 'operator');
        await page.goto('/#/people');
        await page.click('[data-user=gesa] .actions button');
        await page.getByLabel('Only cameras of certain groups').check();
        await page.click('.dialog .primary');
        assert.match(await page.textContent('.dialog [role=alert]'), /Choose a group/);
        await page.getByLabel('Night shift').check();
        await page.click('.dialog .primary');
        await page.waitForFunction(() =>
            /Night shift/.test(document.querySelector('[data-user=gesa]').textContent),
        );
        const theirs = await enterAs(run, gesa.name, gesa.password, '');
        assert.deepEqual((await ask(theirs, 'GET', '/cameras')).body, []);

        await page.goto('/#/people/groups');
        await page.locator('[data-group=night-shift] .actions button').last().click();
        await page.click('.dialog .danger');
        await page.waitForFunction(
            () => document.querySelector('.dialog [role=alert]').textContent !== '',
        );
        await ask(page, 'DELETE', '/users/gesa');
        await page.click('.dialog .danger');
        await page.waitForSelector('[data-group=night-shift]', { state: 'detached' });
    },

    async 'a-token-is-made-used-and-revoked'(run) {
        const page = await administrator(run, 'people/tokens');
        await page.getByRole('button', { name: 'New token' }).click();
        await page.getByLabel('For what').fill('A test of the desk');
        await axe(page, 'token');
        await page.click('.dialog .primary');
        const token = await page.textContent('.token-made code');
        await axe(page, 'token made');
        const context = await run.browser.newContext({ ignoreHTTPSErrors: true });
        const use = (path) =>
            context.request.get(new URL(path, url).href, {
                headers: { Authorization: `Bearer ${token}` },
            });
        assert.equal((await use('/api/v1/cameras')).status(), 200);
        assert.equal((await use('/api/v1/users')).status(), 403);
        await page.click('.dialog .primary');
        await run.shot(page, 'tokens');
        await page.click('[data-token="A test of the desk"] .actions button');
        await page.click('.dialog .danger');
        await page.waitForSelector('[data-token="A test of the desk"]', { state: 'detached' });
        assert.equal((await use('/api/v1/cameras')).status(), 401);
    },

    async 'people-on-a-phone'(run) {
        const page = await administrator(run, 'people', {
            viewport: { width: 390, height: 844 },
            hasTouch: true,
        });
        for (const tab of ['', '/groups', '/tokens', '/acts']) {
            await page.goto(`/#/people${tab}`);
            await page.waitForSelector('.people .lead');
            const sideways = await page.evaluate(() => {
                const room = document.querySelector('main.room');
                return room.scrollWidth - room.clientWidth;
            });
            assert.equal(sideways, 0, `people${tab} sticks out`);
            await axe(page, `people${tab} on a phone`);
        }
        await run.shot(page, 'people-phone');
    },
};
