// One stream as two: https://streams.spec.whatwg.org/#abstract-opdef-readablestreamtee
(function (internal) {
  'use strict';
  const { deferred } = internal;
  const { isView, resolved, then } = internal.primordials;
  const ops = internal.streamOps;

  // What the two branches share.
  class Tee {
    stream;
    reader = null;
    branches = [null, null];
    isCanceled = [false, false];
    reasons = [undefined, undefined];
    isReading = false;
    readsAgain = [false, false];
    done = deferred();
    constructor(stream) { this.stream = stream; }

    get isAlive() { return !this.isCanceled[0] || !this.isCanceled[1]; }
    controller(index) { return this.branches[index].controller; }
    finish() { if (this.isAlive) this.done.resolve(undefined); }
    errorBoth(error) {
      this.controller(0).error(error);
      this.controller(1).error(error);
    }
    // A chunk could not be copied.
    fail(error) {
      this.errorBoth(error);
      this.done.resolve(ops.cancelReadable(this.stream, error));
    }
    cancel(index, reason) {
      this.isCanceled[index] = true;
      this.reasons[index] = reason;
      if (!this.isAlive) this.done.resolve(ops.cancelReadable(this.stream, this.reasons));
      return this.done.promise;
    }
    // Errors of the stream reach the branches while this is the reader.
    watch() {
      const { reader } = this;
      then(reader.closed.promise, undefined, (error) => {
        if (reader !== this.reader) return;
        this.errorBoth(error);
        this.finish();
      });
    }
  }
  ops.record(Tee);

  // https://streams.spec.whatwg.org/#abstract-opdef-readablestreamdefaulttee
  function teeDefault(stream, clones) {
    const tee = new Tee(stream);
    tee.reader = ops.acquireReader(stream);
    let readsAgain = false;
    const pull = () => {
      if (tee.isReading) {
        readsAgain = true;
        return;
      }
      tee.isReading = true;
      ops.read(tee.reader, {
        __proto__: null,
        chunk(first) {
          then(resolved(), () => {
            readsAgain = false;
            let second = first;
            if (clones && !tee.isCanceled[1]) {
              try {
                second = clone(first);
              } catch (error) {
                tee.fail(error);
                return;
              }
            }
            if (!tee.isCanceled[0]) tee.controller(0).enqueue(first);
            if (!tee.isCanceled[1]) tee.controller(1).enqueue(second);
            tee.isReading = false;
            if (readsAgain) pull();
          });
        },
        close() {
          tee.isReading = false;
          for (let i = 0; i < 2; i++) if (!tee.isCanceled[i]) tee.controller(i).close();
          tee.finish();
        },
        error() { tee.isReading = false; },
      });
    };
    for (let index = 0; index < 2; index++) {
      const branch = tee.branches[index] = ops.newReadable();
      ops.setUpDefault(branch, {
        __proto__: null, pull, cancel: (reason) => tee.cancel(index, reason),
      }, 1, undefined);
    }
    tee.watch();
    return tee;
  }

  // A copy for the second branch. Bytes need none of the general algorithm.
  function clone(chunk) {
    if (isView(chunk) && internal.primordials.viewTag(chunk) === 'Uint8Array') {
      return ops.cloneAsUint8Array(chunk);
    }
    if (typeof chunk !== 'object' && typeof chunk !== 'function' && typeof chunk !== 'symbol') {
      return chunk;
    }
    if (internal.structuredClone === undefined) {
      throw new internal.DOMException('The chunk cannot be cloned.', 'DataCloneError');
    }
    return internal.structuredClone(chunk);
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamtee
  function teeBytes(stream) {
    const tee = new Tee(stream);
    const pull = (index) => {
      if (tee.isReading) {
        tee.readsAgain[index] = true;
        return;
      }
      tee.isReading = true;
      const request = ops.byobRequest(tee.controller(index));
      if (request === null) pullDefault(tee, pull);
      else pullInto(tee, pull, request.view, index);
    };
    tee.reader = ops.acquireReader(stream);
    for (let index = 0; index < 2; index++) {
      const branch = tee.branches[index] = ops.newReadable();
      ops.setUpBytes(branch, {
        __proto__: null, pull: () => pull(index), cancel: (reason) => tee.cancel(index, reason),
      }, 0, undefined);
    }
    tee.watch();
    return tee;
  }

  function useReader(tee, isBYOB) {
    if (tee.reader.isBYOB === isBYOB) return;
    const { reader } = tee;
    // The old one's closed promise is rejected by its release, which is no error of the stream.
    tee.reader = null;
    ops.releaseReader(reader);
    tee.reader = ops.acquireReader(tee.stream, isBYOB);
    tee.watch();
  }

  function pullAgain(tee, pull) {
    tee.isReading = false;
    if (tee.readsAgain[0]) pull(0);
    else if (tee.readsAgain[1]) pull(1);
  }

  function enqueue(controller, chunk) {
    const { buffer, byteOffset, byteLength } = ops.toView(chunk, 'tee');
    controller.enqueueBuffer(buffer, byteOffset, byteLength);
  }

  function pullDefault(tee, pull) {
    useReader(tee, false);
    ops.read(tee.reader, {
      __proto__: null,
      chunk(first) {
        then(resolved(), () => {
          tee.readsAgain[0] = tee.readsAgain[1] = false;
          let second = first;
          if (!tee.isCanceled[0] && !tee.isCanceled[1]) {
            try {
              second = ops.cloneAsUint8Array(first);
            } catch (error) {
              tee.fail(error);
              return;
            }
          }
          if (!tee.isCanceled[0]) enqueue(tee.controller(0), first);
          if (!tee.isCanceled[1]) enqueue(tee.controller(1), second);
          pullAgain(tee, pull);
        });
      },
      close() {
        tee.isReading = false;
        for (let i = 0; i < 2; i++) if (!tee.isCanceled[i]) tee.controller(i).close();
        for (let i = 0; i < 2; i++) {
          if (tee.controller(i).pullIntos.length > 0) tee.controller(i).respond(0);
        }
        tee.finish();
      },
      error() { tee.isReading = false; },
    });
  }

  function pullInto(tee, pull, view, index) {
    useReader(tee, true);
    const other = 1 - index;
    ops.readInto(tee.reader, ops.toView(view, 'tee'), 1, {
      __proto__: null,
      chunk(chunk) {
        then(resolved(), () => {
          tee.readsAgain[0] = tee.readsAgain[1] = false;
          if (!tee.isCanceled[other]) {
            let copy;
            try {
              copy = ops.cloneAsUint8Array(chunk);
            } catch (error) {
              tee.fail(error);
              return;
            }
            if (!tee.isCanceled[index]) {
              tee.controller(index).respondWithNewView(ops.toView(chunk, 'tee'));
            }
            enqueue(tee.controller(other), copy);
          } else if (!tee.isCanceled[index]) {
            tee.controller(index).respondWithNewView(ops.toView(chunk, 'tee'));
          }
          pullAgain(tee, pull);
        });
      },
      close(chunk) {
        tee.isReading = false;
        const wasAlive = tee.isAlive;
        if (!tee.isCanceled[index]) tee.controller(index).close();
        if (!tee.isCanceled[other]) tee.controller(other).close();
        if (chunk !== undefined) {
          if (!tee.isCanceled[index]) {
            tee.controller(index).respondWithNewView(ops.toView(chunk, 'tee'));
          }
          if (!tee.isCanceled[other] && tee.controller(other).pullIntos.length > 0) {
            tee.controller(other).respond(0);
          }
        }
        if (wasAlive) tee.done.resolve(undefined);
      },
      error() { tee.isReading = false; },
    });
  }

  // `clones`: whether the second branch gets copies of the chunks, which bytes always are.
  ops.tee = function (stream, clones) {
    const tee = stream.controller.isByte ? teeBytes(stream) : teeDefault(stream, clones);
    return [tee.branches[0].object, tee.branches[1].object];
  };
})
