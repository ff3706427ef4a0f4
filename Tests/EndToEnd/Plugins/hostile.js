// Does, by the request's path, what a plugin must not be able to harm anybody with.
const kept = [];

// A module whose function "run" is a loop without an end.
const loopModule = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 7, 1, 3, 114, 117, 110, 0, 0, 10, 9,
  1, 7, 0, 3, 64, 12, 0, 11, 11,
]);

function fill(bytes) {
  for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
  kept.push(bytes);
}

const misdeeds = {
  // What does not come back.
  loop() { for (;;); },
  microtasks() {
    const again = () => Promise.resolve().then(again);
    again();
  },
  async asyncLoop() { for (;;) await null; },
  wasm() { new WebAssembly.Instance(new WebAssembly.Module(loopModule)).exports.run(); },
  // The engine gives up on patterns with nested repetitions after a while, but not on this one.
  regex() { /a*a*a*a*a*a*a*b/.test("a".repeat(20_000)); },
  wait() {
    // As long as it may: nobody wakes it.
    if (typeof SharedArrayBuffer === "undefined") for (;;);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  sort() { [1, 2, 3].sort(() => { for (;;); }); },
  getter() { return JSON.stringify({ get a() { for (;;); } }); },

  // What takes all memory.
  buffers() { for (;;) fill(new Uint8Array(16 << 20)); },
  strings() {
    for (let number = 0; ; number++) kept.push(("x" + number).repeat(1 << 20).toUpperCase());
  },
  memory() {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
    kept.push(memory);
    for (;;) {
      const from = memory.buffer.byteLength;
      memory.grow(256);
      const bytes = new Uint8Array(memory.buffer);
      for (let at = from; at < bytes.length; at += 4096) bytes[at] = 1;
    }
  },
  objects() { for (;;) kept.push({ a: [1, 2, 3], b: { c: 1.5 } }); },
  streams() {
    for (;;) {
      const stream = new ReadableStream({ pull(controller) { controller.enqueue(kept); } });
      kept.push(stream, stream.tee());
    }
  },
  blobs() { for (let number = 0; ; number++) kept.push(new Blob(["b".repeat(100000), `${number}`])); },
  async growing() {
    for (;;) {
      fill(new Uint8Array(4 << 20));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  },

  // What would keep the proxy busy.
  console() { for (;;) console.log("so much to say"); },
  consoleLater() {
    const more = () => {
      for (let i = 0; i < 1000; i++) console.log("so much to say");
      setTimeout(more, 0);
    };
    more();
  },
  longLines() {
    const line = "long ".repeat(2_000_000);
    const more = () => {
      console.error(line);
      setTimeout(more, 0);
    };
    more();
  },
  fetches() {
    const more = () => {
      for (let i = 0; i < 500; i++) fetch(`http://flood.invalid/${i}`).catch(() => {});
      setTimeout(more, 0);
    };
    more();
  },
  aborts() {
    const more = () => {
      for (let i = 0; i < 500; i++) {
        const controller = new AbortController();
        fetch("http://flood.invalid/", { signal: controller.signal }).catch(() => {});
        controller.abort();
      }
      setTimeout(more, 0);
    };
    more();
  },
  timers() {
    const more = () => {
      setTimeout(more, 0);
      setTimeout(more, 0);
    };
    more();
  },
  messages() {
    const more = () => {
      for (let i = 0; i < 500; i++) clients.matchAll().catch(() => {});
      setTimeout(more, 0);
    };
    more();
  },
};

addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname.slice(1);
  const [name, isAfterwards] = path.split("/");
  const misdeed = misdeeds[name];
  if (!misdeed) return event.respondWith(new Response("still here"));
  if (isAfterwards) {
    event.respondWith(new Response("done"));
    setTimeout(misdeed, 10);
    return;
  }
  // Nothing is ever answered but by the end of the worker.
  event.respondWith(new Promise(() => {}));
  misdeed();
});
