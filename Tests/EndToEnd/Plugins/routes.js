// Static routes, and navigation preload where no route says anything.
oninstall = (event) => {
  event.waitUntil(event.addRoutes([
    { condition: { urlPattern: '/network/*' }, source: 'network' },
    { condition: { requestMethod: 'DELETE' }, source: 'network' },
    { condition: { urlPattern: '/race/*' }, source: 'race-network-and-fetch-handler' },
    { condition: { not: { urlPattern: '/event/*' }, }, source: 'network' },
  ]));
};

onactivate = (event) => {
  event.waitUntil((async () => {
    await registration.navigationPreload.enable();
    await registration.navigationPreload.setHeaderValue('v1');
  })());
};

onfetch = (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === '/race/hangs') return event.respondWith(new Promise(() => {}));
  if (pathname === '/race/none') return;
  if (pathname.startsWith('/race/')) return event.respondWith(new Response('script'));
  event.respondWith((async () => {
    const response = await event.preloadResponse;
    return new Response(`preload ${response === undefined ? 'none' : await response.text()}`);
  })());
};
