addEventListener('fetch', (event) => event.respondWith(new Response('never')));

const settings = undefined;
settings.colour = 'blue'; // fails here
