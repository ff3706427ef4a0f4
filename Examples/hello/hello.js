// An ordinary service worker script: it answers one host and leaves the rest alone.
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (url.hostname !== "hello.example") return;

  const name = url.pathname.slice(1) || "world";
  event.respondWith(
    new Response(`Hello, ${name}!\n`, { headers: { "Content-Type": "text/plain; charset=utf-8" } }),
  );
});
