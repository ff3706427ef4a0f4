import Testing

@testable import PluginHost

@Suite struct StructuredCloneTests {
  @Test(arguments: [
    ("[1, -0, NaN, 'x', true, null, undefined, 12345678901234567890n]", "array"),
    ("[Object(1), Object('s'), Object(false), Object(3n), new Date(5), new Date(NaN)]", "array"),
    ("[/a.b/giu, new Map([[1, {a: 2}]]), new Set(['x', 'y'])]", "array"),
    ("[new RangeError('no', {cause: 'why'}), new DOMException('m', 'AbortError')]", "array"),
    (
      "[new Uint8Array([1, 2, 3]).subarray(1), new Float64Array(2), new DataView(new ArrayBuffer(3))]",
      "array"
    ),
    ("Object.assign([1, , 3], {extra: 4})", "array"),
    ("{ __proto__: null, a: { b: {} } }", "object"),
  ]) func valuesKeepWhatTheyAre(source: String, kind: String) throws {
    let result = try WorkerHarness.run(
      """
      const show = (v) => {
        if (Object.is(v, -0)) return '-0';
        if (typeof v !== 'object' || v === null) return typeof v + String(v);
        if (v instanceof Error || v instanceof DOMException) {
          return [v.constructor.name, v.name, v.message, v.cause].join();
        }
        if (v instanceof Date) return `date ${+v}`;
        if (v instanceof RegExp) return `${v} ${v.lastIndex}`;
        if (v instanceof Map) return 'map ' + [...v].map(([k, w]) => show(k) + show(w));
        if (v instanceof Set) return 'set ' + [...v].map(show);
        if (ArrayBuffer.isView(v)) {
          return [v.constructor.name, v.byteOffset, v.byteLength, v.buffer.byteLength].join();
        }
        if (v.valueOf && v.valueOf() !== v) return 'boxed ' + show(v.valueOf());
        return Array.isArray(v) + JSON.stringify(Object.keys(v)) + v.length +
          Object.values(v).map(show).join(';');
      };
      const value = \(kind == "object" ? "(\(source))" : source);
      const copy = structuredClone(value);
      return show(copy) === show(value) && copy !== value ? 'same' : show(copy) + ' / ' + show(value);
      """)
    #expect(result == "same")
  }

  @Test func identityAndCyclesAreKept() throws {
    let result = try WorkerHarness.run(
      """
      const shared = { a: 1 };
      const bytes = new Uint8Array(4);
      const value = { one: shared, two: shared, view: new Int8Array(bytes.buffer, 1, 2), bytes };
      value.self = value;
      value.map = new Map([[value, shared]]);
      const copy = structuredClone(value);
      copy.bytes[1] = 7;
      return [copy.one === copy.two, copy.self === copy, copy.map.get(copy) === copy.one,
        copy.view.buffer === copy.bytes.buffer, copy.view[0], copy.one !== shared, bytes[1]].join();
      """)
    #expect(result == "true,true,true,true,7,true,0")
  }

  @Test func blobsAndFilesAreCloned() throws {
    let result = try WorkerHarness.run(
      """
      const file = new File(['a', new Blob(['b'])], 'n', { type: 't/x', lastModified: 7 });
      const { one, two, blob, none } = structuredClone(
        { one: file, two: file, blob: new Blob(['c'], { type: 'u/y' }), none: new Blob([]) });
      return [one === two, one !== file, one instanceof File, await one.text(), one.name, one.type,
        one.lastModified, await blob.text(), blob.type, blob instanceof File, none.size].join();
      """)
    #expect(result == "true,true,true,ab,n,t/x,7,c,u/y,false,0")
  }

  @Test func whatCannotBeClonedIsAnError() throws {
    let result = try WorkerHarness.run(
      """
      const values = [Symbol(), () => {}, { f() {} }, new WeakMap(), Promise.resolve(), globalThis,
        new Response(), new Headers(), new EventTarget(), [new WeakRef({})], (function* () {})()];
      return values.map((value) => thrown(() => structuredClone(value))).join();
      """)
    #expect(result == Array(repeating: "DataCloneError", count: 11).joined(separator: ","))
  }

