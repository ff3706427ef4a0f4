// Pipes: https://streams.spec.whatwg.org/#readable-stream-pipe-to
(function (internal) {
  'use strict';
  const { deferred, markHandled, toDictionary } = internal;
  const { Promise, resolved, then } = internal.primordials;
  const ops = internal.streamOps;

  // The dictionary StreamPipeOptions.
  ops.toPipeOptions = function (value, where) {
    const { preventAbort, preventCancel, preventClose, signal } = toDictionary(value, where);
    if (signal !== undefined && !internal.abort.is(signal)) {
      throw new TypeError(`${where}: 'signal' is not an AbortSignal.`);
    }
    return {
      __proto__: null, preventAbort: !!preventAbort, preventCancel: !!preventCancel,
      preventClose: !!preventClose, signal: signal ?? null,
    };
  };

  const nothing = () => undefined;

  class Pipe {
    source; destination; options; reader; writer;
    isShuttingDown = false;
    // The latest write, which has ended where it is resolved.
    lastWrite = resolved();
    result = deferred();
    onAbort = null;

    constructor(source, destination, options) {
      this.source = source;
      this.destination = destination;
      this.options = options;
      this.reader = ops.acquireReader(source);
      this.writer = ops.acquireWriter(destination);
      source.isDisturbed = true;
    }

    start() {
      const { signal } = this.options;
      if (signal !== null) {
        this.onAbort = () => this.abort(internal.abort.reason(signal));
        if (internal.abort.isAborted(signal)) {
          this.onAbort();
          return;
        }
        internal.abort.addAlgorithm(signal, this.onAbort);
      }
      this.watch();
      this.loop();
    }

    abort(error) {
      const { source, destination } = this;
      const { preventAbort, preventCancel } = this.options;
      this.shutDown(() => both(
        preventAbort || destination.state !== 'writable' ? null
          : () => ops.abortWritable(destination, error),
        preventCancel || source.state !== 'readable' ? null
          : () => ops.cancelReadable(source, error),
      ), { error });
    }

    // What ends the pipe: errors and closes, forward and backward.
    watch() {
      const { source, destination, reader, writer } = this;
      const { preventAbort, preventCancel, preventClose } = this.options;
      whenErrored(source, reader.closed, (error) => {
        this.shutDown(
          preventAbort ? null : () => ops.abortWritable(destination, error), { error });
      });
      whenErrored(destination, writer.closed, (error) => {
        this.shutDown(
          preventCancel ? null : () => ops.cancelReadable(source, error), { error });
      });
      whenClosed(source, reader.closed, () => {
        this.shutDown(
          preventClose ? null : () => ops.closeWriterWithErrors(writer), null);
      });
      if (ops.isClosing(destination) || destination.state === 'closed') {
        const error = new TypeError('The destination is closed.');
        this.shutDown(
          preventCancel ? null : () => ops.cancelReadable(source, error), { error });
      }
    }

    loop() {
      if (this.isShuttingDown) return;
      then(this.writer.ready.promise, () => this.step(), nothing);
    }
    step() {
      if (this.isShuttingDown) return;
      const pipe = this;
      ops.read(this.reader, {
        __proto__: null,
        chunk(chunk) {
          // Not within the source's call of enqueue().
          pipe.lastWrite = then(resolved(), () => {
            const written = then(ops.write(pipe.writer, chunk), undefined, nothing);
            pipe.loop();
            return written;
          });
        },
        close: nothing,
        error: nothing,
      });
    }

    whenWritten(next) {
      const { lastWrite } = this;
      then(lastWrite, () => {
        if (lastWrite === this.lastWrite) next();
        else this.whenWritten(next);
      });
    }

    // `failure` is {error} where the pipe is to be rejected.
    shutDown(action, failure) {
      if (this.isShuttingDown) return;
      this.isShuttingDown = true;
      const next = () => {
        if (action === null) this.finish(failure);
        else {
          then(action(), () => this.finish(failure), (error) => this.finish({ error }));
        }
      };
      const { destination } = this;
      if (destination.state === 'writable' && !ops.isClosing(destination)) this.whenWritten(next);
      else next();
    }

    finish(failure) {
      ops.releaseWriter(this.writer);
      ops.releaseReader(this.reader);
      const { signal } = this.options;
      if (signal !== null && this.onAbort !== null) {
        internal.abort.removeAlgorithm(signal, this.onAbort);
      }
      if (failure === null) this.result.resolve(undefined);
      else this.result.reject(failure.error);
    }
  }
  ops.record(Pipe);

  // Waits for both actions, or for the first that fails.
  function both(first, second) {
    return new Promise((resolve, reject) => {
      let rest = 2;
      const done = () => {
        if (--rest === 0) resolve(undefined);
      };
      then(first === null ? resolved() : first(), done, reject);
      then(second === null ? resolved() : second(), done, reject);
    });
  }

  function whenErrored(stream, closed, action) {
    if (stream.state === 'errored') action(stream.error);
    else then(closed.promise, undefined, action);
  }
  function whenClosed(stream, closed, action) {
    if (stream.state === 'closed') action();
    else then(closed.promise, action, nothing);
  }

  ops.pipeTo = function (source, destination, options) {
    const pipe = new Pipe(source, destination, options);
    pipe.start();
    return pipe.result.promise;
  };
  const plain = {
    __proto__: null, preventAbort: false, preventCancel: false, preventClose: false, signal: null,
  };
  internal.pipeStreams = (readable, writable) =>
    markHandled(ops.pipeTo(ops.readableOf(readable), ops.writableOf(writable), plain));
})
