// What the development server keeps for a person: as devserver.mjs, for working on the page.

const kept = new Map(); // "user key" -> JSON text

// True when the request was for it, and is answered.
export function wallRoutes(request, path, body, who, response) {
    const key = /^\/api\/v1\/me\/preferences\/([a-z-]{1,32})$/.exec(path)?.[1];
    if (!key) return false;
    const name = `${who.user} ${key}`;
    if (request.method === 'PUT') {
        kept.set(name, JSON.stringify(JSON.parse(body)));
        response.writeHead(204);
        response.end();
    } else {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(kept.get(name) ?? 'null');
    }
    return true;
}
