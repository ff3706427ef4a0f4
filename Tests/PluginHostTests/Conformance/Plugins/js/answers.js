// The fixture `answers`: what it does is said by the path.
const network = (path, options) => fetch(`https://network.test${path}`, options);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const encoder = new TextEncoder();

const streamed = (chunks) => new ReadableStream({
  async pull(controller) {
    await pause(1);
    const chunk = chunks.shift();
    if (chunk === undefined) controller.close();
    else controller.enqueue(encoder.encode(chunk));
  },
});

const paths = {
  '/request': ({ request }) =>
    new Response(`${request.method} ${request.url} ${request.headers.get('X-Twice')}`),
  '/empty': () => new Response(null),
  '/short': () => new Response('short'),
  '/streamed': () => new Response(streamed(['one,', 'two,', 'three'])),
  '/big': () => new Response(new Uint8Array(5_000_000).fill(0x62)),
  '/fields': () => new Response('', {
    headers: [['X-Twice', 'a'], ['X-Between', 'm'], ['X-Twice', 'b']],
  }),
  '/echo': async ({ request }) => new Response(await request.bytes()),
  '/piped': ({ request }) => new Response(request.body),
  '/ignored': () => new Response('ignored'),
  '/fetch': async () => {
    try {
      const response = await network('/data', { headers: { 'X-Mine': 'yes' } });
      return new Response(`${response.status} ${await response.text()}`);
    } catch {
      return new Response('no network');
    }
  },
  '/fetch-claimed': async ({ request }) => {
    const response = await fetch(new URL('/short', request.url));
    return new Response(`network: ${await response.text()}`);
  },
  '/relay': ({ request }) => fetch(request),
  '/reject': () => Promise.reject(new Error('on purpose')),
  '/endless': () => new Response(new ReadableStream({
    async pull(controller) {
      await pause(1);
      controller.enqueue(encoder.encode('more '));
    },
    cancel: () => network('/cancelled'),
  })),
  '/half': () => new Response(new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode('half')),
    pull: () => new Promise(() => {}),
  })),
  '/loop': () => { for (;;); },
  '/memory': async () => {
    for (const kept = []; ; kept.push(new Uint8Array(8 << 20).fill(1))) await pause(0);
  },
  '/memory-loop': () => {
    for (const kept = []; ; kept.push(new Uint8Array(8 << 20).fill(1)));
  },
  '/environment': () =>
    new Response(`${valor.config.colour}\n${registration.scope}\n${location.href}`),
};

addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === '/through') return;
  if (pathname === '/reads-and-leaves') return void event.request.text();
  if (pathname === '/error') throw new TypeError('thrown on purpose'); // fails here
  if (pathname.startsWith('/status/')) {
    return event.respondWith(new Response(null, { status: Number(pathname.slice(8)) }));
  }
  event.respondWith((async () => (paths[pathname] ?? (() => new Response('plain')))(event))());
});
