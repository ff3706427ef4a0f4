// Says whether a cache can be opened.
addEventListener('fetch', (event) => event.respondWith(
  caches.open('v1').then(() => new Response('opened'), (error) => new Response(`${error.name}: ${error.message}`))));
