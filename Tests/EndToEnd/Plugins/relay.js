// Passes the network's answer on untouched.
addEventListener("fetch", (event) => event.respondWith(fetch(event.request)));
