// A stand-in for scrimd while working on the page: the same API over TLS, on made-up cameras and
// a made-up day. It is a tool for development and for the tests of rare states
// (tests/browser/states.mjs); it is never shipped.
//
//     node devserver.mjs [--port 8543] [--cameras 4] [--web ../../build/web] [--media ../../build/devmedia]
//
// Sign in as demo / demo, ben / ben (a keyholder), or viewer / viewer. POST /dev/camera/ID takes
// {"camera":{…},"veil":{…},"stall":bool,"restart":true,"cut":true}.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { reviewRoutes } from './dev/review.mjs';
import { vaultRoutes } from './dev/vault.mjs';
import { wallRoutes } from './dev/wall.mjs';
import { loadFootage, timescale } from './devmedia.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const options = {
    port: '8543',
    cameras: '4',
    web: join(here, '../../build/web'),
    media: join(here, '../../build/devmedia'),
};
for (let i = 2; i < process.argv.length; i += 2)
    options[process.argv[i].slice(2)] = process.argv[i + 1];

const csp =
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
    "media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const minute = 60_000;
const frameMs = 100;
const started = Date.now();
const footage = loadFootage(options.media);

const places = [
    ['quay-north', 'Quay north', 'Safety at the water’s edge', 'quay'],
    ['gate-2', 'Gate 2', 'Access to the freight yard', 'gate'],
    ['ferry-lawn', 'Ferry lawn', 'Crowding before departures', 'quay'],
    ['ticket-hall', 'Ticket hall', 'Protection of staff and tills', 'gate'],
];
const cameras = Array.from({ length: Number(options.cameras) }, (_, i) => {
    const [id, name, purpose, view] = places[i % places.length];
    const round = Math.floor(i / places.length);
    return {
        view,
        stall: false,
        generation: 0,
        sockets: new Set(),
        json: {
            id: round ? `${id}-${round + 1}` : id,
            name: round ? `${name} ${round + 1}` : name,
            purpose,
            retention_hours: 72,
            audio_reason: null,
            state: 'recording',
            cause: null,
            detail: '',
            since_ms: started - 5 * 3600_000 - i * 777_000,
            codec: i % 4 === 3 ? 'h265' : 'h264',
            width: 1920,
            height: 1080,
            bitrate: 3_900_000 + i * 63_000,
            fps: 25,
            veil: { state: 'live', reason: '', width: 640, height: 480 },
        },
    };
});
const cameraOf = (id) => cameras.find((camera) => camera.json.id === id);

// A day with history: nothing known before 05:10, a network gap, a camera gap, a crash.
function timeline(from, to) {
    const now = Date.now();
    const gaps = [
        {
            from: started - 190 * minute,
            to: started - 171 * minute,
            cause: 'network',
            detail: 'No packets for 10 s; the camera answered again at the third try',
        },
        {
            from: started - 96 * minute,
            to: started - 92 * minute,
            cause: 'camera',
            detail: 'The camera closed the session',
        },
        {
            from: started - 41 * minute,
            to: started - 40 * minute,
            cause: 'crash',
            detail: 'The recorder was restarted',
        },
    ];
    const day = started - 330 * minute;
    const recorded = [];
    let at = day;
    for (const gap of gaps) {
        recorded.push([at, gap.from]);
        at = gap.to;
    }
    recorded.push([at, now]);
    const clip = (spans) =>
        spans.map(([s, e]) => [Math.max(s, from), Math.min(e, now, to)]).filter(([s, e]) => e > s);
    const redacted = recorded.map(([s, e], i) => [i === 1 ? s + 12 * minute : s, e]);
    return {
        from,
        to,
        recorded: clip(recorded),
        redacted: clip(redacted),
        gaps: gaps.filter((gap) => gap.to > from && gap.from < to),
        unknown: clip([[day - 70 * minute, day]]),
    };
}

