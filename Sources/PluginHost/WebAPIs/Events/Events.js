// Event, EventTarget and the events of a worker's global. https://dom.spec.whatwg.org/#events
(function (internal) {
  'use strict';
  const { apply, SafeMap, hasInstance, defineProperty, getOwnPropertyDescriptor } =
    internal.primordials;
  const { token, isObject, toDictionary, requireArguments } = internal;
  const { native } = internal;

  const BUBBLES = 1, CANCELABLE = 2, COMPOSED = 4, CANCELED = 8, STOP = 16, STOP_IMMEDIATE = 32;
  const DISPATCHING = 64, PASSIVE = 128, TRUSTED = 256, UNINITIALIZED = 512;

  let trustedAttribute;
  class Event {
    #type;
    #flags;
    #phase = 0;
    #target = null;
    #currentTarget = null;
    #timeStamp;

    constructor(type, init = {}) {
      // Our own scripts give the flags and the time themselves: (token, type, flags, time).
      if (type === token) {
        this.#type = arguments[1];
        this.#flags = arguments[2];
        this.#timeStamp = arguments[3];
        defineProperty(this, 'isTrusted', trustedAttribute);
        return;
      }
      requireArguments(arguments.length, 1, 'Event');
      this.#type = `${type}`;
      const { bubbles, cancelable, composed } = toDictionary(init, 'Event');
      this.#flags =
        (bubbles ? BUBBLES : 0) | (cancelable ? CANCELABLE : 0) | (composed ? COMPOSED : 0);
      this.#timeStamp = native.now();
      defineProperty(this, 'isTrusted', trustedAttribute);
    }

    get type() { return this.#type; }
    get target() { return this.#target; }
    get srcElement() { return this.#target; }
    get currentTarget() { return this.#currentTarget; }
    composedPath() { return this.#currentTarget === null ? [] : [this.#currentTarget]; }
    get eventPhase() { return this.#phase; }
    stopPropagation() { this.#flags |= STOP; }
    get cancelBubble() { return (this.#flags & STOP) !== 0; }
    set cancelBubble(value) { if (value) this.#flags |= STOP; else this.#flags |= 0; }
    stopImmediatePropagation() { this.#flags |= STOP | STOP_IMMEDIATE; }
    get bubbles() { return (this.#flags & BUBBLES) !== 0; }
    get cancelable() { return (this.#flags & CANCELABLE) !== 0; }
    get returnValue() { return (this.#flags & CANCELED) === 0; }
    set returnValue(value) { if (!value) cancel(this); else this.#flags |= 0; }
    preventDefault() { cancel(this); }
    get defaultPrevented() { return (this.#flags & CANCELED) !== 0; }
    get composed() { return (this.#flags & COMPOSED) !== 0; }
    get timeStamp() { return this.#timeStamp; }
    initEvent(type, bubbles = false, cancelable = false) {
      requireArguments(arguments.length, 1, 'Event.initEvent');
      if (this.#flags & DISPATCHING) return;
      this.#type = `${type}`;
      this.#flags = (bubbles ? BUBBLES : 0) | (cancelable ? CANCELABLE : 0);
      this.#target = null;
    }

    static {
      // https://webidl.spec.whatwg.org/#LegacyUnforgeable: each event has it by itself, and all of
      // them the same function.
      const { get } = getOwnPropertyDescriptor(
        { get isTrusted() { return (this.#flags & TRUSTED) !== 0; } }, 'isTrusted');
      trustedAttribute = { __proto__: null, get, enumerable: true, configurable: false };
      const cancel = (event) => {
        if ((event.#flags & (CANCELABLE | PASSIVE)) === CANCELABLE) event.#flags |= CANCELED;
      };
      internal.cancelEvent = cancel;
      internal.event = {
        is: (value) => isObject(value) && #flags in value,
        flags: (event) => event.#flags,
        type: (event) => event.#type,
        isDispatching: (event) => (event.#flags & DISPATCHING) !== 0,
        isCanceled: (event) => (event.#flags & CANCELED) !== 0,
        isTrusted: (event) => (event.#flags & TRUSTED) !== 0,
        isStopped: (event) => (event.#flags & STOP_IMMEDIATE) !== 0,
        isPropagationStopped: (event) => (event.#flags & STOP) !== 0,
        stopImmediately: (event) => { event.#flags |= STOP | STOP_IMMEDIATE; },
        untrust: (event) => { event.#flags &= ~TRUSTED; },
        begin(event, target) {
          event.#flags |= DISPATCHING;
          event.#target = target;
          event.#currentTarget = target;
          event.#phase = 2;
        },
        end(event) {
          event.#flags &= ~(DISPATCHING | STOP | STOP_IMMEDIATE);
          event.#currentTarget = null;
          event.#phase = 0;
        },
        setPassive(event, passive) {
          if (passive) event.#flags |= PASSIVE; else event.#flags &= ~PASSIVE;
        },
      };
    }
  }
  const cancel = internal.cancelEvent;
  internal.defineConstants(Event, {
    NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3,
  });
  internal.defineInterface('Event', Event);
  internal.Event = Event;
  const event = internal.event;
  internal.eventFlags = { BUBBLES, CANCELABLE, TRUSTED };

  // The listeners of a target: type → array of {callback, capture, once, passive, removed, handler}.
  const globalListeners = new SafeMap();
  const global = globalThis;

  class EventTarget {
    #listeners = null;

    addEventListener(type, callback, options = {}) {
      const target = this ?? global;
      requireArguments(arguments.length, 2, 'EventTarget.addEventListener');
      const name = `${type}`;
      checkCallback(callback);
      const { capture, once, passive, signal } = flattenMore(options);
      if (signal !== null && internal.abort.isAborted(signal)) return;
      if (callback === null || callback === undefined) return;
      const list = listFor(target, name);
      for (let i = 0; i < list.length; i++) {
        const known = list[i];
        if (known.callback === callback && known.capture === capture) return;
      }
      const listener = { callback, capture, once, passive, removed: false, handler: false };
      list[list.length] = listener;
      if (signal !== null) {
        internal.abort.addAlgorithm(signal, () => removeListener(target, name, listener));
      }
    }

    removeEventListener(type, callback, options = {}) {
      const target = this ?? global;
      requireArguments(arguments.length, 2, 'EventTarget.removeEventListener');
      const name = `${type}`;
      checkCallback(callback);
      const capture = isObject(options) ? !!options.capture : !!options;
      const list = listOf(target, name);
      for (let i = 0; list !== undefined && i < list.length; i++) {
        if (list[i].callback === callback && list[i].capture === capture && !list[i].handler) {
          removeListener(target, name, list[i]);
          return;
        }
      }
    }

    dispatchEvent(dispatched) {
      const target = this ?? global;
      listenersOf(target);
      requireArguments(arguments.length, 1, 'EventTarget.dispatchEvent');
      if (!event.is(dispatched)) {
        throw new TypeError('EventTarget.dispatchEvent: not an Event.');
      }
      if (event.flags(dispatched) & (DISPATCHING | UNINITIALIZED)) {
        throw new internal.DOMException('The event is being dispatched.', 'InvalidStateError');
      }
      event.untrust(dispatched);
      return dispatch(target, dispatched);
    }

    static {
      internal.listenersOf = (target) => {
        if (target === global) return globalListeners;
        return target.#listeners ??= new SafeMap();
      };
    }
  }
  const listenersOf = internal.listenersOf;

  // The global is made by the engine and so no instance by its prototype chain, which cannot be
  // changed; `instanceof` says what holds all the same.
  internal.alsoGlobal = function (constructor) {
    defineProperty(constructor, Symbol.hasInstance, {
      value: function (value) {
        return hasInstance(this, value) || (value === global && this === constructor);
      },
      configurable: true, enumerable: false, writable: false,
    });
  };

  function listOf(target, type) { return listenersOf(target).get(type); }

  function listFor(target, type) {
    const listeners = listenersOf(target);
    let list = listeners.get(type);
    if (list === undefined) {
      list = [];
      listeners.set(type, list);
    }
    return list;
  }

  // Lists are replaced, never changed in place but for growth: a dispatch walks the one it began
  // with, up to the length it had.
  function removeListener(target, type, listener) {
    listener.removed = true;
    const list = listOf(target, type);
    if (list === undefined) return;
    const rest = [];
    for (let i = 0; i < list.length; i++) if (list[i] !== listener) rest[rest.length] = list[i];
    listenersOf(target).set(type, rest);
  }

  function checkCallback(callback) {
    if (callback !== null && callback !== undefined && !isObject(callback)) {
      throw new TypeError('The listener is neither a function nor an object.');
    }
  }

  function flattenMore(options) {
    if (!isObject(options)) return { capture: !!options, once: false, passive: false, signal: null };
    const { capture, once, passive, signal } = options;
    if (signal !== undefined && !internal.abort.is(signal)) {
      throw new TypeError("EventTarget.addEventListener: 'signal' is not an AbortSignal.");
    }
    return {
      capture: !!capture, once: !!once, passive: !!passive,
      signal: signal === undefined ? null : signal,
    };
  }

  // One dispatch in steps of one listener, so that the host can let microtasks run between them.
  class Dispatch {
    constructor(target, dispatched) {
      this.target = target;
      this.event = dispatched;
      this.capture = true;
      this.index = 0;
      this.list = listOf(target, event.type(dispatched)) ?? [];
      this.count = this.list.length;
      event.begin(dispatched, target);
    }

    // Calls the next listener. Returns whether there may be another.
    step() {
      while (!event.isStopped(this.event)) {
        if (this.index >= this.count) {
          if (!this.capture || event.isPropagationStopped(this.event)) break;
          this.capture = false;
          this.index = 0;
          this.list = listOf(this.target, event.type(this.event)) ?? [];
          this.count = this.list.length;
          continue;
        }
        const listener = this.list[this.index++];
        if (listener.removed || listener.capture !== this.capture) continue;
        this.invoke(listener);
        return true;
      }
      event.end(this.event);
      return false;
    }

    invoke(listener) {
      if (listener.once) removeListener(this.target, event.type(this.event), listener);
      event.setPassive(this.event, listener.passive);
      try {
        if (listener.handler) invokeHandler(listener.callback, this.target, this.event);
        else if (typeof listener.callback === 'function') {
          apply(listener.callback, this.target, [this.event]);
        } else {
          const { handleEvent } = listener.callback;
          if (typeof handleEvent !== 'function') {
            throw new TypeError("The listener's handleEvent is not a function.");
          }
          apply(handleEvent, listener.callback, [this.event]);
        }
      } catch (error) {
        internal.reportException(error);
      }
      event.setPassive(this.event, false);
    }
  }
  internal.Dispatch = Dispatch;

  function dispatch(target, dispatched) {
    const running = new Dispatch(target, dispatched);
    while (running.step());
    return !event.isCanceled(dispatched);
  }
  internal.dispatch = dispatch;
  internal.listenerCount = (target, type) => listOf(target, type)?.length ?? 0;

  // https://html.spec.whatwg.org/#the-event-handler-processing-algorithm
  function invokeHandler(handler, target, dispatched) {
    const isError = target === global && event.type(dispatched) === 'error';
    if (isError && internal.errorEvent.is(dispatched)) {
      const { message, filename, lineno, colno, error } = internal.errorEvent.fields(dispatched);
      if (apply(handler, target, [message, filename, lineno, colno, error]) === true) {
        cancel(dispatched);
      }
    } else if (apply(handler, target, [dispatched]) === false) cancel(dispatched);
  }

  // An `on…` attribute: its listener keeps the place it got when it was first set.
  internal.handlerAttribute = function (name) {
    const type = internal.primordials.slice(name, 2);
    const find = (target) => {
      const list = listOf(target, type);
      for (let i = 0; list !== undefined && i < list.length; i++) {
        if (list[i].handler) return list[i];
      }
      return null;
    };
    const get = { get [name]() { return find(this ?? global)?.callback ?? null; } };
    const set = {
      set [name](value) {
        const target = this ?? global;
        const known = find(target);
        const handler = isObject(value) ? value : null;
        if (handler === null) {
          if (known !== null) removeListener(target, type, known);
        } else if (known !== null) known.callback = handler;
        else {
          const list = listFor(target, type);
          list[list.length] = {
            callback: typeof handler === 'function' ? handler : () => undefined,
            capture: false, once: false, passive: false, removed: false, handler: true,
          };
        }
      },
    };
    return {
      get: internal.primordials.getOwnPropertyDescriptor(get, name).get,
      set: internal.primordials.getOwnPropertyDescriptor(set, name).set,
    };
  };
  internal.defineHandler = function (object, name) {
    const { get, set } = internal.handlerAttribute(name);
    defineProperty(object, name, { get, set, enumerable: true, configurable: true });
  };

  internal.alsoGlobal(EventTarget);
  internal.defineInterface('EventTarget', EventTarget);
  internal.EventTarget = EventTarget;

  class CustomEvent extends Event {
    #detail = null;
    constructor(type, init = {}) {
      requireArguments(arguments.length, 1, 'CustomEvent');
      super(`${type}`, init);
      const { detail } = toDictionary(init, 'CustomEvent');
      if (detail !== undefined) this.#detail = detail;
    }
    get detail() { return this.#detail; }
    initCustomEvent(type, bubbles = false, cancelable = false, detail = null) {
      requireArguments(arguments.length, 1, 'CustomEvent.initCustomEvent');
      if (event.isDispatching(this)) return;
      this.initEvent(type, bubbles, cancelable);
      this.#detail = detail;
    }
  }
  internal.defineInterface('CustomEvent', CustomEvent);

  class ErrorEvent extends Event {
    #message = '';
    #filename = '';
    #lineno = 0;
    #colno = 0;
    #error = undefined;
    constructor(type, init = {}) {
      if (type === token) {
        super(token, 'error', CANCELABLE | TRUSTED, native.now());
      } else {
        requireArguments(arguments.length, 1, 'ErrorEvent');
        super(`${type}`, init);
      }
      const { colno, error, filename, lineno, message } = toDictionary(init, 'ErrorEvent');
      if (colno !== undefined) this.#colno = colno >>> 0;
      if (error !== undefined) this.#error = error;
      if (filename !== undefined) this.#filename = internal.toUSVString(filename);
      if (lineno !== undefined) this.#lineno = lineno >>> 0;
      if (message !== undefined) this.#message = `${message}`;
    }
    get message() { return this.#message; }
    get filename() { return this.#filename; }
    get lineno() { return this.#lineno; }
    get colno() { return this.#colno; }
    get error() { return this.#error; }
    static {
      internal.errorEvent = {
        is: (value) => #message in value,
        fields: (value) => ({
          message: value.#message, filename: value.#filename, lineno: value.#lineno,
          colno: value.#colno, error: value.#error,
        }),
      };
    }
  }
  internal.defineInterface('ErrorEvent', ErrorEvent);

  class PromiseRejectionEvent extends Event {
    #promise;
    #reason;
    constructor(type, init) {
      if (type === token) {
        super(token, arguments[1], arguments[4] | TRUSTED, native.now());
        this.#promise = arguments[2];
        this.#reason = arguments[3];
        return;
      }
      requireArguments(arguments.length, 2, 'PromiseRejectionEvent');
      super(`${type}`, init);
      const { promise, reason } = toDictionary(init, 'PromiseRejectionEvent');
      if (!isObject(promise)) {
        throw new TypeError("PromiseRejectionEvent: 'promise' is required and must be an object.");
      }
      this.#promise = promise;
      this.#reason = reason;
    }
    get promise() { return this.#promise; }
    get reason() { return this.#reason; }
  }
  internal.defineInterface('PromiseRejectionEvent', PromiseRejectionEvent);

  // https://html.spec.whatwg.org/#report-an-exception
  let isReporting = false;
  internal.reportException = function (error, isHere = false) {
    const description = internal.describeException(error, 'Uncaught ', isHere);
    let handled = false;
    if (!isReporting && internal.listenerCount(global, 'error') > 0) {
      isReporting = true;
      try {
        handled = !dispatch(global, new ErrorEvent(token, {
          message: description.message, filename: description.file, lineno: description.line,
          colno: description.column, error,
        }));
      } finally {
        isReporting = false;
      }
    }
    if (!handled) native.console(4, description.text, description.position);
  };

  // https://html.spec.whatwg.org/#unhandled-promise-rejections
  //
  // The engine says which promises were rejected and have no handler once the microtasks are through,
  // but not when one of them gets one later. Whoever adds a handler, `await` included, asks the promise
  // for its constructor first (SpeciesConstructor, PromiseResolve), so a promise of which that was said
  // has a getter of its own there until then. A script that just asks for the constructor of such a
  // promise is taken for one that handles it.
  class Rejection {
    promise; reason;
    isHandled = false;
    // Whether `unhandledrejection` was fired: it is one of the "outstanding rejected promises".
    isOutstanding = false;

    constructor(promise, reason) {
      this.promise = promise;
      this.reason = reason;
    }

    watch() {
      const { promise } = this;
      const put = (value) => defineProperty(promise, 'constructor', {
        __proto__: null, value, writable: true, enumerable: true, configurable: true,
      });
      try {
        // What a script has put there stays.
        if (getOwnPropertyDescriptor(promise, 'constructor') !== undefined) return;
        defineProperty(promise, 'constructor', {
          __proto__: null, enumerable: false, configurable: true,
          get: () => {
            delete promise.constructor;
            this.handled();
            return promise.constructor;
          },
          set: put,
        });
      } catch {
        // Frozen, say: nobody will know that it is handled.
      }
    }

    notify() {
      if (this.isHandled) return;
      const { promise, reason } = this;
      const isReported = dispatch(global,
        new PromiseRejectionEvent(token, 'unhandledrejection', promise, reason, CANCELABLE));
      if (isReported) {
        const { text, position } = internal.describeException(reason, 'Uncaught (in promise) ');
        native.console(4, text, position);
      }
      this.isOutstanding = !this.isHandled;
    }

    handled() {
      this.isHandled = true;
      if (!this.isOutstanding) return;
      internal.queueTask(() => dispatch(global,
        new PromiseRejectionEvent(token, 'rejectionhandled', this.promise, this.reason, 0)));
    }
  }

  internal.hooks = {
    unhandledRejection(promise, reason) {
      const rejection = new Rejection(promise, reason);
      rejection.watch();
      internal.queueTask(() => rejection.notify());
    },
  };

  internal.defineGlobal('reportError', function reportError(error) {
    requireArguments(arguments.length, 1, 'reportError');
    internal.reportException(error, true);
  }, true);
})
