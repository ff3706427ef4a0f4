// Never comes back from some URLs.
addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (path === "/loop") for (;;);
  if (path === "/microtasks") {
    const again = () => Promise.resolve().then(again);
    again();
  }
  if (path === "/never") event.respondWith(new Promise(() => {}));
  event.respondWith(new Response("still here"));
});
