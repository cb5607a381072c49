// latest.mjs: fetches the newest redacted film of each camera. Node.js 18 and later, nothing else.
//
//     SCRIM_URL=https://127.0.0.1:8443 SCRIM_TOKEN_FILE=token \
//     NODE_EXTRA_CA_CERTS=/srv/scrim/state/keys/tls.crt node latest.mjs [DIRECTORY]
//
// An administrator makes the token at the desk, with the rights "session" and "past".
// NODE_EXTRA_CA_CERTS is the certificate to trust: the site's own.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const hourMs = 3600 * 1000;
const desk = process.env.SCRIM_URL.replace(/\/$/, '');
const token = readFileSync(process.env.SCRIM_TOKEN_FILE, 'utf8').trim();
const directory = process.argv[2] ?? '.';

async function get(path) {
    const answer = await fetch(desk + path, { headers: { Authorization: `Bearer ${token}` } });
    if (answer.ok) return answer;
    const { error } = await answer.json();
    throw new Error(`${path}: ${error.text}`);
}
const json = async (path) => (await get(`/api/v1${path}`)).json();

const { now_ms: now } = await json('/site'); // the site's clock, not ours
for (const camera of await json('/cameras')) {
    const films = await json(`/cameras/${camera.id}/recordings?from=${now - hourMs}&to=${now}`);
    const film = films.at(-1);
    if (!film) {
        console.log(`${camera.name}: no film of the last hour`);
        continue;
    }
    const path = join(directory, `${camera.id}.mp4`);
    writeFileSync(path, Buffer.from(await (await get(film.url)).arrayBuffer()));
    console.log(`${camera.name}: ${path}, from ${new Date(film.start_ms).toISOString()}`);
}