  @Test func buffersAndPortsAreTransferred() throws {
    let result = try WorkerHarness.run(
      """
      const buffer = new ArrayBuffer(8, { maxByteLength: 16 });
      const { port1, port2 } = new MessageChannel();
      const copy = structuredClone({ buffer, port: port1, again: port1 }, { transfer: [buffer, port1] });
      const message = new Promise((resolve) => { copy.port.onmessage = (e) => resolve(e); });
      port2.postMessage({ x: 1 });
      const e = await message;
      return [buffer.detached, copy.buffer.byteLength, copy.buffer.maxByteLength,
        copy.port === copy.again, e.data.x, e.isTrusted, e.ports.length,
        thrown(() => structuredClone(buffer, { transfer: [buffer] })),
        thrown(() => structuredClone(1, { transfer: [copy.buffer, copy.buffer] })),
        thrown(() => structuredClone(1, { transfer: [{}] })),
        thrown(() => structuredClone(1, { transfer: [port1] }))].join();
      """)
    #expect(
      result
        == "true,8,16,true,1,true,0,DataCloneError,DataCloneError,DataCloneError,DataCloneError")
  }

  @Test func streamsAreTransferred() throws {
    let result = try WorkerHarness.run(
      """
      const pulled = [];
      const source = new ReadableStream({
        start(c) { c.enqueue('a'); },
        pull(c) { pulled.push(1); c.enqueue({ bytes: new Uint8Array([1, 2]) }); c.close(); },
      });
      const { port1, port2 } = new MessageChannel();
      const arrived = new Promise((resolve) => { port2.onmessage = (event) => resolve(event.data); });
      port1.postMessage({ source }, [source]);
      const parts = [source.locked];
      for await (const part of (await arrived).source) {
        parts.push(typeof part === 'string' ? part : part.bytes.join('+'));
      }
      const written = [];
      const sink = new WritableStream({
        write(chunk) { written.push(chunk); },
        close() { written.push('closed'); },
      });
      const moved = structuredClone(sink, { transfer: [sink] });
      const writer = moved.getWriter();
      writer.write('x');
      await writer.write(new Blob(['y']));
      await writer.close();
      while (written.length < 3) await new Promise((resolve) => setTimeout(resolve, 0));
      parts.push(written[0], written[1] instanceof Blob, written[2]);
      const upper = new TransformStream({ transform(text, c) { c.enqueue(text.toUpperCase()); } });
      const other = structuredClone(upper, { transfer: [upper] });
      const chunks = [];
      const reading = (async () => { for await (const chunk of other.readable) chunks.push(chunk); })();
      const into = other.writable.getWriter();
      into.write('shout');
      into.close();
      await reading;
      return [...parts, other instanceof TransformStream, ...chunks].join();
      """)
    #expect(result == "true,a,1+2,x,true,closed,true,SHOUT")
  }

  @Test func errorsGoThroughTransferredStreams() throws {
    let result = try WorkerHarness.run(
      """
      const move = (stream) => structuredClone(stream, { transfer: [stream] });
      const turn = () => new Promise((resolve) => setTimeout(resolve, 0));
      const log = [];
      const failing = move(new ReadableStream({ start(c) { c.error(new RangeError('no')); } }));
      await failing.getReader().read().catch((error) => log.push(error.name));
      let reason;
      const canceled = move(new ReadableStream({ cancel(r) { reason = r; } }));
      await canceled.cancel('enough');
      while (reason === undefined) await turn();
      log.push(reason);
      // What cannot be cloned ends both sides.
      const uncloned = move(new ReadableStream({ start(c) { c.enqueue(() => {}); } }));
      await uncloned.getReader().read().catch((error) => log.push(error.name));
      let aborted;
      const sink = move(new WritableStream({ abort(r) { aborted = r; } }));
      await sink.abort('stop').catch(() => {});
      while (aborted === undefined) await turn();
      log.push(aborted);
      const locked = new ReadableStream();
      locked.getReader();
      log.push(thrown(() => structuredClone(locked, { transfer: [locked] })));
      log.push(thrown(() => structuredClone(new ReadableStream())));
      const transform = new TransformStream();
      transform.writable.getWriter();
      log.push(thrown(() => move(transform)), transform.readable.locked);
      return log.join();
      """)
    #expect(
      result
        == "RangeError,enough,DataCloneError,stop,DataCloneError,DataCloneError,DataCloneError,false"
    )
  }

  @Test func aPluginsChangesToBuiltinsDoNotReachIt() throws {
    let result = try WorkerHarness.run(
      """
      const value = { a: new Map([[1, 2]]) };
      Map.prototype.get = Map.prototype.set = Map.prototype.forEach = () => { throw 1; };
      Object.keys = () => ['x'];
      Object.defineProperty(Object.prototype, 'a', { set() { throw 1; }, configurable: true });
      const copy = structuredClone(value);
      return copy.a.size + Object.getOwnPropertyNames(copy).join();
      """)
    #expect(result == "1a")
  }
}

