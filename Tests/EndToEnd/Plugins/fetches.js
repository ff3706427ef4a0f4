// Fetches the URL that the query names, and says what came of it.
addEventListener("fetch", (event) => {
  const url = decodeURIComponent(new URL(event.request.url).search.slice(1));
  event.respondWith(
    fetch(url, { mode: "no-cors" }).then(
      async (response) => new Response(`${response.status} ${await response.text()}`),
      (error) => new Response(`${error.name}: ${error.message}`),
    ),
  );
});
