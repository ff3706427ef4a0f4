// WritableStream and its writer: https://streams.spec.whatwg.org/#ws
(function (internal) {
  'use strict';
  const { deferred, isObject, requireArguments, token } = internal;
  const { rejected, resolved, then } = internal.primordials;
  const ops = internal.streamOps;
  const { Queue, pendingLazily, rejectedLazily, resolvedLazily } = ops;

  // A stream's record. Requests are what deferred() gives.
  class Writable {
    object = null;
    state = 'writable';
    error = undefined;
    writer = null;
    controller = null;
    hasBackpressure = false;
    writeRequests = new Queue();
    inFlightWrite = null;
    closeRequest = null;
    inFlightClose = null;
    // {result, reason, wasErroring}
    pendingAbort = null;
  }
  ops.record(Writable);

  class WritableStream {
    #record;

    constructor(underlyingSink = undefined, strategy = {}) {
      if (underlyingSink === token) {
        this.#record = arguments[1];
        return;
      }
      const sink = ops.toSource(underlyingSink, 'WritableStream');
      const converted = ops.toStrategy(strategy, 'WritableStream');
      this.#record = new Writable();
      this.#record.object = this;
      ops.setUpFromSink(this.#record, sink, converted);
    }

    get locked() { return this.#record.writer !== null; }

    abort(reason = undefined) {
      try {
        if (this.#record.writer !== null) throw new TypeError('The stream is locked.');
        return abort(this.#record, reason);
      } catch (error) {
        return rejected(error);
      }
    }

    close() {
      try {
        const stream = this.#record;
        if (stream.writer !== null) throw new TypeError('The stream is locked.');
        if (isClosing(stream)) throw new TypeError('The stream is closing.');
        return close(stream);
      } catch (error) {
        return rejected(error);
      }
    }

    getWriter() { return new WritableStreamDefaultWriter(this.#record.object); }

    static {
      internal.isWritableStream = (value) => isObject(value) && #record in value;
      ops.writableOf = (stream) => stream.#record;
    }
  }

  // A stream that a controller is still to be given.
  ops.newWritable = function () {
    const stream = new Writable();
    stream.object = new WritableStream(token, stream);
    return stream;
  };

  // MARK: Streams

  const isClosing = (stream) => stream.closeRequest !== null || stream.inFlightClose !== null;
  ops.isClosing = isClosing;

  // https://streams.spec.whatwg.org/#writable-stream-abort
  function abort(stream, reason) {
    if (stream.state === 'closed' || stream.state === 'errored') return resolved();
    stream.controller.signalAbort(reason);
    // Listeners of the signal may have done anything.
    if (stream.state === 'closed' || stream.state === 'errored') return resolved();
    if (stream.pendingAbort !== null) return stream.pendingAbort.result.promise;
    const wasErroring = stream.state === 'erroring';
    const result = deferred();
    stream.pendingAbort = { result, reason: wasErroring ? undefined : reason, wasErroring };
    if (!wasErroring) startErroring(stream, reason);
    return result.promise;
  }
  ops.abortWritable = abort;

  // https://streams.spec.whatwg.org/#writable-stream-close
  function close(stream) {
    if (stream.state === 'closed' || stream.state === 'errored') {
      return rejected(new TypeError('The stream is closed or has failed.'));
    }
    const result = stream.closeRequest = deferred();
    if (stream.writer !== null && stream.hasBackpressure && stream.state === 'writable') {
      stream.writer.ready.resolve();
    }
    stream.controller.close();
    return result.promise;
  }
  ops.closeWritable = close;

  // https://streams.spec.whatwg.org/#writable-stream-deal-with-rejection
  ops.dealWithRejection = function (stream, error) {
    if (stream.state === 'writable') startErroring(stream, error);
    else finishErroring(stream);
  };

  // https://streams.spec.whatwg.org/#writable-stream-start-erroring
  function startErroring(stream, reason) {
    stream.state = 'erroring';
    stream.error = reason;
    if (stream.writer !== null) rejectReady(stream.writer, reason);
    if (stream.inFlightWrite === null && stream.inFlightClose === null &&
      stream.controller.isStarted) finishErroring(stream);
  }
  ops.startErroring = startErroring;

  // https://streams.spec.whatwg.org/#writable-stream-finish-erroring
  function finishErroring(stream) {
    stream.state = 'errored';
    stream.controller.errorSteps();
    const { error, writeRequests } = stream;
    while (writeRequests.length > 0) writeRequests.shift().reject(error);
    const { pendingAbort } = stream;
    if (pendingAbort === null) {
      rejectCloseAndClosed(stream);
      return;
    }
    stream.pendingAbort = null;
    if (pendingAbort.wasErroring) {
      pendingAbort.result.reject(error);
      rejectCloseAndClosed(stream);
      return;
    }
    then(stream.controller.abortSteps(pendingAbort.reason), () => {
      pendingAbort.result.resolve(undefined);
      rejectCloseAndClosed(stream);
    }, (failure) => {
      pendingAbort.result.reject(failure);
      rejectCloseAndClosed(stream);
    });
  }
  ops.finishErroring = finishErroring;

  function rejectCloseAndClosed(stream) {
    if (stream.closeRequest !== null) {
      stream.closeRequest.reject(stream.error);
      stream.closeRequest = null;
    }
    if (stream.writer !== null) rejectClosed(stream.writer, stream.error);
  }

  // https://streams.spec.whatwg.org/#writable-stream-finish-in-flight-close
  ops.finishClose = function (stream) {
    stream.inFlightClose.resolve(undefined);
    stream.inFlightClose = null;
    if (stream.state === 'erroring') {
      stream.error = undefined;
      if (stream.pendingAbort !== null) {
        stream.pendingAbort.result.resolve(undefined);
        stream.pendingAbort = null;
      }
    }
    stream.state = 'closed';
    if (stream.writer !== null) stream.writer.closed.resolve();
  };
  ops.finishCloseWithError = function (stream, error) {
    stream.inFlightClose.reject(error);
    stream.inFlightClose = null;
    if (stream.pendingAbort !== null) {
      stream.pendingAbort.result.reject(error);
      stream.pendingAbort = null;
    }
    ops.dealWithRejection(stream, error);
  };

  // https://streams.spec.whatwg.org/#writable-stream-update-backpressure
  ops.updateBackpressure = function (stream, hasBackpressure) {
    if (stream.writer !== null && hasBackpressure !== stream.hasBackpressure) {
      if (hasBackpressure) stream.writer.ready = pendingLazily();
      else stream.writer.ready.resolve();
    }
    stream.hasBackpressure = hasBackpressure;
  };

  // MARK: Writers

  class Writer {
    stream;
    closed;
    ready;
    constructor(stream) { this.stream = stream; }
    get desiredSize() {
      const { stream } = this;
      if (stream.state === 'errored' || stream.state === 'erroring') return null;
      return stream.state === 'closed' ? 0 : stream.controller.desiredSize;
    }
  }
  ops.record(Writer);

  // https://streams.spec.whatwg.org/#set-up-writable-stream-default-writer
  ops.acquireWriter = function (stream) {
    if (stream.writer !== null) throw new TypeError('The stream is locked.');
    const writer = stream.writer = new Writer(stream);
    const { state, error } = stream;
    if (state === 'writable') {
      writer.ready = !isClosing(stream) && stream.hasBackpressure
        ? pendingLazily() : resolvedLazily();
    } else if (state === 'closed') writer.ready = resolvedLazily();
    else writer.ready = rejectedLazily(error);
    if (state === 'closed') writer.closed = resolvedLazily();
    else if (state === 'errored') writer.closed = rejectedLazily(error);
    else writer.closed = pendingLazily();
    return writer;
  };

  function rejectReady(writer, error) {
    if (writer.ready.isPending) writer.ready.reject(error);
    else writer.ready = rejectedLazily(error);
  }
  function rejectClosed(writer, error) {
    if (writer.closed.isPending) writer.closed.reject(error);
    else writer.closed = rejectedLazily(error);
  }

  // https://streams.spec.whatwg.org/#writable-stream-default-writer-release
  ops.releaseWriter = function (writer) {
    const released = new TypeError('The writer has been released.');
    rejectReady(writer, released);
    rejectClosed(writer, released);
    writer.stream.writer = null;
    writer.stream = null;
  };

  // https://streams.spec.whatwg.org/#writable-stream-default-writer-close-with-error-propagation
  ops.closeWriterWithErrors = function ({ stream }) {
    if (isClosing(stream) || stream.state === 'closed') return resolved();
    return stream.state === 'errored' ? rejected(stream.error) : close(stream);
  };

  // https://streams.spec.whatwg.org/#writable-stream-default-writer-write
  ops.write = function (writer, chunk) {
    const { stream } = writer;
    const { controller } = stream;
    const size = controller.chunkSize(chunk);
    if (stream !== writer.stream) return rejected(new TypeError('The writer has been released.'));
    if (stream.state === 'errored') return rejected(stream.error);
    if (isClosing(stream) || stream.state === 'closed') {
      return rejected(new TypeError('The stream is closing or closed.'));
    }
    if (stream.state === 'erroring') return rejected(stream.error);
    const result = deferred();
    stream.writeRequests.push(result);
    controller.write(chunk, size);
    return result.promise;
  };

  const streamOf = (writer) => {
    if (writer.stream === null) throw new TypeError('The writer has been released.');
    return writer.stream;
  };

  class WritableStreamDefaultWriter {
    #record;
    constructor(stream) {
      requireArguments(arguments.length, 1, 'WritableStreamDefaultWriter');
      if (!internal.isWritableStream(stream)) {
        throw new TypeError('WritableStreamDefaultWriter: not a WritableStream.');
      }
      this.#record = ops.acquireWriter(ops.writableOf(stream));
    }
    get closed() {
      try {
        return this.#record.closed.promise;
      } catch (error) {
        return rejected(error);
      }
    }
    get desiredSize() {
      streamOf(this.#record);
      return this.#record.desiredSize;
    }
    get ready() {
      try {
        return this.#record.ready.promise;
      } catch (error) {
        return rejected(error);
      }
    }
    abort(reason = undefined) {
      try {
        return abort(streamOf(this.#record), reason);
      } catch (error) {
        return rejected(error);
      }
    }
    close() {
      try {
        const stream = streamOf(this.#record);
        if (isClosing(stream)) throw new TypeError('The stream is closing.');
        return close(stream);
      } catch (error) {
        return rejected(error);
      }
    }
    releaseLock() {
      if (this.#record.stream !== null) ops.releaseWriter(this.#record);
    }
    write(chunk = undefined) {
      try {
        streamOf(this.#record);
        return ops.write(this.#record, chunk);
      } catch (error) {
        return rejected(error);
      }
    }
  }

  internal.defineInterface('WritableStream', WritableStream);
  internal.defineInterface('WritableStreamDefaultWriter', WritableStreamDefaultWriter);
})
