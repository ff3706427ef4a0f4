addEventListener('install', (event) => event.waitUntil(self.skipWaiting()));
addEventListener('fetch', (event) => event.respondWith(new Response('skipped')));
