// The controller of a readable stream of any values, and how a source sets a stream up:
// https://streams.spec.whatwg.org/#rs-default-controller-class
(function (internal) {
  'use strict';
  const { token, toDictionary } = internal;
  const { then } = internal.primordials;
  const ops = internal.streamOps;
  const { Queue, promiseOf } = ops;

  class Controller {
    object = null;
    isByte = false;
    stream;
    queue = new Queue();
    highWaterMark = 1;
    // How large a chunk is; `undefined`: each counts as one.
    size = undefined;
    pull = undefined;
    cancel = undefined;
    isStarted = false;
    isPulling = false;
    pullsAgain = false;
    closeRequested = false;
    constructor(stream) { this.stream = stream; }

    get desiredSize() {
      const { state } = this.stream;
      if (state === 'errored') return null;
      return state === 'closed' ? 0 : this.highWaterMark - this.queue.totalSize;
    }
    get canEnqueue() { return !this.closeRequested && this.stream.state === 'readable'; }
    get shouldPull() {
      if (!this.isStarted || !this.canEnqueue) return false;
      const { reader } = this.stream;
      if (reader !== null && reader.requests.length > 0) return true;
      return this.highWaterMark - this.queue.totalSize > 0;
    }
    clearAlgorithms() { this.pull = this.cancel = this.size = undefined; }

    cancelSteps(reason) {
      this.queue.clear();
      const result = promiseOf(this.cancel, reason);
      this.clearAlgorithms();
      return result;
    }
    pullSteps(request) {
      if (this.queue.length === 0) {
        this.stream.reader.requests.push(request);
        pullIfNeeded(this);
        return;
      }
      const chunk = this.queue.shift();
      if (this.closeRequested && this.queue.length === 0) {
        this.clearAlgorithms();
        ops.closeReadable(this.stream);
      } else pullIfNeeded(this);
      request.chunk(chunk);
    }
    releaseSteps() {}

    close() {
      if (!this.canEnqueue) return;
      this.closeRequested = true;
      if (this.queue.length > 0) return;
      this.clearAlgorithms();
      ops.closeReadable(this.stream);
    }
    enqueue(chunk) {
      if (!this.canEnqueue) return;
      if (ops.pendingReads(this.stream, false) > 0) {
        this.stream.reader.requests.shift().chunk(chunk);
      } else {
        try {
          const size = this.size === undefined ? 1 : (0, this.size)(chunk);
          this.queue.push(chunk, ops.checkSize(size));
        } catch (error) {
          this.error(error);
          throw error;
        }
      }
      pullIfNeeded(this);
    }
    error(error) {
      if (this.stream.state !== 'readable') return;
      this.queue.clear();
      this.clearAlgorithms();
      ops.errorReadable(this.stream, error);
    }
  }
  ops.record(Controller);

  // https://streams.spec.whatwg.org/#readable-stream-default-controller-call-pull-if-needed, for
  // both kinds of controllers.
  function pullIfNeeded(controller) {
    if (!controller.shouldPull) return;
    if (controller.isPulling) {
      controller.pullsAgain = true;
      return;
    }
    controller.isPulling = true;
    then(promiseOf(controller.pull, controller), () => {
      controller.isPulling = false;
      if (controller.pullsAgain) {
        controller.pullsAgain = false;
        pullIfNeeded(controller);
      }
    }, (error) => controller.error(error));
  }
  ops.pullIfNeeded = pullIfNeeded;

  // Starts a controller of either kind.
  ops.startController = function (controller, start) {
    const started = start === undefined ? undefined : start(controller);
    then(ops.startedPromise(started), () => {
      controller.isStarted = true;
      pullIfNeeded(controller);
    }, (error) => controller.error(error));
  };

  // https://streams.spec.whatwg.org/#set-up-readable-stream-default-controller; the algorithms are
  // given the controller's record.
  ops.setUpDefault = function (stream, { start, pull, cancel }, highWaterMark, size) {
    const controller = stream.controller = new Controller(stream);
    controller.highWaterMark = highWaterMark;
    controller.size = size;
    controller.pull = pull;
    controller.cancel = cancel;
    ops.startController(controller, start);
    return controller;
  };

  // https://streams.spec.whatwg.org/#rs-constructor
  ops.setUpFromSource = function (stream, source, strategy) {
    const { autoAllocateChunkSize, cancel, pull, start, type } = toDictionary(source, 'ReadableStream');
    const chunkSize = autoAllocateChunkSize === undefined ? undefined
      : internal.toEnforcedInteger(
        autoAllocateChunkSize, 0, 9007199254740991, 'autoAllocateChunkSize');
    const withObject = (algorithm) =>
      (algorithm === undefined ? undefined : (controller) => algorithm(objectOf(controller)));
    const algorithms = {
      __proto__: null,
      cancel: ops.toAlgorithm(ops.toCallback(cancel, 'cancel'), source, 1),
      pull: withObject(ops.toAlgorithm(ops.toCallback(pull, 'pull'), source, 1)),
      start: withObject(ops.toStart(ops.toCallback(start, 'start'), source)),
    };
    if (type === undefined) {
      const mark = ops.highWaterMark(strategy, 1);
      ops.setUpDefault(stream, algorithms, mark, ops.sizeAlgorithm(strategy));
      return;
    }
    internal.toEnum(type, ['bytes'], 'ReadableStream');
    if (strategy.size !== undefined) {
      throw new RangeError('ReadableStream: a byte stream has no size function.');
    }
    const mark = ops.highWaterMark(strategy, 0);
    if (chunkSize === 0) throw new TypeError('ReadableStream: autoAllocateChunkSize is 0.');
    ops.setUpBytes(stream, algorithms, mark, chunkSize);
  };

  // What a script sees of a controller.
  function objectOf(controller) {
    if (controller.object === null) {
      controller.object = controller.isByte
        ? ops.byteControllerObject(controller)
        : new ReadableStreamDefaultController(token, controller);
    }
    return controller.object;
  }

  class ReadableStreamDefaultController {
    #record;
    constructor(key = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      this.#record = arguments[1];
    }
    get desiredSize() { return this.#record.desiredSize; }
    close() {
      if (!this.#record.canEnqueue) throw new TypeError('The stream cannot be closed.');
      this.#record.close();
    }
    enqueue(chunk = undefined) {
      if (!this.#record.canEnqueue) throw new TypeError('The stream takes no further chunks.');
      this.#record.enqueue(chunk);
    }
    error(error = undefined) { this.#record.error(error); }
  }
  internal.defineInterface('ReadableStreamDefaultController', ReadableStreamDefaultController);
})
