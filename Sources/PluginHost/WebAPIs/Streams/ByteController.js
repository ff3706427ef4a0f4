// The controller of a readable byte stream: https://streams.spec.whatwg.org/#rbs-controller-class
(function (internal) {
  'use strict';
  const ops = internal.streamOps;
  const { Queue, bufferLength, isDetached, newBytes, newView, promiseOf, transferBuffer } = ops;

  // A piece of memory in the queue.
  class Entry {
    buffer; byteOffset; byteLength;
    constructor(buffer, byteOffset, byteLength) {
      this.buffer = buffer;
      this.byteOffset = byteOffset;
      this.byteLength = byteLength;
    }
  }

  // Memory of a reader that waits for bytes ("pull-into descriptor").
  class PullInto {
    buffer; bufferByteLength; byteOffset; byteLength; minimumFill; elementSize; type; readerType;
    bytesFilled = 0;
    constructor(buffer, byteOffset, byteLength, minimumFill, elementSize, type, readerType) {
      this.buffer = buffer;
      this.bufferByteLength = bufferLength(buffer);
      this.byteOffset = byteOffset;
      this.byteLength = byteLength;
      this.minimumFill = minimumFill;
      this.elementSize = elementSize;
      this.type = type;
      this.readerType = readerType;
    }
    // https://streams.spec.whatwg.org/#readable-byte-stream-controller-convert-pull-into-descriptor
    view() {
      return newView(
        this.type, transferBuffer(this.buffer), this.byteOffset, this.bytesFilled / this.elementSize);
    }
  }

  class ByteController {
    object = null;
    isByte = true;
    stream;
    queue = new Queue();
    highWaterMark = 0;
    pull = undefined;
    cancel = undefined;
    isStarted = false;
    isPulling = false;
    pullsAgain = false;
    closeRequested = false;
    autoAllocateChunkSize = undefined;
    pullIntos = new Queue();
    // The record of the request that a script has of the first pull-into.
    request = null;
    constructor(stream) { this.stream = stream; }

    get desiredSize() {
      const { state } = this.stream;
      if (state === 'errored') return null;
      return state === 'closed' ? 0 : this.highWaterMark - this.queue.totalSize;
    }
    get canEnqueue() { return !this.closeRequested && this.stream.state === 'readable'; }
    get shouldPull() {
      if (!this.canEnqueue || !this.isStarted) return false;
      const { reader } = this.stream;
      if (reader !== null && reader.requests.length > 0) return true;
      return this.highWaterMark - this.queue.totalSize > 0;
    }
    clearAlgorithms() { this.pull = this.cancel = undefined; }
    clearPullIntos() {
      this.invalidateRequest();
      this.pullIntos.clear();
    }
    invalidateRequest() {
      if (this.request === null) return;
      this.request.controller = null;
      this.request.view = null;
      this.request = null;
    }

    cancelSteps(reason) {
      this.clearPullIntos();
      this.queue.clear();
      const result = promiseOf(this.cancel, reason);
      this.clearAlgorithms();
      return result;
    }
    pullSteps(request) {
      if (this.queue.totalSize > 0) {
        fillRead(this, request);
        return;
      }
      const size = this.autoAllocateChunkSize;
      if (size !== undefined) {
        let buffer;
        try {
          buffer = ops.newBuffer(size);
        } catch (error) {
          request.error(error);
          return;
        }
        this.pullIntos.push(new PullInto(buffer, 0, size, 1, 1, internal.primordials.Uint8Array, 'default'));
      }
      this.stream.reader.requests.push(request);
      ops.pullIfNeeded(this);
    }
    releaseSteps() {
      if (this.pullIntos.length === 0) return;
      const first = this.pullIntos.peek();
      first.readerType = 'none';
      this.pullIntos.clear();
      this.pullIntos.push(first);
    }

    // https://streams.spec.whatwg.org/#readable-byte-stream-controller-close
    close() {
      if (!this.canEnqueue) return;
      if (this.queue.totalSize > 0) {
        this.closeRequested = true;
        return;
      }
      if (this.pullIntos.length > 0) {
        const first = this.pullIntos.peek();
        if (first.bytesFilled % first.elementSize !== 0) {
          const error = new TypeError('The stream ends within an element of the view to be filled.');
          this.error(error);
          throw error;
        }
      }
      this.clearAlgorithms();
      ops.closeReadable(this.stream);
    }

    error(error) {
      if (this.stream.state !== 'readable') return;
      this.clearPullIntos();
      this.queue.clear();
      this.clearAlgorithms();
      ops.errorReadable(this.stream, error);
    }

    // Takes a view that is no other's, such as one that a native function has made.
    enqueue(view) {
      const { buffer, byteOffset, byteLength } = ops.toView(view, 'enqueue');
      this.enqueueBuffer(buffer, byteOffset, byteLength, false);
    }

    // https://streams.spec.whatwg.org/#readable-byte-stream-controller-enqueue
    enqueueBuffer(buffer, byteOffset, byteLength, moves = true) {
      if (!this.canEnqueue) return;
      const { stream } = this;
      if (isDetached(buffer)) throw new TypeError('The buffer of the chunk is detached.');
      const owned = moves ? transferBuffer(buffer) : buffer;
      if (this.pullIntos.length > 0) {
        const first = this.pullIntos.peek();
        if (isDetached(first.buffer)) {
          throw new TypeError("The buffer of the BYOB request is detached.");
        }
        this.invalidateRequest();
        first.buffer = transferBuffer(first.buffer);
        if (first.readerType === 'none') enqueueDetached(this, first);
      }
      const { reader } = stream;
      if (reader !== null && !reader.isBYOB) {
        const { requests } = reader;
        while (requests.length > 0 && this.queue.totalSize > 0) fillRead(this, requests.shift());
        if (requests.length === 0) push(this, owned, byteOffset, byteLength);
        else {
          if (this.pullIntos.length > 0) this.pullIntos.shift();
          requests.shift().chunk(newBytes(owned, byteOffset, byteLength));
        }
      } else {
        push(this, owned, byteOffset, byteLength);
        if (reader !== null) commitAll(this, fillFromQueue(this));
      }
      ops.pullIfNeeded(this);
    }

    // https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond
    respond(bytesWritten) {
      const first = this.pullIntos.peek();
      if (this.stream.state === 'closed') {
        if (bytesWritten !== 0) throw new TypeError('The stream is closed.');
      } else {
        if (bytesWritten === 0) throw new TypeError('No bytes were written.');
        if (first.bytesFilled + bytesWritten > first.byteLength) {
          throw new RangeError('More bytes were written than there is room for.');
        }
      }
      first.buffer = transferBuffer(first.buffer);
      respond(this, bytesWritten);
    }

    // https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-with-new-view
    respondWithNewView({ buffer, byteOffset, byteLength }) {
      const first = this.pullIntos.peek();
      if (this.stream.state === 'closed') {
        if (byteLength !== 0) throw new TypeError('The stream is closed.');
      } else if (byteLength === 0) throw new TypeError('No bytes were written.');
      if (first.byteOffset + first.bytesFilled !== byteOffset) {
        throw new RangeError('The view begins at another place than that of the request.');
      }
      if (first.bufferByteLength !== bufferLength(buffer)) {
        throw new RangeError('The buffer has another size than that of the request.');
      }
      if (first.bytesFilled + byteLength > first.byteLength) {
        throw new RangeError('More bytes were written than there is room for.');
      }
      first.buffer = transferBuffer(buffer);
      respond(this, byteLength);
    }

    // https://streams.spec.whatwg.org/#readable-byte-stream-controller-pull-into
    pullInto(view, minimum, request) {
      const { stream } = this;
      const { type, elementSize, byteOffset, byteLength } = view;
      let buffer;
      try {
        buffer = transferBuffer(view.buffer);
      } catch (error) {
        request.error(error);
        return;
      }
      const into = new PullInto(
        buffer, byteOffset, byteLength, minimum * elementSize, elementSize, type, 'byob');
      if (this.pullIntos.length > 0) {
        this.pullIntos.push(into);
        stream.reader.requests.push(request);
        return;
      }
      if (stream.state === 'closed') {
        request.close(newView(type, buffer, byteOffset, 0));
        return;
      }
      if (this.queue.totalSize > 0) {
        if (fill(this, into)) {
          const filled = into.view();
          handleDrain(this);
          request.chunk(filled);
          return;
        }
        if (this.closeRequested) {
          const error = new TypeError('The stream ends within what was to be read.');
          this.error(error);
          request.error(error);
          return;
        }
      }
      this.pullIntos.push(into);
      stream.reader.requests.push(request);
      ops.pullIfNeeded(this);
    }
  }
  ops.record(Entry, PullInto, ByteController);

  function push(controller, buffer, byteOffset, byteLength) {
    controller.queue.push(new Entry(buffer, byteOffset, byteLength), byteLength);
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamcontrollerenqueueclonedchunktoqueue
  function pushCopy(controller, buffer, byteOffset, byteLength) {
    let copy;
    try {
      copy = ops.sliceBuffer(buffer, byteOffset, byteOffset + byteLength);
    } catch (error) {
      controller.error(error);
      throw error;
    }
    push(controller, copy, 0, byteLength);
  }

  // What a reader that has gone had filled of its memory becomes part of the queue.
  function enqueueDetached(controller, into) {
    if (into.bytesFilled > 0) pushCopy(controller, into.buffer, into.byteOffset, into.bytesFilled);
    controller.pullIntos.shift();
  }

  // https://streams.spec.whatwg.org/#readable-byte-stream-controller-fill-pull-into-descriptor-from-queue
  function fill(controller, into) {
    const { queue } = controller;
    const room = into.byteLength - into.bytesFilled;
    let rest = queue.totalSize < room ? queue.totalSize : room;
    const filled = into.bytesFilled + rest;
    const aligned = filled - filled % into.elementSize;
    const isReady = aligned >= into.minimumFill;
    if (isReady) rest = aligned - into.bytesFilled;
    while (rest > 0) {
      const head = queue.peek();
      const count = rest < head.byteLength ? rest : head.byteLength;
      ops.copyBytes(
        into.buffer, into.byteOffset + into.bytesFilled, head.buffer, head.byteOffset, count);
      if (head.byteLength === count) queue.shift();
      else {
        head.byteOffset += count;
        head.byteLength -= count;
        queue.first.size -= count;
        queue.totalSize -= count;
      }
      into.bytesFilled += count;
      rest -= count;
    }
    return isReady;
  }

  function fillRead(controller, request) {
    const { buffer, byteOffset, byteLength } = controller.queue.shift();
    handleDrain(controller);
    request.chunk(newBytes(buffer, byteOffset, byteLength));
  }

  function handleDrain(controller) {
    if (controller.queue.totalSize === 0 && controller.closeRequested) {
      controller.clearAlgorithms();
      ops.closeReadable(controller.stream);
    } else ops.pullIfNeeded(controller);
  }

  // The pull-intos that the queue could fill, taken out.
  function fillFromQueue(controller) {
    const filled = new Queue();
    while (controller.pullIntos.length > 0 && controller.queue.totalSize > 0) {
      if (!fill(controller, controller.pullIntos.peek())) break;
      filled.push(controller.pullIntos.shift());
    }
    return filled;
  }

  function commitAll(controller, filled) {
    while (filled.length > 0) commit(controller.stream, filled.shift());
  }

  // https://streams.spec.whatwg.org/#readable-byte-stream-controller-commit-pull-into-descriptor
  function commit(stream, into) {
    const isDone = stream.state === 'closed';
    const view = into.view();
    const request = stream.reader.requests.shift();
    if (!isDone) request.chunk(view);
    else if (into.readerType === 'default') request.close();
    else request.close(view);
  }

  // https://streams.spec.whatwg.org/#readable-byte-stream-controller-respond-internal
  function respond(controller, bytesWritten) {
    const first = controller.pullIntos.peek();
    controller.invalidateRequest();
    if (controller.stream.state === 'closed') respondWhenClosed(controller, first);
    else respondWhenReadable(controller, bytesWritten, first);
    ops.pullIfNeeded(controller);
  }

  function respondWhenClosed(controller, first) {
    if (first.readerType === 'none') controller.pullIntos.shift();
    const filled = new Queue();
    while (filled.length < ops.pendingReads(controller.stream, true)) {
      filled.push(controller.pullIntos.shift());
    }
    commitAll(controller, filled);
  }

  function respondWhenReadable(controller, bytesWritten, into) {
    into.bytesFilled += bytesWritten;
    if (into.readerType === 'none') {
      enqueueDetached(controller, into);
      commitAll(controller, fillFromQueue(controller));
      return;
    }
    if (into.bytesFilled < into.minimumFill) return;
    controller.pullIntos.shift();
    const rest = into.bytesFilled % into.elementSize;
    if (rest > 0) {
      const end = into.byteOffset + into.bytesFilled;
      pushCopy(controller, into.buffer, end - rest, rest);
    }
    into.bytesFilled -= rest;
    const filled = fillFromQueue(controller);
    commit(controller.stream, into);
    commitAll(controller, filled);
  }

  // https://streams.spec.whatwg.org/#set-up-readable-byte-stream-controller
  ops.setUpBytes = function (stream, { start, pull, cancel }, highWaterMark, chunkSize) {
    const controller = stream.controller = new ByteController(stream);
    controller.highWaterMark = highWaterMark;
    controller.autoAllocateChunkSize = chunkSize;
    controller.pull = pull;
    controller.cancel = cancel;
    ops.startController(controller, start);
    return controller;
  };
})
