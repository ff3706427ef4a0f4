// Answers everything in its scope but /leave, which it leaves to the network.
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.pathname === "/leave") return;
  event.respondWith(
    new Response(`hello ${event.request.method} ${url.href}`, {
      status: url.pathname === "/teapot" ? 418 : 200,
      headers: { "Content-Type": "text/plain", "X-Plugin": "hello" },
    }),
  );
});