const stamp = (ms) => new Date(ms).toISOString();
function recordings(camera, from, to) {
    const list = [];
    for (const [s, e] of timeline(from - minute, Infinity).redacted) {
        for (let at = Math.floor(s / minute) * minute; at < e; at += minute) {
            const start = Math.round(Math.max(at, s) / 1000) * 1000,
                end = Math.min(at + minute, e),
                growing = end > Date.now() - 1000;
            if (end <= from || start >= to || start >= end) continue;
            const day = stamp(start).slice(0, 10),
                time = stamp(start).slice(11, 19).replaceAll(':', '');
            list.push({
                start_ms: start,
                end_ms: end,
                bytes: growing ? fileOf(camera, start, end).length : 2_000_000,
                ...(growing ? { growing } : {}),
                first_pts_ms: start - started + 1_000_000_000,
                mime: footage[camera.view].mime,
                url: `/api/v1/cameras/${camera.json.id}/recordings/${day}/${time}.mp4`,
            });
        }
    }
    return list;
}

function recordingFile(camera, day, time) {
    const start = Date.parse(`${day}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`);
    const listed = recordings(camera, start, start + 1).find((file) => file.start_ms === start);
    return listed ? fileOf(camera, start, listed.end_ms) : null;
}

function fileOf(camera, start, end) {
    const view = footage[camera.view];
    const ticks = ((start - started + 1_000_000_000) * timescale) / 1000;
    const parts = [view.init];
    for (let n = 0; n < Math.floor((end - start) / frameMs); n++)
        parts.push(view.fragment(n, Math.round(ticks + (n * timescale) / 10)));
    return Buffer.concat(parts);
}

// The key frame at or before `at`, with its init segment in front.
function still(camera, at) {
    const file = recordings(camera, at, at + 1)[0];
    if (!file) return null;
    const view = footage[camera.view];
    let n = Math.max(0, Math.floor((at - file.start_ms) / frameMs));
    while (n > 0 && !view.frames[n % view.frames.length].key) n--;
    const ticks = ((file.start_ms - started + 1_000_000_000) * timescale) / 1000;
    const fragment = view.fragment(n, Math.round(ticks + (n * timescale) / 10));
    return { at: file.start_ms + n * frameMs, bytes: Buffer.concat([view.init, fragment]) };
}

const sessions = new Map(); // cookie -> who
const csrf = randomBytes(16).toString('hex');

function signedIn(request) {
    const [, cookie] = /__Host-scrim=([0-9a-f]+)/.exec(request.headers.cookie ?? '') ?? [];
    return sessions.get(cookie) ?? null;
}

function send(response, status, body, headers = {}) {
    const json = body !== undefined && !Buffer.isBuffer(body);
    response.writeHead(status, {
        'content-security-policy': csp,
        'cache-control': 'no-store',
        ...(json ? { 'content-type': 'application/json' } : {}),
        ...headers,
    });
    response.end(json ? JSON.stringify(body) : body);
}
const refuse = (response, status, code, text) => send(response, status, { error: { code, text } });

function readBody(request) {
    return new Promise((resolve) => {
        let text = '';
        request.on('data', (chunk) => {
            text += chunk;
        });
        request.on('end', () => resolve(text));
    });
}

const roles = { demo: 'operator', anna: 'keyholder', ben: 'keyholder', viewer: 'viewer' };

function sessionRoute(request, response, body) {
    if (request.method === 'POST') {
        const { user, password } = JSON.parse(body);
        if (!Object.hasOwn(roles, user) || password !== user)
            return refuse(response, 401, 'auth', 'The name or the password is wrong.');
        const cookie = randomBytes(16).toString('hex');
        sessions.set(cookie, { user, role: roles[user], csrf });
        return send(response, 200, sessions.get(cookie), {
            'set-cookie': `__Host-scrim=${cookie}; Path=/; HttpOnly; Secure; SameSite=Strict`,
        });
    }
    const who = signedIn(request);
    if (!who) return refuse(response, 401, 'auth', 'Sign in first.');
    if (request.method === 'DELETE') {
        if (request.headers['x-csrf'] !== csrf)
            return refuse(response, 403, 'csrf', 'The X-CSRF header is missing.');
        for (const [cookie, each] of sessions) if (each === who) sessions.delete(cookie);
        for (const camera of cameras) for (const socket of camera.sockets) socket.destroy();
        return send(response, 204);
    }
    return send(response, 200, who);
}

