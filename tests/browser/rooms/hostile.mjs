// Words that are no words: markup, addresses that run, templates, text that turns the line round,
// and one that never ends, in everything that takes words. Every view shows them as they stand.
import assert from 'node:assert/strict';
import { newPage, signIn, url } from '../harness.mjs';
import { administrator, ask, somebody } from './people.mjs';
import { drawing } from './plan.mjs';

const strings = [
    '<img src=x onerror=window.hit=1>',
    '"><script>window.hit=1</script>',
    'javascript:window.hit=1',
    '${window.hit=1}{{window.hit=1}}',
    '\u202Etxet denrut \u2067',
    'W'.repeat(64),
];
// All of it at once, for what there is one of.
const all = `javascript:window.hit=1//"'><img src=x onerror=window.hit=1>\u202E`;
const long = 'M'.repeat(96);
const phone = { width: 390, height: 844 };
const wide = { width: 1440, height: 900 };
const day = 24 * 3600_000;

// What a page did with them that it must not do.
function watch(page) {
    page.complaints = [];
    page.on('dialog', (dialog) => {
        page.complaints.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
    });
    page.on('pageerror', (error) => page.complaints.push(`error: ${error.message}`));
    page.on('console', (message) => {
        if (/content security policy/i.test(message.text())) page.complaints.push(message.text());
    });
    return page;
}

// Waits until the page shows the words, in its text or in a field, and looks at what it is made of.
async function shows(page, words, view) {
    const seen = (wanted) => {
        const fields = [...document.querySelectorAll('input, textarea')].map((each) => each.value);
        const shown = [document.body.innerText, document.title, ...fields].join('\n');
        return wanted.filter((each) => !shown.includes(each));
    };
    const deadline = Date.now() + 8000;
    let missing;
    do missing = await page.evaluate(seen, words);
    while (missing.length > 0 && Date.now() < deadline);
    assert.equal(missing.length, 0, `${view} does not show ${JSON.stringify(missing)}`);
    const made = await page.evaluate(() => [
        ...(globalThis.hit === undefined ? [] : ['what they say was done']),
        ...[
            ...document.querySelectorAll(
                '[onerror], img[src="x"], script:not([src]), iframe, object, embed, base, [href^="javascript:" i], [src^="javascript:" i], [action^="javascript:" i]',
            ),
        ].map((element) => element.outerHTML.slice(0, 120)),
    ]);
    assert.equal(made.length, 0, `${view} made of them: ${made.join(', ')}`);
    assert.equal(page.complaints.length, 0, `${view}: ${page.complaints.join('; ')}`);
}

// The longest text of all must not push a phone's page sideways.
async function fits(run, page, view) {
    await page.setViewportSize(phone);
    const sideways = () =>
        [document.documentElement, ...document.querySelectorAll('main, dialog[open]')]
            .filter((box) => box.scrollWidth > box.clientWidth)
            .map((box) => `${box.localName} by ${box.scrollWidth - box.clientWidth} px`);
    const deadline = Date.now() + 2000; // what is drawn takes a moment to follow
    let out;
    do out = await page.evaluate(sideways);
    while (out.length > 0 && Date.now() < deadline);
    if (out.length > 0) await run.shot(page, 'hostile-sticks-out');
    assert.equal(out.length, 0, `${view} sticks out on a phone: ${out.join(', ')}`);
    await page.setViewportSize(wide);
}

async function visit(run, page, view, words) {
    await page.evaluate((hash) => {
        location.hash = hash;
    }, `#/${view}`);
    await shows(page, words, `#/${view}`);
    await fits(run, page, `#/${view}`);
}

// The desk starts anew when a camera comes or goes: asks until it answers.
async function patient(page, method, path, body) {
    for (const deadline = Date.now() + 20_000; ; await page.waitForTimeout(200)) {
        try {
            const answer = await ask(page, method, path, body);
            if (answer.status !== 401 || Date.now() > deadline) return answer;
        } catch (error) {
            if (Date.now() > deadline) throw error;
        }
    }
}

// Asks, and expects a yes; `refused` are statuses that a site may have its reasons for.
async function told(page, method, path, body, refused = []) {
    const answer = await patient(page, method, path, body);
    const fine = answer.status < 300 || refused.includes(answer.status);
    assert.ok(fine, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.status < 300 ? answer.body : null;
}

async function listed(page, camera, wanted) {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
        const list = (await patient(page, 'GET', '/cameras')).body;
        if (list.some(({ id }) => id === camera) === wanted) return;
        await page.waitForTimeout(200);
    }
    throw new Error(`${camera} is ${wanted ? 'not' : 'still'} there`);
}