@Suite struct MessageChannelTests {
  @Test func messagesWaitForStartAndComeInOrderEachInATaskOfItsOwn() throws {
    let result = try WorkerHarness.run(
      """
      const { port1, port2 } = new MessageChannel();
      const seen = [];
      port1.postMessage(1);
      port1.postMessage(2);
      await new Promise((resolve) => {
        port2.addEventListener('message', (e) => {
          seen.push(e.data);
          Promise.resolve().then(() => seen.push('microtask'));
          if (e.data === 3) setTimeout(resolve);
        });
        port2.start();
        port1.postMessage(3);
        seen.push('started');
      });
      return seen.join();
      """)
    #expect(result == "started,1,microtask,2,microtask,3,microtask")
  }

  @Test func aPortMovesWithItsQueue() throws {
    let result = try WorkerHarness.run(
      """
      const outer = new MessageChannel(), inner = new MessageChannel();
      inner.port1.postMessage('early');
      outer.port1.postMessage(inner.port2, [inner.port2]);
      const port = await new Promise((resolve) => { outer.port2.onmessage = (e) => resolve(e.ports[0]); });
      const early = await new Promise((resolve) => { port.onmessage = (e) => resolve(e.data); });
      return [early, port instanceof MessagePort, port !== inner.port2,
        thrown(() => outer.port1.postMessage(1, [outer.port1]))].join();
      """)
    #expect(result == "early,true,true,DataCloneError")
  }

  @Test func theOtherSideHearsOfTheEnd() throws {
    let result = try WorkerHarness.run(
      """
      const { port1, port2 } = new MessageChannel();
      const closed = new Promise((resolve) => { port2.onclose = (e) => resolve(e.type); });
      port1.close();
      port1.postMessage('lost');
      return closed;
      """)
    #expect(result == "close")
  }
}

@Suite struct PerformanceTimelineTests {
  @Test func marksAndMeasures() throws {
    let result = try WorkerHarness.run(
      """
      performance.mark('a', { startTime: 3, detail: { x: 1 } });
      performance.mark('b', { startTime: 1 });
      const m = performance.measure('m', 'b', 'a');
      const n = performance.measure('n', { start: 'a', duration: 5 });
      return [m.startTime, m.duration, n.startTime, n.duration,
        performance.getEntries().map((e) => e.name).join(''),
        performance.getEntriesByName('a')[0].detail.x, performance.getEntriesByType('mark').length,
        thrown(() => performance.measure('o', 'missing')),
        thrown(() => performance.mark('p', { startTime: -1 })),
        (performance.clearMarks('a'), performance.getEntriesByType('mark').length)].join();
      """)
    #expect(result == "1,2,3,5,bman,1,2,SyntaxError,TypeError,1")
  }

  @Test func observersHearInATask() throws {
    let result = try WorkerHarness.run(
      """
      performance.mark('before');
      const seen = await new Promise((resolve) => {
        new PerformanceObserver(function (list, observer, options) {
          resolve([list.getEntries().map((e) => e.name), this === observer,
            options.droppedEntriesCount]);
        }).observe({ type: 'mark', buffered: true });
        performance.mark('after');
      });
      return seen.join() + PerformanceObserver.supportedEntryTypes;
      """)
    #expect(result == "before,after,true,0mark,measure")
  }
}

@Suite struct WebAssemblyStreamingTests {
  @Test func theResponseHasToSayThatItIsWebAssembly() throws {
    let result = try WorkerHarness.run(
      """
      const bytes = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
      const response = (type, status = 200) => new Response(bytes, { status, headers: { 'Content-Type': type } });
      const module = await WebAssembly.compileStreaming(response('application/wasm'));
      const { instance } = await WebAssembly.instantiateStreaming(
        Promise.resolve(response('Application/WASM')), {});
      return [module instanceof WebAssembly.Module, instance instanceof WebAssembly.Instance,
        await rejected(WebAssembly.compileStreaming(response('application/wasm;charset=x'))),
        await rejected(WebAssembly.compileStreaming(response('text/plain'))),
        await rejected(WebAssembly.compileStreaming(response('application/wasm', 404))),
        await rejected(WebAssembly.compileStreaming({}))].join();
      """)
    #expect(result == "true,true,TypeError,TypeError,TypeError,TypeError")
  }
}
