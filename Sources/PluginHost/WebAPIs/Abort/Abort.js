// https://dom.spec.whatwg.org/#aborting-ongoing-activities
(function (internal) {
  'use strict';
  const { token, isObject, requireArguments } = internal;
  const { EventTarget, Event, DOMException, native } = internal;
  const { TRUSTED } = internal.eventFlags;

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason = undefined;
    #algorithms = [];
    // Of a signal made by any(): what it waits for. Of others: who waits for it.
    #sources = null;
    #dependents = null;

    constructor(key) {
      if (key !== token) throw internal.illegalConstructor();
      super();
    }

    static abort(reason = new DOMException('The operation was aborted.', 'AbortError')) {
      const signal = new AbortSignal(token);
      signal.#aborted = true;
      signal.#reason = reason;
      return signal;
    }

    static timeout(milliseconds) {
      requireArguments(arguments.length, 1, 'AbortSignal.timeout');
      const delay = internal.toEnforcedInteger(
        milliseconds, 0, 9007199254740991, 'AbortSignal.timeout');
      const signal = new AbortSignal(token);
      internal.startTimer(delay, () => {
        abort(signal, new DOMException('The operation timed out.', 'TimeoutError'));
      });
      return signal;
    }

    static any(signals) {
      requireArguments(arguments.length, 1, 'AbortSignal.any');
      if (!isObject(signals)) throw new TypeError('AbortSignal.any: not a sequence.');
      const given = [];
      for (const signal of signals) {
        if (!is(signal)) throw new TypeError('AbortSignal.any: not an AbortSignal.');
        given[given.length] = signal;
      }
      return dependent(given);
    }

    get aborted() { return this.#aborted; }
    get reason() { return this.#reason; }
    throwIfAborted() { if (this.#aborted) throw this.#reason; }

    static {
      const is = (value) => isObject(value) && #aborted in value;
      const fire = (signal) => {
        const algorithms = signal.#algorithms;
        signal.#algorithms = [];
        for (let i = 0; i < algorithms.length; i++) algorithms[i](signal.#reason);
        internal.dispatch(signal, new Event(token, 'abort', TRUSTED, native.now()));
      };
      internal.abort = {
        is,
        create: () => new AbortSignal(token),
        isAborted: (signal) => signal.#aborted,
        reason: (signal) => signal.#reason,
        addAlgorithm(signal, algorithm) {
          if (!signal.#aborted) signal.#algorithms[signal.#algorithms.length] = algorithm;
        },
        removeAlgorithm(signal, algorithm) {
          const rest = [];
          for (const known of signal.#algorithms) {
            if (known !== algorithm) rest[rest.length] = known;
          }
          signal.#algorithms = rest;
        },
        // https://dom.spec.whatwg.org/#abortsignal-signal-abort
        signal(
          signal, reason = new DOMException('The operation was aborted.', 'AbortError')
        ) {
          if (signal.#aborted) return;
          signal.#aborted = true;
          signal.#reason = reason;
          const aborted = [];
          const dependents = signal.#dependents ?? [];
          for (let i = 0; i < dependents.length; i++) {
            const each = dependents[i];
            if (each.#aborted) continue;
            each.#aborted = true;
            each.#reason = reason;
            aborted[aborted.length] = each;
          }
          signal.#dependents = null;
          fire(signal);
          for (let i = 0; i < aborted.length; i++) fire(aborted[i]);
        },
        dependent(signals) {
          const result = new AbortSignal(token);
          for (let i = 0; i < signals.length; i++) {
            if (!signals[i].#aborted) continue;
            result.#aborted = true;
            result.#reason = signals[i].#reason;
            return result;
          }
          result.#sources = [];
          for (let i = 0; i < signals.length; i++) {
            const sources = signals[i].#sources ?? [signals[i]];
            for (let j = 0; j < sources.length; j++) {
              const source = sources[j];
              result.#sources[result.#sources.length] = source;
              source.#dependents ??= [];
              source.#dependents[source.#dependents.length] = result;
            }
          }
          return result;
        },
      };
    }
  }
  const { is, signal: abort, dependent } = internal.abort;
  internal.defineHandler(AbortSignal.prototype, 'onabort');
  internal.defineInterface('AbortSignal', AbortSignal);

  class AbortController {
    #signal = internal.abort.create();
    get signal() { return this.#signal; }
    abort(reason = undefined) { abort(this.#signal, reason); }
  }
  internal.defineInterface('AbortController', AbortController);
})
