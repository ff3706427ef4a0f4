// https://w3c.github.io/performance-timeline/#the-performanceobserver-interface
(function (internal) {
  'use strict';
  const { token, isObject, requireArguments, toDictionary, DOMException } = internal;
  const { apply, freeze } = internal.primordials;
  const timeline = internal.performanceTimeline;
  const supported = freeze(['mark', 'measure']);
  const isSupported = (type) => type === 'mark' || type === 'measure';

  class PerformanceObserverEntryList {
    #entries;
    constructor(key, entries) {
      if (key !== token) throw internal.illegalConstructor();
      this.#entries = entries;
    }
    getEntries() { return timeline.filtered(this.#entries); }
    getEntriesByType(type) {
      this.#entries;
      requireArguments(arguments.length, 1, 'PerformanceObserverEntryList.getEntriesByType');
      return timeline.filtered(this.#entries, undefined, `${type}`);
    }
    getEntriesByName(name, type = undefined) {
      this.#entries;
      requireArguments(arguments.length, 1, 'PerformanceObserverEntryList.getEntriesByName');
      return timeline.filtered(
        this.#entries, `${name}`, type === undefined ? undefined : `${type}`);
    }
  }
  internal.defineInterface('PerformanceObserverEntryList', PerformanceObserverEntryList);

  // The observers that observe, in the order in which they began.
  let observers = [];
  let isQueued = false;

  const UNDEFINED = 0, SINGLE = 1, MULTIPLE = 2;

  class PerformanceObserver {
    #callback;
    #mode = UNDEFINED;
    #types = [];
    #buffer = [];
    #needsDropped = false;

    constructor(callback) {
      requireArguments(arguments.length, 1, 'PerformanceObserver');
      if (typeof callback !== 'function') {
        throw new TypeError('PerformanceObserver: the callback is not a function.');
      }
      this.#callback = callback;
    }

    observe(options = {}) {
      this.#callback;
      const { buffered, entryTypes, type } = toDictionary(options, 'PerformanceObserver.observe');
      const types = entryTypes === undefined ? undefined : toStrings(entryTypes);
      if (types === undefined && type === undefined) {
        throw new TypeError("PerformanceObserver.observe: neither 'entryTypes' nor 'type'.");
      }
      if (types !== undefined && (buffered !== undefined || type !== undefined)) {
        throw new TypeError("PerformanceObserver.observe: 'entryTypes' goes with nothing else.");
      }
      const mode = types === undefined ? SINGLE : MULTIPLE;
      if (this.#mode !== UNDEFINED && this.#mode !== mode) {
        throw new DOMException(
          "'entryTypes' and 'type' cannot be mixed.", 'InvalidModificationError');
      }
      this.#mode = mode;
      this.#needsDropped = true;
      if (mode === MULTIPLE) this.#observeTypes(types);
      else this.#observeType(`${type}`, !!buffered);
    }

    #observeTypes(types) {
      const wanted = [];
      for (let i = 0; i < types.length; i++) {
        if (isSupported(types[i]) && !has(wanted, types[i])) wanted[wanted.length] = types[i];
      }
      if (wanted.length === 0) return;
      this.#types = wanted;
      begin(this);
    }

    #observeType(type, buffered) {
      if (!isSupported(type)) return;
      if (!has(this.#types, type)) this.#types[this.#types.length] = type;
      begin(this);
      if (!buffered) return;
      const known = timeline.byType(type);
      for (let i = 0; i < known.length; i++) this.#buffer[this.#buffer.length] = known[i];
      queue();
    }

    disconnect() {
      this.#callback;
      const rest = [];
      for (let i = 0; i < observers.length; i++) {
        if (observers[i] !== this) rest[rest.length] = observers[i];
      }
      observers = rest;
      this.#buffer = [];
      this.#types = [];
    }

    takeRecords() {
      const records = this.#buffer;
      this.#buffer = [];
      return records;
    }

    static get supportedEntryTypes() { return supported; }

    static {
      internal.performanceObserver = {
        add(observer, entry, type) {
          if (has(observer.#types, type)) observer.#buffer[observer.#buffer.length] = entry;
        },
        notify(observer) {
          const records = observer.#buffer;
          if (records.length === 0) return;
          observer.#buffer = [];
          const options = observer.#needsDropped ? { droppedEntriesCount: 0 } : {};
          observer.#needsDropped = false;
          apply(observer.#callback, observer, [
            new PerformanceObserverEntryList(token, records), observer, options,
          ]);
        },
      };
    }
  }
  internal.defineInterface('PerformanceObserver', PerformanceObserver);
  const { add, notify } = internal.performanceObserver;

  function toStrings(value) {
    if (!isObject(value) || typeof value[Symbol.iterator] !== 'function') {
      throw new TypeError("PerformanceObserver.observe: 'entryTypes' is not a sequence.");
    }
    const strings = [];
    for (const item of value) strings[strings.length] = `${item}`;
    return strings;
  }

  function has(list, item) {
    for (let i = 0; i < list.length; i++) if (list[i] === item) return true;
    return false;
  }

  function begin(observer) { if (!has(observers, observer)) observers[observers.length] = observer; }

  function queue() {
    if (isQueued) return;
    isQueued = true;
    internal.queueTask(() => {
      isQueued = false;
      const notified = observers;
      for (let i = 0; i < notified.length; i++) {
        try {
          notify(notified[i]);
        } catch (error) {
          internal.reportException(error);
        }
      }
    });
  }

  // https://w3c.github.io/performance-timeline/#queue-a-performanceentry
  internal.queuePerformanceEntry = function (entry, type) {
    if (observers.length === 0) return;
    for (let i = 0; i < observers.length; i++) add(observers[i], entry, type);
    queue();
  };
})
