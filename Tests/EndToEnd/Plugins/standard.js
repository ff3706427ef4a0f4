// Fetches what the query says, and tells what a script sees of the response. What else it does is
// said by the path.
const describe = async (response) => new Response(JSON.stringify({
  type: response.type,
  status: response.status,
  url: response.url,
  redirected: response.redirected,
  headers: [...response.headers.keys()].filter((name) => name.startsWith("x-")),
  body: await response.text(),
}));

// As pages' images from elsewhere are kept everywhere.
async function keep(target) {
  const cache = await caches.open("kept");
  const kept = await cache.match(target);
  if (kept !== undefined) return kept;
  const response = await fetch(target, { mode: "no-cors" });
  await cache.put(target, response.clone());
  return response;
}

addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.pathname === "/leave") return;
  if (url.pathname === "/pass") return event.respondWith(fetch(event.request));
  if (url.pathname === "/made") {
    return event.respondWith(new Response("made", { headers: { "X-Made": "1" } }));
  }
  if (url.pathname === "/keep") return event.respondWith(keep(url.searchParams.get("url")));
  const options = JSON.parse(url.searchParams.get("options") ?? "{}");
  const response = fetch(url.searchParams.get("url"), options);
  event.respondWith(url.pathname === "/relay"
    ? response
    : response.then(describe).catch((error) => new Response(`${error.name}: ${error.message}`)));
});
