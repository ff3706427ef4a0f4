// Deno.serve with the answer of answer.js. Usage: deno run --allow-net deno-server.js PORT
const body = "A short answer, as an API gives it: " + "0123456789".repeat(6) + "\n";

Deno.serve(
  { hostname: "127.0.0.1", port: Number(Deno.args[0]), onListen() {} },
  () => new Response(body, { headers: { "Content-Type": "text/plain; charset=utf-8" } }),
);
