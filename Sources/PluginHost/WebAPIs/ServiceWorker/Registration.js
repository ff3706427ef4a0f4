// The registration of a service worker as its script sees it:
// https://w3c.github.io/ServiceWorker/#serviceworker-interface and
// https://w3c.github.io/ServiceWorker/#serviceworkerregistration-interface
(function (internal) {
  'use strict';
  const { native, hooks, token, requireArguments, EventTarget, Event } = internal;
  const { SafeMap, rejected, split, indexOf, then, slice, execute } = internal.primordials;
  const { TRUSTED } = internal.eventFlags;
  const [scriptURL, scope] = split(native.environment(), '\n');
  const UPDATE = 32, UNREGISTER = 33, NAVIGATION_PRELOAD = 34;

  // The objects of workers, by number. The host is asked for the registration, and tells its
  // changes, only once a script has looked.
  const workers = new SafeMap();
  let current = null;

  class ServiceWorker extends EventTarget {
    #state;
    constructor(key, state) {
      if (key !== token) throw internal.illegalConstructor();
      super();
      this.#state = state;
    }
    get scriptURL() { this.#state; return scriptURL; }
    get state() { return this.#state; }
    static {
      // *Update Worker State* of one object. Returns whether it has changed.
      internal.setWorkerState = (worker, state) => {
        if (worker.#state === state) return false;
        worker.#state = state;
        return true;
      };
    }
  }

  class NavigationPreloadManager {
    #brand;
    constructor(key) { if (key !== token) throw internal.illegalConstructor(); }
    enable() { return preload(() => { this.#brand; return 'enable'; }, nothing); }
    disable() { return preload(() => { this.#brand; return 'disable'; }, nothing); }
    setHeaderValue(value) {
      const count = arguments.length;
      return preload(() => {
        this.#brand;
        requireArguments(count, 1, 'NavigationPreloadManager.setHeaderValue');
        return `header:${fieldValue(value)}`;
      }, nothing);
    }
    getState() { return preload(() => { this.#brand; return 'state'; }, readState); }
  }

  const nothing = () => undefined;
  // White space at the ends is taken off, as Fetch normalises values.
  const ends = /^[\t\n\r ]+|[\t\n\r ]+$/;
  function fieldValue(value) {
    let text = internal.toByteString(value);
    for (let found; (found = execute(ends, text)) !== null;) {
      text = found.index === 0 ? slice(text, found[0].length) : slice(text, 0, found.index);
    }
    return text;
  }
  function readState(payload) {
    const [enabled, headerValue] = split(internal.decodeUTF8(payload), '\n');
    return { enabled: enabled === 'true', headerValue };
  }
  function preload(makePayload, read) {
    try {
      return then(internal.callHost(NAVIGATION_PRELOAD, makePayload()), read);
    } catch (error) {
      return rejected(error);
    }
  }

  class ServiceWorkerRegistration extends EventTarget {
    #brand;
    constructor(key) {
      if (key !== token) throw internal.illegalConstructor();
      super();
    }
    get installing() { this.#brand; return look().installing; }
    get waiting() { this.#brand; return look().waiting; }
    get active() { this.#brand; return look().active; }
    get navigationPreload() { this.#brand; return navigationPreload; }
    get scope() { this.#brand; return scope; }
    get updateViaCache() { this.#brand; return look().updateViaCache; }
    update() {
      try {
        this.#brand;
        return then(internal.callHost(UPDATE), () => registration);
      } catch (error) {
        return rejected(error);
      }
    }
    unregister() {
      try {
        this.#brand;
        return then(
          internal.callHost(UNREGISTER), (payload) => internal.decodeUTF8(payload) === 'true');
      } catch (error) {
        return rejected(error);
      }
    }
  }

  internal.defineHandler(ServiceWorker.prototype, 'onstatechange');
  internal.defineHandler(ServiceWorker.prototype, 'onerror');
  internal.defineHandler(ServiceWorkerRegistration.prototype, 'onupdatefound');
  const interfaces = { ServiceWorker, ServiceWorkerRegistration, NavigationPreloadManager };
  for (const name of internal.primordials.ownKeys(interfaces)) {
    internal.defineInterface(name, interfaces[name]);
  }
  const registration = new ServiceWorkerRegistration(token);
  const navigationPreload = new NavigationPreloadManager(token);

  // *Get the service worker object*, of a line with number and state.
  function find(line) {
    if (line === '') return null;
    const space = indexOf(line, ' ');
    const number = slice(line, 0, space);
    let worker = workers.get(number);
    if (worker === undefined) {
      worker = new ServiceWorker(token, slice(line, space + 1));
      workers.set(number, worker);
    }
    return worker;
  }

  function read(text) {
    const [own, installing, waiting, active, updateViaCache] = split(text, '\n');
    return {
      own: find(own), installing: find(installing), waiting: find(waiting), active: find(active),
      updateViaCache,
    };
  }

  function look() { return current ??= read(native.registration()); }

  const fire = (target, type) =>
    internal.dispatch(target, new Event(token, type, TRUSTED, native.now()));

  hooks.registrationChanged = function (text) {
    const before = current ?? read(text);
    const states = new SafeMap();
    const lines = split(text, '\n');
    for (let i = 0; i < 4; i++) {
      const space = indexOf(lines[i], ' ');
      if (space > 0) states.set(slice(lines[i], 0, space), slice(lines[i], space + 1));
    }
    current = read(text);
    const changed = [];
    workers.forEach((worker, number) => {
      const state = states.get(number);
      // One that is nowhere any more is redundant. It is forgotten; its object may live on.
      if (state === undefined) workers.delete(number);
      if (internal.setWorkerState(worker, state ?? 'redundant')) changed[changed.length] = worker;
    });
    for (let i = 0; i < changed.length; i++) fire(changed[i], 'statechange');
    if (current.installing !== null && current.installing !== before.installing) {
      fire(registration, 'updatefound');
    }
  };

  internal.registration = registration;
  internal.ownWorker = () => look().own;
  // A listener may be set before a member is looked at.
  internal.watchRegistration = () => { look(); return registration; };
})
