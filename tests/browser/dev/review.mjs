// The past of the development server's cameras: a timeline of all of them, events, stills and
// exports. As devserver.mjs, a tool for working on the page; it is never shipped.
import { createHash } from 'node:crypto';

const day = 86_400_000;
const causes = ['network', 'camera', 'overload', 'crash', 'operator', 'disk', 'clock'];

// A small generator with a seed, so that a camera's month is the same in every answer.
function random(seed) {
    let state = seed >>> 0;
    return () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
    };
}

// A month before the day that devserver.mjs makes up, with about six gaps a day.
function month(index, until) {
    const next = random(7919 * (index + 1));
    const gaps = [];
    for (let at = until - 30 * day; ; ) {
        at += (0.4 + next()) * (day / 6);
        const length = next() < 0.7 ? 2000 + next() * 60_000 : next() * 40 * 60_000;
        if (at + length >= until) return { from: until - 30 * day, gaps };
        gaps.push({ from: at, to: at + length, cause: causes[Math.floor(next() * 7)], detail: '' });
    }
}

function between(gaps, from, to) {
    const spans = [];
    let at = from;
    for (const gap of gaps) {
        spans.push([at, gap.from]);
        at = gap.to;
    }
    return [...spans, [at, to]];
}

const cut = (spans, from, to) =>
    spans.map(([a, b]) => [Math.max(a, from), Math.min(b, to)]).filter(([a, b]) => b > a);

// As src/index/overview.c: what lies closer than a step is joined.
function join(spans, step) {
    const result = [];
    for (const [a, b] of spans) {
        const last = result.at(-1);
        if (last && a - last[1] < step) last[1] = b;
        else result.push([a, b]);
    }
    return result;
}

export function reviewRoutes({ cameras, cameraOf, timeline, still, send, refuse, started }) {
    const begun = started - 330 * 60_000;
    const months = cameras.map((_, i) => month(i, begun - 70 * 60_000));
    const films = [];

    function lane(camera, from, to, width) {
        const { from: first, gaps: old } = months[cameras.indexOf(camera)];
        const recent = timeline(from, to);
        const step = (to - from) / width;
        const gaps = [...old.filter((gap) => gap.to > from && gap.from < to), ...recent.gaps];
        const kept = cut(between(old, first, begun - 70 * 60_000), from, to);
        return {
            id: camera.json.id,
            recorded: join([...kept, ...recent.recorded], step).map((span) => span.map(Math.round)),
            redacted: join([...kept, ...recent.redacted], step).map((span) => span.map(Math.round)),
            only_redacted: [],
            not_kept: [],
            unknown: recent.unknown,
            gaps: gaps.map((gap) => [Math.round(gap.from), Math.round(gap.to), gap.cause]),
        };
    }

    function events(from, to, wanted) {
        const list = [];
        for (const [i, camera] of cameras.entries()) {
            if (wanted && !wanted.includes(camera.json.id)) continue;
            const { id } = camera.json;
            for (const gap of [...months[i].gaps, ...timeline(from, to).gaps]) {
                if (gap.cause !== 'camera' && gap.cause !== 'network') continue;
                list.push({
                    at: Math.round(gap.from),
                    camera: id,
                    kind: 'lost',
                    words: gap.detail,
                });
                list.push({ at: Math.round(gap.to), camera: id, kind: 'returned', words: '' });
            }
            const opaque = begun + 200 * 60_000 + i * 60_000;
            list.push({ at: opaque, camera: id, kind: 'opaque', words: 'The scene changed' });
            if (i === 0)
                list.push({
                    at: begun + 90 * 60_000,
                    camera: id,
                    kind: 'opening',
                    words: 'Case 14',
                });
        }
        return list.filter(({ at }) => at >= from && at < to).sort((a, b) => a.at - b.at);
    }

    function makeFilm(body) {
        const wish = JSON.parse(body);
        const file = still(cameraOf(wish.camera), wish.from)?.bytes ?? Buffer.alloc(0);
        const id = String(films.length + 1);
        const sha256 = createHash('sha256').update(file).digest('hex');
        const url = `/api/v1/exports/${id}/film`;
        films.push({
            id,
            ...wish,
            who: 'demo',
            at: Date.now(),
            bytes: file.length,
            sha256,
            url,
            file,
        });
        return films.at(-1);
    }
    const told = ({ file: _, ...film }) => film;

    // True when it was one of these.
    return function route(request, response, url, body) {
        const { pathname: path, searchParams: query } = url;
        const from = Number(query.get('from')),
            to = Number(query.get('to'));
        if (path === '/api/v1/timeline') {
            const width = Number(query.get('width') ?? 1024);
            const list = cameras.map((camera) => lane(camera, from, to, width));
            send(response, 200, { from, to, cameras: list });
        } else if (path === '/api/v1/events') {
            const wanted = query.get('cameras')?.split(',');
            const [after, before] = [query.get('after'), query.get('before')].map(Number);
            const list = after
                ? events(after + 1, Infinity, wanted).slice(0, 1)
                : before
                  ? events(0, before, wanted).slice(-1)
                  : events(from, to, wanted);
            send(response, 200, list);
        } else if (path === '/api/v1/exports' && request.method === 'POST') {
            send(response, 201, told(makeFilm(body)));
        } else if (path === '/api/v1/exports') {
            send(response, 200, films.map(told));
        } else if (/^\/api\/v1\/exports\/\d+$/.test(path)) {
            send(response, 200, told(films[Number(path.split('/')[4]) - 1]));
        } else if (/^\/api\/v1\/exports\/\d+\/film$/.test(path)) {
            const film = films[Number(path.split('/')[4]) - 1];
            if (film) send(response, 200, film.file, { 'content-type': 'video/mp4' });
            else refuse(response, 404, 'not_found', 'There is no such film.');
        } else if (/^\/api\/v1\/cameras\/[a-z0-9-]+\/still$/.test(path)) {
            const camera = cameraOf(path.split('/')[4]);
            const found = camera && still(camera, Number(query.get('at')));
            if (!found) refuse(response, 404, 'not_found', 'There is no picture of that time.');
            else
                send(response, 200, found.bytes, {
                    'content-type': 'video/mp4',
                    'scrim-at': String(found.at),
                });
        } else return false;
        return true;
    };
}
