// The installed desk, started while its server is out of reach: it says so instead of the browser's
// error page, and comes back by itself. Nothing else goes through here: no answer of the API and no
// picture is ever kept.
const cacheName = 'scrim-offline-1';
const kept = ['/offline.html', '/offline.css', '/offline.js', '/mark.svg'];

self.addEventListener('install', (event) => {
    event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(kept)));
    self.skipWaiting();
});

self.addEventListener('activate', (event) => {
    event.waitUntil(
        caches
            .keys()
            .then((names) =>
                Promise.all(
                    names.filter((name) => name !== cacheName).map((name) => caches.delete(name)),
                ),
            ),
    );
});

self.addEventListener('fetch', (event) => {
    const { pathname } = new URL(event.request.url);
    if (event.request.mode === 'navigate' && pathname === '/')
        event.respondWith(fetch(event.request).catch(() => caches.match('/offline.html')));
    else if (kept.includes(pathname))
        event.respondWith(
            fetch(event.request).catch(() => caches.match(pathname, { ignoreSearch: true })),
        );
});
