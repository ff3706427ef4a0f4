// Native work that finishes later, off the thread of the scripts. Callbacks and no promises: nothing
// of a result is where a plugin's changes to Promise or Object could see it.
(function (internal) {
  'use strict';
  const { native, hooks, DOMException } = internal;
  const { SafeMap, SafeSet } = internal.primordials;

  // Operations without a result: number → [what takes the value, what takes the error].
  const pending = new SafeMap();

  // Waits for the operation with a number. A native function that could not begin one gave
  // `undefined`.
  internal.whenFinished = function (number, onValue, onFailure) {
    if (number === undefined) {
      onFailure(new DOMException('Too many operations at a time.', 'OperationError'));
      return;
    }
    pending.set(number, [onValue, onFailure]);
  };

  hooks.operationFinished = function (number, errorName, value) {
    const callbacks = pending.get(number);
    if (callbacks === undefined) return;
    pending.delete(number);
    if (errorName === undefined) callbacks[0](value);
    else callbacks[1](new DOMException(value, errorName));
  };

  // Scripts of big APIs that few plugins use are evaluated when they are first needed. They may rely
  // on `internal.primordials` only, as the plugin has been running for long.
  const loaded = new SafeSet();
  internal.load = function (group) {
    if (loaded.has(group)) return;
    const failure = native.loadScripts(group);
    // Near the end of the stack, say: the next try may go better.
    if (failure !== undefined) throw new RangeError(failure);
    loaded.add(group);
  };
})