// What the vault's originals show: the same footage, from the minute's own beginning.
function film(camera, from, to) {
    const view = footage[cameraOf(camera).view];
    const parts = [view.init];
    for (let n = 0; n < (to - from) / frameMs; n++)
        parts.push(view.fragment(n, Math.round((n * timescale) / 10)));
    return Buffer.concat(parts);
}
const vault = vaultRoutes({ cameras, film, send, refuse });
const review = reviewRoutes({ cameras, cameraOf, timeline, still, send, refuse, started });

async function route(request, response) {
    const url = new URL(request.url, 'https://localhost');
    const path = url.pathname;
    const body = await readBody(request);
    if (path === '/api/v1/session') return sessionRoute(request, response, body);
    const who = signedIn(request);
    if (path.startsWith('/api/') && !who) return refuse(response, 401, 'auth', 'Sign in first.');
    if (wallRoutes(request, path, body, who, response)) return undefined;
    if (path === '/api/v1/site')
        return send(response, 200, {
            id: 'harbour',
            name: 'Harbour west',
            version: '0.1.0',
            now_ms: Date.now(),
        });
    if (path === '/api/v1/health') {
        const up = cameras.every((camera) => camera.json.veil.state !== 'down');
        return send(response, 200, {
            recorder: { connected: true },
            veil: [
                { worker: 0, connected: up },
                { worker: 1, connected: true },
            ],
            cameras: cameras.length,
            disk: { free_bytes: 812e9, total_bytes: 2000e9 },
        });
    }
    if (path === '/api/v1/cameras')
        return send(
            response,
            200,
            cameras.map((camera) => camera.json),
        );
    if (path.startsWith('/api/') && who.role !== 'viewer') {
        if (review(request, response, url, body)) return undefined;
    }
    const open =
        (path.startsWith('/api/') && who.role !== 'viewer') || path.startsWith('/dev/vault');
    if (open && (await vault(request, response, url, body, who))) return undefined;
    const part =
        /^\/api\/v1\/cameras\/([a-z0-9-]+)\/(timeline|recordings)(?:\/([\d-]{10})\/(\d{6})\.mp4)?$/.exec(
            path,
        );
    if (part) {
        const camera = cameraOf(part[1]);
        if (!camera) return refuse(response, 404, 'not_found', 'There is no such camera.');
        if (who.role === 'viewer')
            return refuse(response, 403, 'right', 'Your role does not allow this.');
        if (part[3]) {
            const file = recordingFile(camera, part[3], part[4]);
            const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
            return file
                ? send(response, first ? 206 : 200, file.subarray(first), {
                      'content-type': 'video/mp4',
                  })
                : refuse(response, 404, 'not_found', 'There is no such recording.');
        }
        const from = Number(url.searchParams.get('from')),
            to = Number(url.searchParams.get('to'));
        return send(
            response,
            200,
            part[2] === 'timeline' ? timeline(from, to) : recordings(camera, from, to),
        );
    }
    const dev = /^\/dev\/camera\/([a-z0-9-]+)$/.exec(path);
    if (dev) return control(cameraOf(dev[1]), JSON.parse(body), response);
    return staticFile(path, response);
}

const types = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript',
    '.css': 'text/css',
    '.svg': 'image/svg+xml',
    '.webmanifest': 'application/manifest+json',
    '.png': 'image/png',
};
function staticFile(path, response) {
    const file = join(options.web, normalize(path === '/' ? '/index.html' : path));
    if (!file.startsWith(options.web) || !existsSync(file))
        return refuse(response, 404, 'not_found', 'There is no such page.');
    return send(response, 200, readFileSync(file), {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
    });
}

