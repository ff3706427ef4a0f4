// What scripts see of byte streams: the controller, its BYOB request and the BYOB reader.
// https://streams.spec.whatwg.org/#rbs-controller-class
(function (internal) {
  'use strict';
  const { token, requireArguments, toDictionary } = internal;
  const { rejected } = internal.primordials;
  const ops = internal.streamOps;
  const MAXIMUM = 9007199254740991;

  // A request's record.
  class Request {
    object = null;
    controller;
    view;
    constructor(controller, view) {
      this.controller = controller;
      this.view = view;
    }
  }
  ops.record(Request);

  // https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollergetbyobrequest
  ops.byobRequest = function (controller) {
    if (controller.request === null && controller.pullIntos.length > 0) {
      const first = controller.pullIntos.peek();
      const view = ops.newBytes(
        first.buffer, first.byteOffset + first.bytesFilled, first.byteLength - first.bytesFilled);
      controller.request = new Request(controller, view);
    }
    return controller.request;
  };

  class ReadableByteStreamController {
    #record;
    constructor(key = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      this.#record = arguments[1];
    }
    get byobRequest() {
      const request = ops.byobRequest(this.#record);
      if (request === null) return null;
      return (request.object ??= new ReadableStreamBYOBRequest(token, request));
    }
    get desiredSize() { return this.#record.desiredSize; }
    close() {
      if (!this.#record.canEnqueue) throw new TypeError('The stream cannot be closed.');
      this.#record.close();
    }
    enqueue(chunk) {
      const controller = this.#record;
      requireArguments(arguments.length, 1, 'ReadableByteStreamController.enqueue');
      const { buffer, byteOffset, byteLength } =
        ops.toView(chunk, 'ReadableByteStreamController.enqueue');
      if (byteLength === 0) throw new TypeError('The chunk has no bytes.');
      if (!controller.canEnqueue) throw new TypeError('The stream takes no further chunks.');
      controller.enqueueBuffer(buffer, byteOffset, byteLength);
    }
    error(error = undefined) { this.#record.error(error); }
  }
  ops.byteControllerObject = (record) => new ReadableByteStreamController(token, record);

  class ReadableStreamBYOBRequest {
    #record;
    constructor(key = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      this.#record = arguments[1];
    }
    get view() { return this.#record.view; }
    respond(bytesWritten) {
      const request = this.#record;
      requireArguments(arguments.length, 1, 'ReadableStreamBYOBRequest.respond');
      const count = internal.toEnforcedInteger(
        bytesWritten, 0, MAXIMUM, 'ReadableStreamBYOBRequest.respond');
      checkUsable(request);
      request.controller.respond(count);
    }
    respondWithNewView(view) {
      const request = this.#record;
      requireArguments(arguments.length, 1, 'ReadableStreamBYOBRequest.respondWithNewView');
      const converted = ops.toView(view, 'ReadableStreamBYOBRequest.respondWithNewView');
      if (request.controller === null) throw new TypeError('The request has been answered.');
      if (ops.isDetached(converted.buffer)) throw new TypeError('The buffer is detached.');
      request.controller.respondWithNewView(converted);
    }
  }

  function checkUsable(request) {
    if (request.controller === null) throw new TypeError('The request has been answered.');
    if (ops.isDetached(internal.primordials.viewBuffer(request.view))) {
      throw new TypeError('The buffer of the request is detached.');
    }
  }

  // https://streams.spec.whatwg.org/#readable-stream-byob-reader-read
  ops.readInto = function (reader, view, minimum, request) {
    const { stream } = reader;
    stream.isDisturbed = true;
    if (stream.state === 'errored') request.error(stream.error);
    else stream.controller.pullInto(view, minimum, request);
  };

  function checkView({ buffer, byteLength, elementSize }, minimum) {
    if (byteLength === 0) throw new TypeError('The view has no bytes.');
    if (ops.isDetached(buffer)) throw new TypeError('The buffer of the view is detached.');
    if (minimum === 0) throw new TypeError("'min' is 0.");
    if (minimum > byteLength / elementSize) throw new RangeError("'min' is more than the view has.");
  }

  class ReadableStreamBYOBReader {
    #record;
    constructor(stream) {
      requireArguments(arguments.length, 1, 'ReadableStreamBYOBReader');
      if (!internal.isReadableStream(stream)) {
        throw new TypeError('ReadableStreamBYOBReader: not a ReadableStream.');
      }
      this.#record = ops.acquireReader(ops.readableOf(stream), true);
    }
    get closed() {
      try {
        return ops.readerClosed(this.#record);
      } catch (error) {
        return rejected(error);
      }
    }
    cancel(reason = undefined) {
      try {
        return ops.readerCancel(this.#record, reason);
      } catch (error) {
        return rejected(error);
      }
    }
    read(view, options = {}) {
      try {
        const reader = this.#record;
        requireArguments(arguments.length, 1, 'ReadableStreamBYOBReader.read');
        const converted = ops.toView(view, 'ReadableStreamBYOBReader.read');
        const { min } = toDictionary(options, 'ReadableStreamBYOBReader.read');
        const minimum = min === undefined ? 1
          : internal.toEnforcedInteger(min, 0, MAXIMUM, 'ReadableStreamBYOBReader.read');
        checkView(converted, minimum);
        if (reader.stream === null) throw new TypeError('The reader has been released.');
        return ops.promisedRead((request) => ops.readInto(reader, converted, minimum, request));
      } catch (error) {
        return rejected(error);
      }
    }
    releaseLock() {
      if (this.#record.stream !== null) ops.releaseReader(this.#record);
    }
  }

  internal.defineInterface('ReadableStreamBYOBReader', ReadableStreamBYOBReader);
  internal.defineInterface('ReadableByteStreamController', ReadableByteStreamController);
  internal.defineInterface('ReadableStreamBYOBRequest', ReadableStreamBYOBRequest);
  internal.ReadableStreamBYOBReader = ReadableStreamBYOBReader;
})
