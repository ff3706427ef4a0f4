// https://html.spec.whatwg.org/#broadcasting-to-other-browsing-contexts
//
// Channels of this worker get a message directly, those of other workers of the origin by way of the
// host, as bytes: the length of a JSON text, the text, and the memory of the message's buffers.
(function (internal) {
  'use strict';
  const { hooks, token, isObject, requireArguments, DOMException, EventTarget, native } = internal;
  const {
    Uint8Array, setBytes, bufferByteLength, viewByteLength, parseJSON, stringifyJSON, SafeSet,
  } = internal.primordials;
  const OPEN_BROADCASTS = 5, BROADCAST = 6;
  const MAXIMUM_LENGTH = 16 << 20;

  // All that are open, in the order in which they were made.
  const channels = new SafeSet();
  let isOpen = false;

  class BroadcastChannel extends EventTarget {
    #name;

    constructor(name) {
      requireArguments(arguments.length, 1, 'BroadcastChannel');
      super();
      this.#name = `${name}`;
      channels.add(this);
      if (isOpen) return;
      isOpen = true;
      internal.markHandled(internal.callHost(OPEN_BROADCASTS));
    }

    get name() { return this.#name; }

    postMessage(message) {
      const name = this.#name;
      requireArguments(arguments.length, 1, 'BroadcastChannel.postMessage');
      if (!channels.has(this)) {
        throw new DOMException('The channel is closed.', 'InvalidStateError');
      }
      const record = internal.structuredSerialize(message);
      record.isShared = true;
      const bytes = pack(name, record);
      deliver(name, record, this);
      if (bytes !== null) internal.markHandled(internal.callHost(BROADCAST, bytes));
    }

    close() {
      this.#name;
      channels.delete(this);
    }

    static {
      internal.broadcastName = (channel) => channel.#name;
    }
  }

  function deliver(name, record, source) {
    channels.forEach((channel) => {
      if (channel === source || internal.broadcastName(channel) !== name) return;
      internal.queueTask(() => {
        if (channels.has(channel)) {
          internal.dispatchMessage(channel, record, { origin: internal.origin });
        }
      });
    });
  }

  // null where it is too long to leave the worker.
  function pack(name, record) {
    const { items, buffers, held } = record;
    const lengths = [];
    let size = 4;
    // A module of WebAssembly stays in its process: the others get an error.
    const isWhole = held.length === 0;
    for (let i = 0; isWhole && i < buffers.length; i++) {
      lengths[i] = bufferByteLength(buffers[i]);
      size += lengths[i];
    }
    const text = native.encodeUTF8(
      stringifyJSON({ __proto__: null, name, items: isWhole ? items : null, lengths }));
    const textLength = viewByteLength(text);
    size += textLength;
    if (size > MAXIMUM_LENGTH) return null;
    const bytes = new Uint8Array(size);
    for (let i = 0; i < 4; i++) bytes[i] = (textLength >>> (8 * i)) & 255;
    setBytes(bytes, text, 4);
    let at = 4 + textLength;
    for (let i = 0; i < lengths.length; i++) {
      setBytes(bytes, new Uint8Array(buffers[i]), at);
      at += lengths[i];
    }
    return bytes;
  }

  // A message of another worker, which may have packed anything.
  hooks.broadcast = function (bytes) {
    try {
      unpack(bytes);
    } catch {
      // It was for nobody.
    }
  };

  function unpack(bytes) {
    const part = (from, to) => internal.primordials.sliceBytes(bytes, from, to);
    const textLength = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16) | (bytes[3] << 24);
    let at = 4 + textLength;
    const { name, items, lengths } = parseJSON(internal.decodeUTF8(part(4, at)));
    const buffers = [];
    for (let i = 0; i < lengths.length; i++) {
      buffers[i] = part(at, at + lengths[i]).buffer;
      at += lengths[i];
    }
    // Without items it cannot be read, which is an event of its own.
    const record = { items: items ?? [-1], buffers, held: [], transferred: [], isShared: true };
    deliver(name, record, null);
  }

  for (const name of ['onmessage', 'onmessageerror']) {
    internal.defineHandler(BroadcastChannel.prototype, name);
  }
  internal.defineInterface('BroadcastChannel', BroadcastChannel);
})