// A security key of hers, by Chromium's own authenticator.
async function nameKey(page, password) {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', {
        options: {
            ...{ protocol: 'ctap2', transport: 'usb', hasResidentKey: false },
            ...{
                hasUserVerification: true,
                isUserVerified: true,
                automaticPresenceSimulation: true,
            },
        },
    });
    const options = await told(page, 'POST', '/me/webauthn', { password });
    const credential = await page.evaluate(async (json) => {
        const publicKey = globalThis.PublicKeyCredential.parseCreationOptionsFromJSON(json);
        return (await navigator.credentials.create({ publicKey })).toJSON();
    }, options);
    await told(page, 'PUT', '/me/webauthn', { name: all.slice(0, 60), credential });
}

async function upload(page, name) {
    const bytes = [...drawing(40, 30)];
    return page.evaluate(
        async ([title, picture]) => {
            const { csrf } = await (await fetch('/api/v1/session')).json();
            const response = await fetch(`/api/v1/plans?name=${encodeURIComponent(title)}`, {
                method: 'POST',
                headers: { 'Content-Type': 'image/png', 'X-CSRF': csrf },
                body: new Uint8Array(picture),
            });
            return (await response.json()).id;
        },
        [name, bytes],
    );
}

// A film of something that was recorded, if anything was. True if there is one.
async function film(page, camera, name, reason) {
    const now = Date.now();
    const list = await told(
        page,
        'GET',
        `/cameras/${camera}/recordings?from=${now - day}&to=${now}`,
    );
    const from = list[0]?.start_ms ?? now - 5000;
    const order = { camera, from, to: from + 2000, name, reason };
    return (await told(page, 'POST', '/exports', order, [409])) !== null;
}

// Everything that takes words takes hers. What was made stands in `made`, to be taken away.
async function fill(page, made, password) {
    const [camera] = await told(page, 'GET', '/cameras');
    // A camera that nobody answers for; a test's disk may have no room for it, or no recorder runs.
    const added = {
        ...{ id: 'hostile', name: all, purpose: all, legal_basis: long, retention_reason: all },
        ...{ url: 'rtsp://127.0.0.1:9/%22%3E', retention_hours: 1, record: 'nothing' },
    };
    const extra = (await told(page, 'POST', '/cameras', added, [409, 503])) !== null;
    if (extra) {
        made.push('/cameras/hostile');
        await listed(page, 'hostile', true);
    }
    const cameras = extra ? [camera.id, 'hostile'] : [camera.id];
    await told(page, 'PATCH', '/site', {
        ...{ name: all, controller: `${all}${long}`, contact: `${all}${long}`, address: all },
    });
    for (const [i, title] of strings.entries()) {
        await told(page, 'PUT', `/groups/hostile-${i}`, { title, cameras });
        made.push(`/groups/hostile-${i}`);
        await told(page, 'POST', '/tokens', {
            ...{
                name: title,
                rights: ['live'],
                groups: [`hostile-${i}`],
                expires_ms: Date.now() + day,
            },
        });
    }
    for (const name of [all, long]) made.push(`/plans/${await upload(page, name)}`);
    const layout = { all: true, groups: [], cameras: [], order: [], large: [], page: 0 };
    await told(page, 'PUT', '/me/preferences/wall', {
        layouts: ['a', 'b', 'c'].map((key, i) => ({
            ...layout,
            key,
            name: strings[i].slice(0, 40),
        })),
    });
    await nameKey(page, password);
    const films = [];
    for (const name of [all.slice(0, 80), long.slice(0, 80)])
        if (await film(page, camera.id, name, `${all}${long}`)) films.push(name);
    const guest = { name: 'hostile-guest', role: 'viewer', groups: ['hostile-0', 'hostile-5'] };
    const { token } = await told(page, 'POST', '/invitations', guest);
    return { camera: extra ? 'hostile' : camera.id, extra, films, token };
}

