// https://w3c.github.io/hr-time/#sec-performance, with the timeline of
// https://w3c.github.io/performance-timeline/ and https://w3c.github.io/user-timing/
(function (internal) {
  'use strict';
  const { native, token, isObject, requireArguments, toDictionary, EventTarget } = internal;
  const { DOMException } = internal;

  // A DOMHighResTimeStamp.
  function toTime(value, where) {
    const number = +value;
    if (number !== number || number === Infinity || number === -Infinity) {
      throw new TypeError(`${where}: not a finite number.`);
    }
    return number;
  }

  class PerformanceEntry {
    #name;
    #startTime;
    #duration;
    constructor(key, name, startTime, duration) {
      if (key !== token) throw internal.illegalConstructor();
      this.#name = name;
      this.#startTime = startTime;
      this.#duration = duration;
    }
    get name() { return this.#name; }
    get entryType() { this.#name; return typeOf(this); }
    get startTime() { return this.#startTime; }
    get duration() { return this.#duration; }
    toJSON() {
      return {
        name: this.#name, entryType: typeOf(this), startTime: this.#startTime,
        duration: this.#duration,
      };
    }
    static {
      internal.performanceEntry = {
        name: (entry) => entry.#name, startTime: (entry) => entry.#startTime,
      };
    }
  }
  const { name: nameOf, startTime: startOf } = internal.performanceEntry;
  internal.defineInterface('PerformanceEntry', PerformanceEntry);

  const clone = (value) => internal.structuredDeserialize(internal.structuredSerialize(value));

  class PerformanceMark extends PerformanceEntry {
    #detail = null;
    constructor(markName, markOptions = {}) {
      requireArguments(arguments.length, 1, 'PerformanceMark');
      const name = `${markName}`;
      const { detail, startTime } = toDictionary(markOptions, 'PerformanceMark');
      let start = native.now();
      if (startTime !== undefined) {
        start = toTime(startTime, 'PerformanceMark');
        if (start < 0) throw new TypeError('PerformanceMark: the startTime is negative.');
      }
      super(token, name, start, 0);
      if (detail !== undefined && detail !== null) this.#detail = clone(detail);
    }
    get detail() { return this.#detail; }
    static { internal.isPerformanceMark = (entry) => #detail in entry; }
  }
  internal.defineInterface('PerformanceMark', PerformanceMark);

  class PerformanceMeasure extends PerformanceEntry {
    #detail;
    constructor(key, name, startTime, duration, detail) {
      super(key, name, startTime, duration);
      this.#detail = detail;
    }
    get detail() { return this.#detail; }
  }
  internal.defineInterface('PerformanceMeasure', PerformanceMeasure);

  const typeOf = (entry) => (internal.isPerformanceMark(entry) ? 'mark' : 'measure');

  // The entries of both types, in the order in which they were made.
  let entries = [];

  function filtered(list, name, type) {
    const found = [];
    for (let i = 0; i < list.length; i++) {
      const entry = list[i];
      if ((name === undefined || nameOf(entry) === name) &&
          (type === undefined || typeOf(entry) === type)) found[found.length] = entry;
    }
    return internal.primordials.sort(found, (a, b) => startOf(a) - startOf(b));
  }

  function clear(type, name) {
    const rest = [];
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i];
      if (typeOf(entry) !== type || (name !== undefined && nameOf(entry) !== name)) {
        rest[rest.length] = entry;
      }
    }
    entries = rest;
  }

  function add(entry) {
    entries[entries.length] = entry;
    internal.queuePerformanceEntry(entry, typeOf(entry));
  }
  internal.performanceTimeline = {
    typeOf, filtered, byType: (type) => filtered(entries, undefined, type),
  };

  // https://w3c.github.io/user-timing/#convert-a-mark-to-a-timestamp
  function timeOf(mark) {
    if (typeof mark !== 'string') {
      if (mark < 0) throw new TypeError('Performance.measure: a time is negative.');
      return mark;
    }
    for (let i = entries.length - 1; i >= 0; i--) {
      if (internal.isPerformanceMark(entries[i]) && nameOf(entries[i]) === mark) {
        return startOf(entries[i]);
      }
    }
    throw new DOMException(`There is no mark '${mark}'.`, 'SyntaxError');
  }
  const toMark = (value) =>
    (typeof value === 'number' ? toTime(value, 'Performance.measure') : `${value}`);

  // PerformanceMeasureOptions; the members are read in the order of their names.
  function toMeasureOptions(value) {
    const { detail, duration, end, start } = toDictionary(value, 'Performance.measure');
    return {
      detail, duration: duration === undefined ? undefined : toTime(duration, 'Performance.measure'),
      end: end === undefined ? undefined : toMark(end),
      start: start === undefined ? undefined : toMark(start),
      isEmpty: detail === undefined && duration === undefined && end === undefined &&
        start === undefined,
    };
  }

  class Performance extends EventTarget {
    #brand;
    constructor(key = undefined) {
      if (key !== token) throw internal.illegalConstructor();
      super();
    }
    now() { this.#brand; return native.now(); }
    get timeOrigin() { this.#brand; return native.timeOrigin(); }
    toJSON() { this.#brand; return { timeOrigin: native.timeOrigin() }; }
    getEntries() { this.#brand; return filtered(entries); }
    getEntriesByType(type) {
      this.#brand;
      requireArguments(arguments.length, 1, 'Performance.getEntriesByType');
      return filtered(entries, undefined, `${type}`);
    }
    getEntriesByName(name, type = undefined) {
      this.#brand;
      requireArguments(arguments.length, 1, 'Performance.getEntriesByName');
      return filtered(entries, `${name}`, type === undefined ? undefined : `${type}`);
    }
    mark(markName, markOptions = {}) {
      this.#brand;
      requireArguments(arguments.length, 1, 'Performance.mark');
      const mark = new PerformanceMark(markName, markOptions);
      add(mark);
      return mark;
    }
    clearMarks(markName = undefined) {
      this.#brand;
      clear('mark', markName === undefined ? undefined : `${markName}`);
    }
    clearMeasures(measureName = undefined) {
      this.#brand;
      clear('measure', measureName === undefined ? undefined : `${measureName}`);
    }
    measure(measureName, startOrMeasureOptions = {}, endMark = undefined) {
      this.#brand;
      requireArguments(arguments.length, 1, 'Performance.measure');
      const name = `${measureName}`;
      const isDictionary = startOrMeasureOptions === null || isObject(startOrMeasureOptions);
      const options = isDictionary
        ? toMeasureOptions(startOrMeasureOptions) : { isEmpty: true };
      const startMark = isDictionary ? undefined : `${startOrMeasureOptions}`;
      const lastMark = endMark === undefined ? undefined : `${endMark}`;
      if (!options.isEmpty) {
        const { start, duration, end } = options;
        if (lastMark !== undefined) {
          throw new TypeError('Performance.measure: options and a mark for the end.');
        }
        if (start === undefined && end === undefined) {
          throw new TypeError('Performance.measure: neither a start nor an end.');
        }
        if (start !== undefined && duration !== undefined && end !== undefined) {
          throw new TypeError('Performance.measure: a start, a duration and an end.');
        }
      }
      const measure = makeMeasure(name, options, startMark, lastMark);
      add(measure);
      return measure;
    }
  }

  function makeMeasure(name, { start, duration, end, detail }, startMark, endMark) {
    let endTime;
    if (endMark !== undefined) endTime = timeOf(endMark);
    else if (end !== undefined) endTime = timeOf(end);
    else if (start !== undefined && duration !== undefined) endTime = timeOf(start) + duration;
    else endTime = native.now();
    let startTime = 0;
    if (start !== undefined) startTime = timeOf(start);
    else if (duration !== undefined) startTime = endTime - duration;
    else if (startMark !== undefined) startTime = timeOf(startMark);
    const copy = detail === undefined || detail === null ? null : clone(detail);
    return new PerformanceMeasure(token, name, startTime, endTime - startTime, copy);
  }
  internal.defineInterface('Performance', Performance);
  const performance = new Performance(token);
  internal.defineGlobalGetter('performance', () => performance, function (value) {
    internal.defineGlobal('performance', value, true);
  });
})