function control(camera, change, response) {
    Object.assign(camera.json, change.camera ?? {});
    if (change.stall !== undefined) camera.stall = change.stall;
    if (change.stall === false) for (const socket of camera.sockets) socket.waitsForKey = true;
    if (change.veil) {
        Object.assign(camera.json.veil, change.veil);
        for (const socket of camera.sockets) text(socket, { type: 'state', ...camera.json.veil });
    }
    if (change.restart) for (const socket of camera.sockets) greet(camera, socket);
    if (change.cut) for (const socket of camera.sockets) socket.destroy();
    send(response, 204);
}

// RFC 6455: unmasked frames from here; of the client's only "close" matters.
function frame(opcode, payload) {
    const size = payload.length;
    const head = Buffer.alloc(size < 126 ? 2 : size < 65536 ? 4 : 10);
    head[0] = 0x80 | opcode;
    head[1] = size < 126 ? size : size < 65536 ? 126 : 127;
    if (head.length === 4) head.writeUInt16BE(size, 2);
    if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
    return Buffer.concat([head, payload]);
}
function text(socket, message) {
    socket.write(frame(1, Buffer.from(JSON.stringify(message))));
}
function greet(camera, socket) {
    const view = footage[camera.view];
    socket.waitsForKey = true;
    text(socket, { type: 'state', ...camera.json.veil });
    text(socket, { type: 'init', mime: view.mime, width: view.width, height: view.height });
    socket.write(frame(2, view.init));
}

let tick = 0;
setInterval(() => {
    const due = Math.floor((Date.now() - started) / frameMs);
    for (; tick <= due; tick++) {
        for (const [i, camera] of cameras.entries()) {
            const n = tick + i * 60;
            const view = footage[camera.view];
            const shown = ['live', 'opaque'].includes(camera.json.veil.state) && !camera.stall;
            if (!shown || camera.sockets.size === 0) continue;
            const data = frame(2, view.fragment(n, Math.round((n * timescale) / 10)));
            for (const socket of camera.sockets) {
                if (socket.waitsForKey && !view.frames[n % view.frames.length].key) continue;
                socket.waitsForKey = false;
                socket.write(data);
                if (n % 10 === 0)
                    text(socket, { type: 'clock', utc_ms: Date.now() - 600, pts_ms: n * frameMs });
            }
        }
    }
}, frameMs / 2);

mkdirSync(options.media, { recursive: true });
const key = join(options.media, 'key.pem'),
    certificate = join(options.media, 'cert.pem');
if (!existsSync(key)) {
    execFileSync(
        'openssl',
        [
            'req',
            '-x509',
            '-newkey',
            'ec',
            '-pkeyopt',
            'ec_paramgen_curve:P-256',
            '-nodes',
            '-days',
            '30',
            '-subj',
            '/CN=localhost',
            '-keyout',
            key,
            '-out',
            certificate,
        ],
        { stdio: 'ignore' },
    );
}
const server = createServer(
    { key: readFileSync(key), cert: readFileSync(certificate) },
    (request, response) => {
        route(request, response).catch((error) => refuse(response, 500, 'internal', String(error)));
    },
);
server.on('upgrade', (request, socket) => {
    const match = /^\/api\/v1\/cameras\/([a-z0-9-]+)\/live(?:\?rendition=(?:full|thin))?$/.exec(
        request.url,
    );
    const camera = match && cameraOf(match[1]);
    if (!signedIn(request) || !camera)
        return socket.end(`HTTP/1.1 ${camera ? 401 : 404} Refused\r\nContent-Length: 0\r\n\r\n`);
    const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64');
    socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.setNoDelay(true);
    camera.sockets.add(socket);
    greet(camera, socket);
    socket.on('data', (data) => {
        if ((data[0] & 0x0f) === 8) socket.end(frame(8, Buffer.alloc(0)));
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => camera.sockets.delete(socket));
});
server.listen(Number(options.port), '127.0.0.1', () =>
    console.log(`https://localhost:${server.address().port}/  demo / demo`),
);
