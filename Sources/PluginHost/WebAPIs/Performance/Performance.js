// https://w3c.github.io/hr-time/#sec-performance
(function (internal) {
  'use strict';
  const { native, token, EventTarget } = internal;
  const timeOrigin = native.timeOrigin();

  class Performance extends EventTarget {
    #brand;
    constructor(key) {
      if (key !== token) throw internal.illegalConstructor();
      super();
    }
    now() { this.#brand; return native.now(); }
    get timeOrigin() { this.#brand; return timeOrigin; }
    toJSON() { this.#brand; return { timeOrigin }; }
  }
  internal.defineInterface('Performance', Performance);
  const performance = new Performance(token);
  internal.defineGlobalGetter('performance', () => performance, function (value) {
    internal.defineGlobal('performance', value, true);
  });
})
