addEventListener('install', (event) => event.waitUntil(Promise.reject(new Error('no room'))));
addEventListener('fetch', (event) => event.respondWith(new Response('never')));
