// Node's http server with the answer of answer.js. Usage: node node-server.js PORT
const http = require("node:http");

const body = "A short answer, as an API gives it: " + "0123456789".repeat(6) + "\n";

const server = http.createServer((request, response) => {
  response.setHeader("Content-Type", "text/plain; charset=utf-8");
  response.setHeader("Content-Length", body.length);
  response.end(body);
});
// A connection that waits for its turn between measurements is not closed.
server.keepAliveTimeout = 0;
server.listen(Number(process.argv[2]), "127.0.0.1");
