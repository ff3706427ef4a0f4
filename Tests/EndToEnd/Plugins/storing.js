// Begins to store a body that has no end, and says what is stored.
addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  event.respondWith((async () => {
    const cache = await caches.open('v1');
    if (pathname !== '/store') return new Response(`${await cache.match('/endless')}`);
    event.waitUntil(cache.put('/endless', await fetch('/endless')));
    return new Response('begun');
  })());
});
