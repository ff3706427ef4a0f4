// https://html.spec.whatwg.org/#timers and queueMicrotask
(function (internal) {
  'use strict';
  const { native, requireArguments, hooks, defineGlobal } = internal;
  const { SafeMap, apply, then, resolved } = internal.primordials;
  const indirectEval = eval;

  const timers = new SafeMap();
  let lastID = 0;
  // How deep the timer that runs now is in a chain of timers that set timers.
  let nesting = 0;

  function start(callback, args, delay, repeats, ownID) {
    const id = ownID ?? ++lastID;
    const milliseconds = nesting > 5 && delay < 4 ? 4 : delay;
    timers.set(id, { callback, args, delay, repeats, nesting: nesting + 1 });
    native.setTimer(id, milliseconds);
    return id;
  }

  function toDelay(value) {
    const delay = value | 0;
    return delay < 0 ? 0 : delay;
  }

  function clear(id) {
    const number = +id | 0;
    if (timers.delete(number)) native.clearTimer(number);
  }

  hooks.timer = function (id) {
    const timer = timers.get(id);
    if (timer === undefined) return;
    nesting = timer.nesting;
    try {
      if (!timer.repeats) timers.delete(id);
      if (typeof timer.callback === 'function') apply(timer.callback, globalThis, timer.args);
      else indirectEval(timer.callback);
    } catch (error) {
      internal.reportException(error);
    } finally {
      // The callback may have cleared it.
      if (timer.repeats && timers.get(id) === timer) {
        start(timer.callback, timer.args, timer.delay, true, id);
      }
      nesting = 0;
    }
  };

  internal.startTimer = (delay, callback) => start(callback, [], delay, false);

  defineGlobal('setTimeout', function setTimeout(handler, timeout = 0, ...args) {
    requireArguments(arguments.length, 1, 'setTimeout');
    const callback = typeof handler === 'function' ? handler : `${handler}`;
    return start(callback, args, toDelay(timeout), false);
  }, true);
  defineGlobal('setInterval', function setInterval(handler, timeout = 0, ...args) {
    requireArguments(arguments.length, 1, 'setInterval');
    const callback = typeof handler === 'function' ? handler : `${handler}`;
    return start(callback, args, toDelay(timeout), true);
  }, true);
  defineGlobal('clearTimeout', function clearTimeout(id = 0) { clear(id); }, true);
  defineGlobal('clearInterval', function clearInterval(id = 0) { clear(id); }, true);

  defineGlobal('queueMicrotask', function queueMicrotask(callback) {
    requireArguments(arguments.length, 1, 'queueMicrotask');
    if (typeof callback !== 'function') {
      throw new TypeError('queueMicrotask: the callback is not a function.');
    }
    then(resolved(), () => {
      try {
        apply(callback, undefined, []);
      } catch (error) {
        internal.reportException(error);
      }
    });
  }, true);
})
