// Streams that are transferred: each end speaks to the other by messages.
// https://streams.spec.whatwg.org/#transferrable-streams
(function (internal) {
  'use strict';
  const { deferred, DOMException, markHandled } = internal;
  const { rejected, resolved, then } = internal.primordials;
  const ops = internal.streamOps;
  const ends = internal.messageEnds;

  // https://streams.spec.whatwg.org/#abstract-opdef-packandpostmessage
  const post = (end, type, value) => ends.post(end, { __proto__: null, type, value });

  // https://streams.spec.whatwg.org/#abstract-opdef-crossrealmtransformsenderror
  function sendError(end, error) {
    try {
      post(end, 'error', error);
    } catch {
      // The other side does not hear of it.
    }
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-packandpostmessagehandlingerror
  function postOrSendError(end, type, value) {
    try {
      post(end, type, value);
    } catch (error) {
      sendError(end, error);
      throw error;
    }
  }

  // The stream is over: what was said last is not followed by anything.
  function sayLast(end, type, value) {
    try {
      postOrSendError(end, type, value);
      return resolved();
    } catch (error) {
      return rejected(error);
    } finally {
      ends.close(end);
    }
  }

  function listen(end, onMessage, onError) {
    ends.receive(end, onMessage, () => {
      const error = new DOMException('A chunk could not be read.', 'DataCloneError');
      sendError(end, error);
      onError(error);
      ends.close(end);
    });
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformreadable
  function setUpReadable(stream, end) {
    const controller = ops.setUpDefault(stream, {
      __proto__: null,
      pull() {
        post(end, 'pull', undefined);
        return resolved();
      },
      cancel: (reason) => sayLast(end, 'error', reason),
    }, 0, undefined);
    listen(end, ({ type, value }) => {
      if (type === 'chunk') {
        if (controller.canEnqueue) controller.enqueue(value);
        return;
      }
      if (type === 'close') controller.close();
      else controller.error(value);
      ends.close(end);
    }, (error) => controller.error(error));
  }

  // https://streams.spec.whatwg.org/#abstract-opdef-setupcrossrealmtransformwritable
  function setUpWritable(stream, end) {
    // Until the other side wants a chunk; null where it does.
    let wanted = deferred();
    const unblock = () => {
      if (wanted !== null) wanted.resolve(undefined);
      wanted = null;
    };
    const controller = ops.setUpWritable(stream, {
      __proto__: null,
      write(chunk) {
        return then(wanted === null ? resolved() : wanted.promise, () => {
          wanted = deferred();
          try {
            postOrSendError(end, 'chunk', chunk);
          } catch (error) {
            ends.close(end);
            throw error;
          }
        });
      },
      close: () => sayLast(end, 'close', undefined),
      abort: (reason) => sayLast(end, 'error', reason),
    }, 1, undefined);
    const fail = (error) => {
      controller.errorIfNeeded(error);
      unblock();
    };
    listen(end, ({ type, value }) => {
      if (type === 'pull') unblock();
      else fail(value);
    }, fail);
  }

  function checkUnlocked(isLocked) {
    if (isLocked) throw new DOMException('A locked stream cannot be transferred.', 'DataCloneError');
  }

  // https://streams.spec.whatwg.org/#rs-transfer
  function transferReadable(stream) {
    const record = ops.readableOf(stream);
    checkUnlocked(record.reader !== null);
    const [near, far] = ends.make();
    const writable = ops.newWritable();
    setUpWritable(writable, near);
    internal.pipeStreams(stream, writable.object);
    return far;
  }
  function receiveReadable(end) {
    const stream = ops.newReadable();
    setUpReadable(stream, end);
    return stream.object;
  }

  // https://streams.spec.whatwg.org/#ws-transfer
  function transferWritable(stream) {
    const record = ops.writableOf(stream);
    checkUnlocked(record.writer !== null);
    const [near, far] = ends.make();
    const readable = ops.newReadable();
    setUpReadable(readable, near);
    internal.pipeStreams(readable.object, stream);
    return far;
  }
  function receiveWritable(end) {
    const stream = ops.newWritable();
    setUpWritable(stream, end);
    return stream.object;
  }

  const never = () => false;
  internal.defineTransferable('ReadableStream', {
    is: internal.isReadableStream, isDetached: never,
    transfer: transferReadable, receive: receiveReadable,
  });
  internal.defineTransferable('WritableStream', {
    is: internal.isWritableStream, isDetached: never,
    transfer: transferWritable, receive: receiveWritable,
  });
  // https://streams.spec.whatwg.org/#ts-transfer
  internal.defineTransferable('TransformStream', {
    is: internal.isTransformStream, isDetached: never,
    transfer(stream) {
      const { readable, writable } = internal.transformSides(stream);
      checkUnlocked(ops.readableOf(readable).reader !== null);
      checkUnlocked(ops.writableOf(writable).writer !== null);
      return { readable: transferReadable(readable), writable: transferWritable(writable) };
    },
    receive: ({ readable, writable }) =>
      internal.joinTransform(receiveReadable(readable), receiveWritable(writable)),
  });
})
