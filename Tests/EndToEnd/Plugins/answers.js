// Answers with a validator and says which condition it has seen; or leaves the request, or fails.
onfetch = (event) => {
  const { pathname } = new URL(event.request.url);
  if (pathname === '/leave') return;
  if (pathname === '/error') return event.respondWith(Response.error());
  const seen = event.request.headers.get('if-none-match') ?? 'nothing';
  event.respondWith(
    new Response(`${event.request.method} saw ${seen}`, { headers: { ETag: '"v1"', 'X-Own': 'yes' } }));
};
