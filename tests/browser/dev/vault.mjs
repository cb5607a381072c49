// Requests for originals on the development server. The vault is a real one (web/test/vault-site.ts,
// bundled as the page is): what is asked for is sealed, and opens with two of three shares. Beside
// it stand made-up requests in every state, to look at.
//
// GET  /dev/vault/shares/N     the share file of holder N; ben's asks for the passphrase "ben"
// POST /dev/vault/lie/NUMBER   holder 3 approves with parts that are wrong
// POST /dev/vault/shred/ID     from now on the site has no hour keys of that camera
// POST /dev/vault/pretend/NUMBER   the desk shows another reason than the one that is signed
// POST /dev/vault/hurry/NUMBER     its opening ends 3 s after it began
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const web = fileURLToPath(new URL('../../../web/', import.meta.url));
const minute = 60_000;
const hour = 60 * minute;
const names = ['anna', 'ben', 'cleo'];
const needed = 2;
const hash = (text) => createHash('sha256').update(text).digest('hex');
const key = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

async function loadSite() {
    const { build } = createRequire(join(web, 'package.json'))('esbuild');
    const out = mkdtempSync(join(tmpdir(), 'scrim-dev-'));
    try {
        const outfile = join(out, 'site.mjs');
        await build({
            entryPoints: [join(web, 'test/vault-site.ts')],
            outfile,
            bundle: true,
            platform: 'node',
            format: 'esm',
            logLevel: 'error',
        });
        const { makeSite } = await import(pathToFileURL(outfile).href);
        return await makeSite(names, 'ben');
    } finally {
        rmSync(out, { recursive: true });
    }
}

const decided = (name, approve, at, reason = '') => ({
    ...{ vault: 'made up', holder: names.indexOf(name) + 1, name, approve, reason },
    ...{ at_ms: at, taken_ms: at, log_seq: null, bad: false },
});

function madeUp(now, cameras) {
    const id = (i) => cameras[i % cameras.length].json.id;
    const base = {
        purpose: 'accident',
        legal_basis: 'Art. 6(1)(f) GDPR, legitimate interest',
        incident: '',
        recipient: key,
        export_to: null,
        view_s: 3600,
        segments: 12,
        bytes: 84_000_000,
        vaults: [{ id: 'made up', dealing: '', threshold: needed, holders: names.length }],
        state: 'waiting',
        opened_ms: null,
        until_ms: null,
        escalated: false,
        decisions: [],
        end: null,
        beside: [],
        due_ms: null,
    };
    const made = [
        {
            who: 'demo',
            cameras: [id(0)],
            reason: 'A man fell between ship and quay. The ambulance asks whether he was pushed.',
            incident: '2026-1124-7',
            created_ms: now - 25 * minute,
            decisions: [decided('cleo', true, now - 12 * minute)],
        },
        {
            who: 'olga',
            cameras: [id(1), id(2)],
            purpose: 'crime',
            reason: 'Cable theft at night. The police ask for the originals of both gates.',
            incident: 'Az. 45 Js 112/26',
            export_to: key,
            created_ms: now - 9 * hour,
            expires_ms: now + 2 * hour,
            escalated: true,
        },
        {
            who: 'demo',
            cameras: [id(3)],
            purpose: 'subject-access',
            reason: 'A passenger asks for the pictures of herself at the counter.',
            created_ms: now - 20 * hour,
            state: 'approved',
            decisions: [
                decided('anna', true, now - 15 * hour),
                decided('ben', true, now - 14 * hour, 'Compared the key by phone.'),
            ],
        },
        {
            who: 'olga',
            cameras: [id(2)],
            purpose: 'other',
            reason: 'To see how long the lunch break was.',
            created_ms: now - 40 * hour,
            state: 'refused',
            decisions: [
                decided('anna', false, now - 39 * hour, 'Not what the cameras are there for.'),
                decided('cleo', false, now - 38 * hour, 'Monitoring of staff.'),
            ],
        },
        {
            who: 'demo',
            cameras: [id(0)],
            purpose: 'test',
            reason: 'Yearly test opening.',
            created_ms: now - 70 * hour,
            state: 'ended',
        },
    ];
    return made.map((part, i) => {
        const number = i + 1;
        const from = now - number * 40 * minute;
        return {
            ...base,
            number,
            id: hash(`request ${number}`),
            from_ms: from,
            to_ms: from + 10 * minute,
            expires_ms: part.created_ms + 24 * hour,
            log: { seq: 100 + 7 * i, line: hash(`line ${number}`) },
            ...part,
        };
    });
}

