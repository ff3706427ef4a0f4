// Fails in the ways that a plugin can.
addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  if (path === "/reject") event.respondWith(Promise.reject(new Error("on purpose")));
  if (path === "/wrong") event.respondWith("this is no response");
  if (path === "/throw") throw new TypeError("thrown on purpose");
  if (path === "/fine") event.respondWith(new Response("fine"));
});
