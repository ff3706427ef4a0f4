// Says how long the request's body was, and its first and last character.
addEventListener("fetch", (event) => {
  event.respondWith(
    event.request.text().then((text) => new Response(`${text.length} ${text.at(0)}${text.at(-1)}`)),
  );
});
