// Answers every request in its scope with a short text. node-server.js and deno-server.js say
// the same.
const body = "A short answer, as an API gives it: " + "0123456789".repeat(6) + "\n";

addEventListener("fetch", (event) => {
  event.respondWith(
    new Response(body, { headers: { "Content-Type": "text/plain; charset=utf-8" } }),
  );
});
