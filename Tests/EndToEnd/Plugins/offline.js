// Precaches in `install` and answers from the cache alone.
const precache = async () => {
  if (await caches.has('v1')) return;
  const cache = await caches.open('v1');
  await cache.addAll(['large', 'page']);
};
addEventListener('install', (event) => event.waitUntil(precache()));
addEventListener('fetch', (event) => {
  if (event.request.url.endsWith('/direct')) return;
  event.respondWith(caches.match(event.request).then(
    (response) => response ?? new Response('not cached', { status: 404 })));
});
