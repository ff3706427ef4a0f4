// Answers after a tenth of a second.
addEventListener("fetch", (event) => {
  event.respondWith(
    new Promise((done) => setTimeout(() => done(new Response(`slow ${event.request.url}`)), 100)),
  );
});
