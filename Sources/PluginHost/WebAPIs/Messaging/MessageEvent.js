// https://html.spec.whatwg.org/#messageevent
(function (internal) {
  'use strict';
  const { token, isObject, toDictionary, requireArguments, native, event, Event } = internal;
  const { freeze } = internal.primordials;
  const { TRUSTED, CANCELABLE } = internal.eventFlags;
  const noPorts = freeze([]);

  function toSource(value) {
    if (value === undefined || value === null) return null;
    if (internal.messagePort.is(value) || internal.isMessageSource?.(value)) return value;
    throw new TypeError('MessageEvent: the source is neither a MessagePort nor a ServiceWorker.');
  }

  function toPorts(value) {
    if (!isObject(value) || typeof value[Symbol.iterator] !== 'function') {
      throw new TypeError('MessageEvent: the ports are not a sequence.');
    }
    const ports = [];
    for (const port of value) {
      if (!internal.messagePort.is(port)) throw new TypeError('MessageEvent: not a MessagePort.');
      ports[ports.length] = port;
    }
    return freeze(ports);
  }

  class MessageEvent extends Event {
    #data = null;
    #origin = '';
    #lastEventId = '';
    #source = null;
    #ports = noPorts;

    constructor(type, init = {}) {
      // Our own scripts: (token, type, {data, origin, ports, source}).
      if (type === token) {
        super(token, arguments[1], TRUSTED, native.now());
        const given = arguments[2];
        this.#data = given.data ?? null;
        if (given.data === undefined && 'data' in given) this.#data = undefined;
        this.#origin = given.origin ?? '';
        this.#lastEventId = given.lastEventId ?? '';
        this.#source = given.source ?? null;
        this.#ports = given.ports === undefined ? noPorts : freeze(given.ports);
        return;
      }
      requireArguments(arguments.length, 1, 'MessageEvent');
      super(`${type}`, init);
      const { data, lastEventId, origin, ports, source } = toDictionary(init, 'MessageEvent');
      if (data !== undefined) this.#data = data;
      if (lastEventId !== undefined) this.#lastEventId = `${lastEventId}`;
      if (origin !== undefined) this.#origin = internal.toUSVString(origin);
      if (ports !== undefined) this.#ports = toPorts(ports);
      if (source !== undefined) this.#source = toSource(source);
    }
    get data() { return this.#data; }
    get origin() { return this.#origin; }
    get lastEventId() { return this.#lastEventId; }
    get source() { return this.#source; }
    get ports() { return this.#ports; }
    initMessageEvent(
      type, bubbles = false, cancelable = false, data = null, origin = '', lastEventId = '',
      source = null, ports = []
    ) {
      this.#data;
      requireArguments(arguments.length, 1, 'MessageEvent.initMessageEvent');
      const values = [
        internal.toUSVString(origin), `${lastEventId}`, toSource(source), toPorts(ports),
      ];
      if (event.isDispatching(this)) return;
      this.initEvent(type, bubbles, cancelable);
      this.#data = data;
      this.#origin = values[0];
      this.#lastEventId = values[1];
      this.#source = values[2];
      this.#ports = values[3];
    }
  }
  internal.defineInterface('MessageEvent', MessageEvent);
  internal.MessageEvent = MessageEvent;
})