// What has a name of its own takes no markup at all.
async function refuses(page, camera) {
    const points = [
        [0.1, 0.1],
        [0.2, 0.1],
        [0.2, 0.2],
    ];
    for (const word of strings.slice(0, 2)) {
        const name = encodeURIComponent(word);
        for (const [method, path, body] of [
            ['PUT', `/cameras/${camera}/areas/${name}`, { kind: 'zone', points }],
            ['PUT', `/groups/${name}`, { title: 'x', cameras: [] }],
            ['PUT', `/me/preferences/${name}`, {}],
            ['POST', '/invitations', { name: word, role: 'viewer' }],
            ['POST', '/cameras', { id: word, name: 'x', purpose: 'x', url: 'rtsp://127.0.0.1/' }],
            ['PATCH', '/site', { time_zone: word }],
        ]) {
            const { status } = await ask(page, method, path, body);
            assert.ok([400, 404, 503].includes(status), `${method} ${path} ${word}: ${status}`);
        }
    }
}

export const tests = {
    async 'hostile-words-are-words-in-every-view'(run) {
        const page = await administrator(run, 'account');
        const hedda = await somebody(page, 'hedda', 'administrator');
        const made = [];
        try {
            const theirs = watch(
                // A key belongs to a name; what a browser calls itself is hers to choose, too.
                await newPage(run.browser, {
                    baseURL: url.replace('//127.0.0.1', '//localhost'),
                    userAgent: strings[0],
                }),
            );
            await theirs.goto('/');
            await theirs.waitForSelector('.signin-form');
            await signIn(theirs, hedda.name, hedda.password);
            await theirs.waitForSelector('.top');
            const { camera, extra, films, token } = await fill(theirs, made, hedda.password);
            await refuses(theirs, camera);
            await theirs.reload();
            await theirs.waitForSelector('.top');
            const named = extra ? [all] : [];
            await visit(run, theirs, '', [all, strings[0], ...named]);
            await visit(run, theirs, `camera/${camera}`, named);
            await visit(run, theirs, `review?export=1&cameras=${camera}`, [...named, ...films]);
            await visit(run, theirs, 'plan', [all, long]);
            await visit(run, theirs, 'cameras', named);
            await visit(run, theirs, `cameras/${camera}`, [...named, 'hostile-5']);
            await visit(run, theirs, `cameras/${camera}/areas`, named);
            if (extra) await visit(run, theirs, `cameras/${camera}/change`, [all, long]);
            await visit(run, theirs, 'cameras/new', []);
            await visit(run, theirs, 'people', ['hostile-guest', strings[0], strings[5]]);
            await visit(run, theirs, 'people/groups', strings);
            await visit(run, theirs, 'people/tokens', strings);
            await visit(run, theirs, 'people/acts', [...strings, all]);
            await visit(run, theirs, 'account', [all.slice(0, 60)]);
            for (const step of ['site', 'vault', 'camera', 'people'])
                await visit(run, theirs, `setup/${step}`, []);
            await visit(run, theirs, 'setup/sign', [all, `${all}${long}`]);
            await run.shot(theirs, 'hostile-sign');
            // What stands in the address is from whoever made the link.
            for (const place of [
                'camera/',
                'cameras/',
                'people/',
                'plan/',
                'review?cameras=',
                'setup/',
            ])
                await visit(run, theirs, `${place}${encodeURIComponent(all)}`, []);

            const nobody = watch(await newPage(run.browser));
            await nobody.goto(`/?sign-in=${encodeURIComponent(all)}`);
            await nobody.waitForSelector('.signin-form');
            await shows(nobody, [], 'sign-in');
            await visit(run, nobody, `setup/invitation/${encodeURIComponent(all)}`, []);
            await nobody.goto(`/#/setup/invitation/${token}`);
            await nobody.reload();
            await shows(nobody, ['hostile-guest', all], 'the invitation');
            await fits(run, nobody, 'the invitation');
        } finally {
            // Tokens, invitations, layouts and keys go with her.
            await patient(page, 'DELETE', '/users/hedda');
            const nothing = { name: '', controller: '', contact: '', address: '' };
            await patient(page, 'PATCH', '/site', nothing);
            for (const path of made.reverse()) await patient(page, 'DELETE', path);
            await listed(page, 'hostile', false);
        }
        const left = (await ask(page, 'GET', '/groups')).body.filter(({ title }) =>
            strings.includes(title),
        );
        assert.deepEqual(left, [], 'something stays');
    },
};
