// Fetches what was asked for and changes its text.
addEventListener("fetch", (event) => {
  event.respondWith(
    (async () => {
      const response = await fetch(event.request);
      const text = await response.text();
      return new Response(text.toUpperCase(), {
        status: response.status,
        headers: { "Content-Type": "text/plain", "X-Upstream": response.headers.get("X-From") },
      });
    })(),
  );
});
