// https://html.spec.whatwg.org/#message-channels, within one worker.
(function (internal) {
  'use strict';
  const { token, isObject, requireArguments, EventTarget, Event, MessageEvent, native } = internal;
  const { TRUSTED } = internal.eventFlags;
  const { defineProperty, getOwnPropertyDescriptor, apply } = internal.primordials;

  // What a port stands for, which moves when the port is transferred. In place of a port it may have a
  // receiver, one of our own scripts: {onMessage, onError}.
  function makeEnd() {
    return { peer: null, port: null, receiver: null, queue: [], first: 0, isEnabled: false };
  }
  function makeEnds() {
    const first = makeEnd(), second = makeEnd();
    first.peer = second;
    second.peer = first;
    return [first, second];
  }

  class MessagePort extends EventTarget {
    // null once it was transferred or closed.
    #end;

    constructor(key, end) {
      if (key !== token) throw internal.illegalConstructor();
      super();
      this.#end = end;
      end.port = this;
    }

    postMessage(message, options = undefined) {
      const end = this.#end;
      requireArguments(arguments.length, 1, 'MessagePort.postMessage');
      const transfer = internal.postMessageTransfer(options, 'MessagePort.postMessage');
      for (let i = 0; i < transfer.length; i++) {
        if (transfer[i] === this) {
          throw new internal.DOMException(
            'A port cannot be sent through itself.', 'DataCloneError');
        }
      }
      const peer = end?.peer ?? null;
      let isDoomed = false;
      for (let i = 0; i < transfer.length; i++) {
        if (peer !== null && transfer[i] === peer.port) isDoomed = true;
      }
      const record = internal.structuredSerializeWithTransfer(message, transfer);
      if (peer === null || isDoomed) return;
      deliver(peer, record);
    }

    start() {
      if (this.#end === null) return;
      enable(this.#end);
    }

    close() {
      const end = this.#end;
      if (end === null) return;
      this.#end = null;
      end.port = null;
      end.queue = [];
      end.first = 0;
      disentangle(end);
    }

    static {
      const is = (value) => isObject(value) && #end in value;
      internal.messagePort = {
        is,
        enable(port) { if (port.#end !== null) enable(port.#end); },
      };
      internal.defineTransferable('MessagePort', {
        is,
        isDetached: (port) => port.#end === null,
        transfer(port) {
          const end = port.#end;
          port.#end = null;
          end.port = null;
          end.isEnabled = false;
          return end;
        },
        receive: (end) => new MessagePort(token, end),
      });
    }
  }

  function enable(end) {
    if (end.isEnabled) return;
    end.isEnabled = true;
    for (let i = end.first; i < end.queue.length; i++) schedule(end);
  }

  function deliver(end, record) {
    end.queue[end.queue.length] = record;
    if (end.isEnabled) schedule(end);
  }

  function schedule(end) { internal.queueTask(() => handOver(end)); }

  function handOver(end) {
    const { port, receiver } = end;
    if (!end.isEnabled || (port === null && receiver === null)) return;
    if (end.first >= end.queue.length) return;
    const record = end.queue[end.first];
    end.queue[end.first++] = undefined;
    if (end.first === end.queue.length) {
      end.queue = [];
      end.first = 0;
    }
    if (receiver === null) {
      internal.dispatchMessage(port, record, {});
      return;
    }
    let message;
    try {
      message = internal.structuredDeserialize(record);
    } catch {
      receiver.onError();
      return;
    }
    receiver.onMessage(message);
  }

  // Channels of our own scripts, without ports.
  internal.messageEnds = {
    __proto__: null,
    make: makeEnds,
    post(end, message) {
      const record = internal.structuredSerialize(message);
      if (end.peer !== null) deliver(end.peer, record);
    },
    receive(end, onMessage, onError) {
      end.receiver = { __proto__: null, onMessage, onError };
      enable(end);
    },
    close(end) {
      end.receiver = null;
      end.queue = [];
      end.first = 0;
      disentangle(end);
    },
  };

  // The other side hears of the end once it has got what was sent before.
  function disentangle(end) {
    const { peer } = end;
    if (peer === null) return;
    end.peer = null;
    peer.peer = null;
    internal.queueTask(() => {
      if (peer.port !== null) {
        internal.dispatch(peer.port, new Event(token, 'close', TRUSTED, native.now()));
      }
    });
  }

  // Fires `message`, or `messageerror` where the data cannot be read.
  internal.dispatchMessage = function (target, record, { origin, source }) {
    let message;
    try {
      const { value, transferred } = internal.structuredDeserializeWithTransfer(record);
      const ports = [];
      for (let i = 0; i < transferred.length; i++) {
        if (internal.messagePort.is(transferred[i])) ports[ports.length] = transferred[i];
      }
      message = new MessageEvent(token, 'message', { data: value, origin, source, ports });
    } catch {
      message = new MessageEvent(token, 'messageerror', { origin, source });
    }
    internal.dispatch(target, message);
  };

  // The two forms of postMessage's last argument: a sequence, or StructuredSerializeOptions.
  internal.postMessageTransfer = function (options, where) {
    if (options === undefined || options === null) return [];
    if (!isObject(options)) throw new TypeError(`${where}: the options are not an object.`);
    const iterator = options[Symbol.iterator];
    if (iterator !== undefined && iterator !== null) {
      return internal.toTransferList(options, where);
    }
    return internal.toTransferList(options.transfer, where);
  };

  for (const name of ['onmessage', 'onmessageerror', 'onclose']) {
    internal.defineHandler(MessagePort.prototype, name);
  }
  // Setting the attribute starts the port.
  const onmessage = getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  const withStart = {
    set onmessage(value) {
      apply(onmessage.set, this, [value]);
      internal.messagePort.enable(this);
    },
  };
  defineProperty(MessagePort.prototype, 'onmessage', {
    get: onmessage.get, set: getOwnPropertyDescriptor(withStart, 'onmessage').set,
    enumerable: true, configurable: true,
  });
  internal.defineInterface('MessagePort', MessagePort);

  class MessageChannel {
    #port1;
    #port2;
    constructor() {
      const [first, second] = makeEnds();
      this.#port1 = new MessagePort(token, first);
      this.#port2 = new MessagePort(token, second);
    }
    get port1() { return this.#port1; }
    get port2() { return this.#port2; }
  }
  internal.defineInterface('MessageChannel', MessageChannel);
  internal.MessageChannel = MessageChannel;
})
