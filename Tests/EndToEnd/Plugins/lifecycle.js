// Tells which events of its life it gets.
oninstall = (event) => {
  skipWaiting();
  event.waitUntil(
    new Promise((done) => setTimeout(done, 20)).then(() => console.log("everything is installed")),
  );
};
onactivate = (event) => {
  event.waitUntil(clients.claim().then(() => console.log("activated and in control")));
};
onfetch = (event) => {
  console.log("a line from the plugin");
  event.respondWith(Response.json({ answered: true }));
};
