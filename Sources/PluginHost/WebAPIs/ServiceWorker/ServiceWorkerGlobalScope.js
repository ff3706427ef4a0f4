// The global of a service worker: https://w3c.github.io/ServiceWorker/#serviceworkerglobalscope-interface
// and https://html.spec.whatwg.org/#workerglobalscope
//
// The engine's global inherits from Object.prototype for good, so its members are its own here and
// not its prototypes'; `instanceof` answers as if the prototypes were in its chain.
(function (internal) {
  'use strict';
  const { native, hooks, token, requireArguments, EventTarget } = internal;
  const { rejected, resolved, startsWith, split, then, defineProperty } = internal.primordials;
  const { defineGlobal, defineGlobalGetter, DOMException } = internal;
  const [scriptURL, scope] = split(native.environment(), '\n');

  const base = internal.parseURL(scriptURL) ?? internal.parseURL(scope);
  const { HREF, ORIGIN, PROTOCOL, HOST, HOSTNAME, PORT, PATHNAME } = internal.urlField;
  const SEARCH = 9, HASH = 10;
  const location = base ?? ['about:blank', 'null', 'about:', '', '', '', '', '', 'blank', '', ''];
  internal.baseURL = location[HREF];
  internal.origin = location[ORIGIN];
  internal.startsWithOrigin = (url) => startsWith(url, `${internal.origin}/`);

  class WorkerLocation {
    #brand;
    constructor(key) { if (key !== token) throw internal.illegalConstructor(); }
    get href() { this.#brand; return location[HREF]; }
    get origin() { this.#brand; return location[ORIGIN]; }
    get protocol() { this.#brand; return location[PROTOCOL]; }
    get host() { this.#brand; return location[HOST]; }
    get hostname() { this.#brand; return location[HOSTNAME]; }
    get port() { this.#brand; return location[PORT]; }
    get pathname() { this.#brand; return location[PATHNAME]; }
    get search() { this.#brand; return location[SEARCH]; }
    get hash() { this.#brand; return location[HASH]; }
    toString() { this.#brand; return location[HREF]; }
  }

  class WorkerNavigator {
    #brand;
    constructor(key) { if (key !== token) throw internal.illegalConstructor(); }
    get appCodeName() { this.#brand; return 'Mozilla'; }
    get appName() { this.#brand; return 'Netscape'; }
    get appVersion() { this.#brand; return '5.0 (Valor)'; }
    get platform() { this.#brand; return ''; }
    get product() { this.#brand; return 'Gecko'; }
    get userAgent() { this.#brand; return 'Mozilla/5.0 (compatible; Valor)'; }
    get language() { this.#brand; return languages[0]; }
    get languages() { this.#brand; return languages; }
    get onLine() { this.#brand; return true; }
    get hardwareConcurrency() { this.#brand; return native.hardwareConcurrency(); }
  }
  const languages = internal.primordials.freeze(['en-US']);

  const SKIP_WAITING = 0;
  const ignore = () => {};

  class WorkerGlobalScope extends EventTarget {
    constructor() { throw internal.illegalConstructor(); }
  }
  class ServiceWorkerGlobalScope extends WorkerGlobalScope {}
  internal.alsoGlobal(WorkerGlobalScope);
  internal.alsoGlobal(ServiceWorkerGlobalScope);

  const interfaces = {
    WorkerLocation, WorkerNavigator, WorkerGlobalScope, ServiceWorkerGlobalScope,
  };
  for (const name of internal.primordials.ownKeys(interfaces)) {
    internal.defineInterface(name, interfaces[name]);
  }

  const workerLocation = new WorkerLocation(token);
  const navigator = new WorkerNavigator(token);
  const global = globalThis;
  defineGlobalGetter('self', () => global);
  defineGlobalGetter('location', () => workerLocation);
  defineGlobalGetter('navigator', () => navigator);
  defineGlobalGetter('clients', () => internal.clients);
  defineGlobalGetter('registration', internal.watchRegistration);
  defineGlobalGetter('serviceWorker', internal.ownWorker);
  defineGlobalGetter('origin', () => internal.origin, (value) => defineGlobal('origin', value, true));
  defineGlobalGetter('isSecureContext', () => true);
  defineGlobalGetter('crossOriginIsolated', () => false);
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
    defineGlobal(name, EventTarget.prototype[name], true);
  }
  for (const name of [
    'onerror', 'onlanguagechange', 'onoffline', 'ononline', 'onrejectionhandled',
    'onunhandledrejection', 'oninstall', 'onactivate', 'onfetch', 'onmessage', 'onmessageerror',
  ]) internal.defineHandler(global, name);
  defineGlobal('skipWaiting', function skipWaiting() { return then(internal.callHost(SKIP_WAITING), ignore); }, true);
  defineProperty(global, Symbol.toStringTag, {
    value: 'ServiceWorkerGlobalScope', configurable: true,
  });

  // Agents of service workers cannot block: https://tc39.es/ecma262/#sec-dowait. The engine's own would
  // stop the worker's thread.
  const { load } = Atomics;
  defineProperty(Atomics, 'wait', {
    value: function wait(typedArray, index, value, timeout) {
      load(typedArray, index);
      throw new TypeError('Atomics.wait() is not allowed in service workers.');
    },
    writable: true, enumerable: false, configurable: true,
  });

  internal.showAttributes(internal.Request, ['method', 'url', 'headers', 'mode', 'destination']);
  internal.showAttributes(
    internal.Response, ['type', 'url', 'status', 'statusText', 'ok', 'headers', 'bodyUsed']);
  internal.showAttributes(internal.URL, ['href']);
  internal.showAttributes(internal.Event, ['type', 'target', 'defaultPrevented']);

  hooks.listenerTypes = function () {
    const types = [];
    internal.listenersOf(global).forEach((list, type) => {
      if (list.length > 0) types[types.length] = type;
    });
    return internal.primordials.join(types, '\n');
  };
})
