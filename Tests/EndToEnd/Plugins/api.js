// Says what it sees, for plugins that are mounted on the proxy's own address.
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.pathname === "/leave") return;
  if (url.pathname === "/fail") return event.respondWith(Promise.reject(new Error("on purpose")));
  if (url.pathname === "/redirect") return event.respondWith(Response.redirect("/there?x", 302));
  if (url.pathname === "/elsewhere") return event.respondWith(Response.redirect("http://else.example/"));
  if (url.pathname === "/fetch") return event.respondWith(fetch(event.request));
  event.respondWith((async () => Response.json({
    method: event.request.method,
    url: event.request.url,
    location: String(location),
    origin,
    scope: registration.scope,
    body: await event.request.text(),
    config: self.valor?.config ?? null,
  }))());
});
