// Node's http and https through the proxy, and the same without it: prints what differs and ends
// with 1.
//
//   node node_client.js PROXY URL CA_FILE ROOT_FILE
'use strict';
const http = require('node:http');
const https = require('node:https');
const tls = require('node:tls');
const { readFileSync } = require('node:fs');
const { Readable } = require('node:stream');

const [proxy, url, caFile, rootFile] = process.argv.slice(2);
const target = new URL(url);
const isSecure = target.protocol === 'https:';

function connect() {
  const { hostname, port } = new URL(proxy);
  const authority = `${target.hostname}:${target.port}`;
  return new Promise((resolve, reject) => {
    const request = http.request({ host: hostname, port, method: 'CONNECT', path: authority });
    request.on('error', reject);
    request.on('connect', (response, socket) => {
      if (response.statusCode !== 200) return reject(new Error(`CONNECT: ${response.statusCode}`));
      const secure = tls.connect(
        { socket, servername: target.hostname, ca: readFileSync(caFile) }, () => resolve(secure));
      secure.on('error', reject);
    });
    request.end();
  });
}

// One connection for all exchanges.
async function options(throughProxy) {
  if (!isSecure) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    if (!throughProxy) return { agent, host: target.hostname, port: target.port, prefix: '' };
    const { hostname, port } = new URL(proxy);
    return { agent, host: hostname, port, prefix: url };
  }
  if (!throughProxy) {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(rootFile) });
    return { agent, host: target.hostname, port: target.port, prefix: '', module: https };
  }
  const socket = await connect();
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  agent.createConnection = () => socket;
  return { agent, host: target.hostname, port: target.port, prefix: '' };
}

function exchange({ agent, host, port, prefix, module = http }, method, path, body) {
  return new Promise((resolve, reject) => {
    const request = module.request({
      agent, host, port, method, path: prefix + path, headers: { Host: target.host, 'X-Test': 'a' },
    }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const headers = { ...response.headers };
        for (const own of ['date', 'via', 'connection', 'keep-alive']) delete headers[own];
        const text = Buffer.concat(chunks).toString('latin1');
        resolve([response.statusCode, headers, response.trailers, text]);
      });
    });
    request.on('error', reject);
    if (body instanceof Readable) body.pipe(request);
    else request.end(body);
  });
}

async function exchanges(throughProxy) {
  const where = await options(throughProxy);
  const results = [];
  const go = async (...what) => results.push(await exchange(where, ...what));
  for (let i = 0; i < 20; i++) await go('GET', `/echo?${i}`);
  for (const size of [0, 1, 300000]) await go('POST', '/length', Buffer.alloc(size, 'x'));
  // A stream is sent chunked.
  await go('POST', '/length', Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(5000, 'y'))));
  await go('HEAD', '/echo');
  await go('GET', '/chunked');
  await go('GET', '/status/404');
  await go('DELETE', '/status/204');
  where.agent.destroy();
  return results;
}

(async () => {
  const [through, direct] = [await exchanges(true), await exchanges(false)];
  const different = through.filter((result, i) => JSON.stringify(result) !== JSON.stringify(direct[i]));
  for (const result of different) {
    const i = through.indexOf(result);
    console.log('through the proxy:', JSON.stringify(result).slice(0, 500));
    console.log('without it:', JSON.stringify(direct[i]).slice(0, 500));
  }
  if (different.length > 0) process.exit(1);
  console.log(`${through.length} exchanges agree`);
  process.exit(0);
})().catch((error) => {
  console.log(error.stack);
  process.exit(1);
});
