addEventListener('fetch', (event) => event.respondWith(new Response('never')));
const broken = = 1; // fails here
