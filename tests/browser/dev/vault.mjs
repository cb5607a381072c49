// Requests for originals on the development server: made up, in every state, to work on the page's
// looks. Nothing is sealed here and nothing opens; the story itself is tested on a real site.
import { createHash } from 'node:crypto';

const minute = 60_000;
const hour = 60 * minute;
const hash = (text) => createHash('sha256').update(text).digest('hex');
const key = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';

const holders = ['anna', 'ben', 'cleo'].map((name, i) => ({
    index: i + 1,
    name,
    line: ['harbour office', 'works council', 'harbour office'][i],
    verify_key: hash(`verify ${name}`),
    sign_key: hash(`sign ${name}`),
}));
const vault = {
    exists: true,
    id: hash('vault').slice(0, 32),
    dealing: 1,
    threshold: 2,
    holders,
    commitments: [hash('a'), hash('b')],
    public_key: hash('a'),
    tested: true,
    latency: { count: 14, median_s: 840, p90_s: 5100 },
};

const decided = (name, approve, at, reason = '') => {
    const { index } = holders.find((each) => each.name === name);
    return { vault: vault.id, holder: index, name, approve, reason, at_ms: at, taken_ms: at };
};

function first(now, cameras) {
    const id = (i) => cameras[i % cameras.length].json.id;
    const base = {
        purpose: 'accident',
        legal_basis: 'Art. 6(1)(f) GDPR, legitimate interest',
        incident: '',
        recipient: key,
        export_to: null,
        view_s: 3600,
        segments: 12,
        threshold: 2,
        state: 'waiting',
        opened_ms: null,
        until_ms: null,
        escalated: false,
        decisions: [],
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
        const created = part.created_ms;
        return {
            ...base,
            number,
            id: hash(`request ${number}`),
            from_ms: now - (i + 1) * 40 * minute,
            to_ms: now - (i + 1) * 40 * minute + 10 * minute,
            expires_ms: created + 24 * hour,
            log: { seq: 100 + 7 * i, line: hash(`line ${number}`) },
            ...part,
        };
    });
}

export function vaultRoutes({ cameras, send, refuse }) {
    const requests = first(Date.now(), cameras);

    function ask(body, who) {
        const wish = JSON.parse(body);
        const { expires_s: seconds, ...rest } = wish;
        const number = requests.length + 1;
        const now = Date.now();
        requests.push({
            ...requests[0],
            ...rest,
            number,
            id: hash(`request ${number}`),
            who: who.user,
            created_ms: now,
            expires_ms: now + seconds * 1000,
            segments: Math.ceil((wish.to_ms - wish.from_ms) / minute) * wish.cameras.length,
            decisions: [],
            log: { seq: 200 + number, line: hash(`line ${number}`) },
        });
        return requests.at(-1);
    }

    // True when it was one of these.
    return function route(request, response, url, body, who) {
        const path = url.pathname.replace('/api/v1', '');
        if (path === '/vault') send(response, 200, vault);
        else if (path === '/requests' && request.method === 'POST')
            send(response, 201, ask(body, who));
        else if (path === '/requests') send(response, 200, requests);
        else if (/^\/requests\/\d+/.test(path)) {
            const [, , number, what] = path.split('/');
            const one = requests.find((each) => each.number === Number(number));
            if (!one) refuse(response, 404, 'not_found', 'There is no such request.');
            else if (what === undefined) send(response, 200, one);
            else if (what === 'withdraw') {
                one.state = 'withdrawn';
                send(response, 200, one);
            } else refuse(response, 404, 'not_found', 'Nothing is sealed on this server.');
        } else return false;
        return true;
    };
}
