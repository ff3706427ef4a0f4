// The fixture `installs`: asks the network in each event of its life.
let log = 'started';
const step = async (name) => {
  await fetch(`https://network.test/${name}`);
  log += ` ${name}`;
};
addEventListener('install', (event) => event.waitUntil(step('install')));
addEventListener('activate', (event) => event.waitUntil(step('activate')));
addEventListener('fetch', (event) => event.respondWith(new Response(log)));