// One regular file of a tar archive (POSIX ustar), padded.
function tarred(name, content) {
    const head = Buffer.alloc(512);
    const octal = (value, digits) => `${value.toString(8).padStart(digits, '0')}\0`;
    head.write(name, 0);
    head.write(octal(0o644, 7), 100);
    head.write(octal(0, 7), 108);
    head.write(octal(0, 7), 116);
    head.write(octal(content.length, 11), 124);
    head.write(octal(0, 11), 136);
    head.write('        0', 148);
    head.write('ustar\x0000', 257);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return Buffer.concat([head, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

export function vaultRoutes({ cameras, film, send, refuse }) {
    const now = Date.now();
    const requests = madeUp(now, cameras);
    const sealed = new Map(); // by number: what is behind a request that is not made up
    const given = new Map(); // by number: holder -> exact bytes of the decision
    const headers = new Map(); // by number: for the export
    let loading = null;
    let shredded = null;
    const site = () => (loading ??= loadSite());

    const vaultOf = ({ json }) => ({
        ...json,
        exists: true,
        tested: true,
        latency: { count: 14, median_s: 840, p90_s: 5100 },
    });

    async function ask(body, who) {
        const wish = JSON.parse(body);
        const number = requests.length + 1;
        const made = Date.now();
        const minutes = [...wish.cameras].sort().flatMap((camera) => {
            const list = [];
            for (let at = Math.floor(wish.from_ms / minute) * minute; at < wish.to_ms; at += minute)
                list.push({
                    camera,
                    startUs: at * 1000,
                    endUs: (at + minute) * 1000,
                    plain: film(camera, at, at + minute),
                });
            return list;
        });
        const { export_to, recipient, purpose, reason, legal_basis, incident, view_s } = wish;
        const same = { export_to, recipient, purpose, reason, legal_basis, incident, view_s };
        const expires = made + wish.expires_s * 1000;
        const log = { seq: 200 + number, line: hash(`line ${number}`) };
        const document = {
            ...same,
            ...{ number, log, who: who.user, cameras: [...wish.cameras].sort() },
            ...{ from_us: wish.from_ms * 1000, to_us: wish.to_ms * 1000 },
            ...{ created_us: made * 1000, expires_us: expires * 1000 },
        };
        const kept = (await site()).seal(minutes, document);
        sealed.set(number, kept);
        given.set(number, new Map());
        requests.push({
            ...same,
            ...{ number, log, id: kept.id, who: who.user, cameras: wish.cameras },
            ...{ from_ms: wish.from_ms, to_ms: wish.to_ms, created_ms: made, expires_ms: expires },
            ...{
                segments: kept.files.length,
                bytes: 2_000_000 * kept.files.length,
                state: 'waiting',
            },
            ...{ opened_ms: null, until_ms: null, escalated: false, decisions: [] },
            ...{ end: null, beside: [], due_ms: null },
            vaults: [
                {
                    id: (await site()).json.id,
                    dealing: '',
                    threshold: needed,
                    holders: names.length,
                },
            ],
        });
        return requests.at(-1);
    }

    async function take(one, bytes) {
        const { index, ...decision } = (await site()).read(sealed.get(one.number), bytes);
        const vault = (await site()).json.id;
        given.get(one.number).set(index, Buffer.from(bytes));
        one.decisions.push({
            vault,
            holder: index,
            ...decision,
            taken_ms: Date.now(),
            log_seq: 300 + one.number,
            bad: false,
        });
        const approved = one.decisions.filter(({ approve }) => approve).length;
        if (approved >= needed) one.state = 'approved';
        else if (one.decisions.length - approved > names.length - needed) one.state = 'refused';
        return one;
    }

    async function open(one) {
        one.state = 'open';
        one.opened_ms = Date.now();
        one.until_ms ??= Date.now() + one.view_s * 1000;
        const keys = (await site()).hourKeys(sealed.get(one.number), shredded);
        return { hour_keys: Buffer.from(keys).toString('base64'), until_ms: one.until_ms };
    }

    function part(request, response, bytes) {
        const [, from, to] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? [];
        if (from === undefined) return send(response, 200, Buffer.from(bytes));
        if (Number(from) >= bytes.length) return refuse(response, 416, 'range', 'Behind its end.');
        return send(response, 206, Buffer.from(bytes.subarray(Number(from), Number(to) + 1)));
    }

    function tar(one) {
        const { files } = sealed.get(one.number);
        const parts = headers.get(one.number).map(({ segment, header, payload_bytes: count }) => {
            const file = files[segment];
            const payload = file.bytes.subarray(file.header.length, file.header.length + count);
            const content = Buffer.concat([Buffer.from(header, 'base64'), payload]);
            return tarred(`${String(segment).padStart(4, '0')}.mp4.age`, content);
        });
        return Buffer.concat([...parts, Buffer.alloc(1024)]);
    }

    async function inside(request, response, one, [what, which], body) {
        const kept = sealed.get(one.number);
        if (what === undefined) return send(response, 200, one);
        if (what === 'withdraw' || what === 'end') {
            one.state = what === 'end' ? 'ended' : 'withdrawn';
            return send(response, 200, one);
        }
        if (!kept) return refuse(response, 404, 'not_found', 'Nothing is sealed of this one.');
        if (what === 'vaults') return send(response, 200, [(await site()).json]);
        if (what === 'document') return send(response, 200, Buffer.from(kept.request));
        if (what === 'vaults') return send(response, 200, [vaultOf(await site())]);
        if (what === 'segments' && which === undefined)
            return send(response, 200, Buffer.from(kept.segments));
        if (what === 'decisions' && request.method === 'POST')
            return send(response, 200, await take(one, Buffer.from(body)));
        if (what === 'decisions')
            return send(response, 200, given.get(one.number).get(Number(which.split('-').pop())));
        if (what === 'bad-partial') {
            one.decisions.find(({ holder }) => holder === JSON.parse(body).holder).bad = true;
            return send(response, 200, one);
        }
        if (what === 'open') {
            if (one.state !== 'approved' && one.state !== 'open')
                return refuse(response, 409, 'not_approved', 'Not enough holders agree.');
            return send(response, 200, await open(one));
        }
        if (what === 'segments') return part(request, response, kept.files[Number(which)].bytes);
        if (what === 'headers') {
            headers.set(one.number, JSON.parse(body));
            return send(response, 204);
        }
        if (what === 'export')
            return send(response, 200, tar(one), {
                'content-type': 'application/x-tar',
                'content-disposition': `attachment; filename="request-${one.number}.tar"`,
            });
        return refuse(response, 404, 'not_found', 'There is no such thing.');
    }

    async function development(response, path) {
        const [, , , what, which] = path.split('/');
        const { shares, lie } = await site();
        if (what === 'shares') return send(response, 200, Buffer.from(shares[Number(which) - 1]));
        const one = requests.find(({ number }) => number === Number(which));
        if (what === 'shred') shredded = which;
        if (what === 'lie') await take(one, lie(sealed.get(one.number), 3, Date.now() * 1000));
        if (what === 'pretend') one.reason = 'Something harmless';
        if (what === 'hurry') one.view_s = 3;
        return send(response, 204);
    }

    // True when it was one of these.
    return async function route(request, response, url, body, who) {
        const path = url.pathname.replace('/api/v1', '');
        if (path === '/vault') send(response, 200, vaultOf(await site()));
        else if (path === '/requests' && request.method === 'POST')
            send(response, 201, await ask(body, who));
        else if (path === '/requests') send(response, 200, requests);
        else if (/^\/requests\/\d+/.test(path)) {
            const [, , number, ...rest] = path.split('/');
            const one = requests.find((each) => each.number === Number(number));
            if (!one) refuse(response, 404, 'not_found', 'There is no such request.');
            else await inside(request, response, one, rest, body);
        } else if (path.startsWith('/dev/vault/')) await development(response, path);
        else return false;
        return true;
    };
}
