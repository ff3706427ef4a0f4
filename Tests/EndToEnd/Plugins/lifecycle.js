// Tells which events of its life it has seen before the first request.
const seen = [];
oninstall = (event) => {
  skipWaiting();
  event.waitUntil(new Promise((done) => setTimeout(done, 20)).then(() => seen.push("install")));
};
onactivate = (event) => event.waitUntil(clients.claim().then(() => seen.push("activate")));
onfetch = (event) => {
  console.log("a line from the plugin");
  event.respondWith(Response.json(seen));
};
