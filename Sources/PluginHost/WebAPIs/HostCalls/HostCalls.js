// What a script asks of the host beyond fetches: a kind and a payload out, a payload or an error back.
(function (internal) {
  'use strict';
  const { native, hooks, deferred, DOMException } = internal;
  const { SafeMap, rejected } = internal.primordials;

  // Calls without an answer: number → what settles the promise.
  const calls = new SafeMap();

  // Calls the host. `kind` is a number of `CallKind`, `payload` a string, bytes or undefined.
  // The promise gets the answer's bytes; it is rejected with a DOMException, or a TypeError.
  internal.callHost = (kind, payload) => internal.awaitCall(native.call(kind, payload));

  // The promise of a call that was sent.
  internal.awaitCall = function (number) {
    const result = deferred();
    if (number === 0) {
      return rejected(new DOMException('The message is too long.', 'QuotaExceededError'));
    }
    calls.set(number, result);
    return result.promise;
  };

  hooks.callResult = function (number, name, message, payload) {
    const result = calls.get(number);
    if (result === undefined) return;
    calls.delete(number);
    if (name === '' && message === '') result.resolve(payload);
    else result.reject(name === 'TypeError' ? new TypeError(message) : new DOMException(message, name));
  };
})
