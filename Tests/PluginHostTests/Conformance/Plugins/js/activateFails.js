addEventListener('activate', (event) => event.waitUntil(Promise.reject(new Error('no fuel'))));
addEventListener('fetch', (event) => event.respondWith(new Response('activated anyway')));
