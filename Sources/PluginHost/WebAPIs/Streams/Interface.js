// What other scripts of ours use of streams. A stream is the object that scripts see; what the
// algorithms of a source get as controller is for `internal.streamController` only.
(function (internal) {
  'use strict';
  const { getOwnPropertyDescriptor } = internal.primordials;
  const ops = internal.streamOps;

  internal.stream = {
    __proto__: null,
    is: internal.isReadableStream,
    state: (stream) => ops.readableOf(stream).state,
    error: (stream) => ops.readableOf(stream).error,
    isLocked: (stream) => ops.readableOf(stream).reader !== null,
    isDisturbed: (stream) => ops.readableOf(stream).isDisturbed,
    isByteStream: (stream) => ops.readableOf(stream).controller.isByte,
    disturb: (stream) => { ops.readableOf(stream).isDisturbed = true; },
    controller: (stream) => ops.readableOf(stream).controller,
    setClosed: (stream) => ops.closeReadable(ops.readableOf(stream)),
  };

  // Algorithms written as an object literal, without what a plugin has put on Object.prototype.
  const own = (object, key) => getOwnPropertyDescriptor(object, key)?.value;
  const ownAlgorithms = (given) => ({
    __proto__: null,
    start: own(given, 'start'), pull: own(given, 'pull'), cancel: own(given, 'cancel'),
  });

  // A stream whose chunks come from one of our own scripts; `algorithms` are start, pull and cancel.
  internal.createStream = function (algorithms, highWaterMark) {
    const stream = ops.newReadable();
    ops.setUpDefault(stream, ownAlgorithms(algorithms), highWaterMark, undefined);
    return stream.object;
  };
  // A readable byte stream. What is given to `enqueue` is a view of memory that nobody else has.
  internal.createByteStream = function (algorithms, highWaterMark) {
    const stream = ops.newReadable();
    ops.setUpBytes(stream, ownAlgorithms(algorithms), highWaterMark, undefined);
    return stream.object;
  };
  internal.streamController = {
    __proto__: null,
    enqueue: (controller, chunk) => {
      if (controller.canEnqueue) controller.enqueue(chunk);
    },
    close(controller) {
      controller.close();
      // A reader of bytes that waits with its memory gets it back.
      if (controller.isByte && controller.pullIntos.length > 0) controller.respond(0);
    },
    error: (controller, error) => controller.error(error),
  };

  internal.cancelStream = (stream, reason) => ops.cancelReadable(ops.readableOf(stream), reason);
  // The second of the two streams gets copies of the chunks.
  internal.teeStream = (stream) => ops.tee(ops.readableOf(stream), true);

  // Readers without an object for scripts. A request has the functions chunk, close and error.
  internal.acquireReader = (stream) => ops.acquireReader(ops.readableOf(stream));
  internal.readStream = ops.read;
  internal.releaseReader = ops.releaseReader;
  internal.cancelReader = ops.readerCancel;
})
