// https://urlpattern.spec.whatwg.org/. Patterns are compiled in Swift; the regular expressions that
// come of it run here.
(function (internal) {
  'use strict';
  const { native, token, isObject, requireArguments, toUSVString, toDictionary, urlField } = internal;
  const { defineProperty, split, slice, execute } = internal.primordials;
  const TypeError = internal.primordials.TypeError;
  const RegExp = globalThis.RegExp;

  const names = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
  const COUNT = 8;
  // Web IDL reads dictionaries, and writes them, in the order of the alphabet.
  const sortedNames = [
    'baseURL', 'hash', 'hostname', 'password', 'pathname', 'port', 'protocol', 'search', 'username',
  ];

  // A URLPatternInit with the members that are there.
  function toInit(value) {
    const init = { __proto__: null };
    if (value === undefined || value === null) return init;
    for (let i = 0; i < sortedNames.length; i++) {
      const member = value[sortedNames[i]];
      if (member !== undefined) init[sortedNames[i]] = toUSVString(member);
    }
    return init;
  }
  const isDictionary = (value) => value === undefined || value === null || isObject(value);
  const toInput = (value) => (isDictionary(value) ? toInit(value) : toUSVString(value));

  // Whether a regular expression matches one of some strings; undefined where it is none. Asked for
  // protocols only.
  function testStrings(source, packed) {
    const strings = split(packed, '\n');
    try {
      const expression = new RegExp(source, 'v');
      for (let i = 0; i < strings.length; i++) {
        if (execute(expression, strings[i]) !== null) return true;
      }
      return false;
    } catch {
      return undefined;
    }
  }

  // How a component matches: everything, one text, or what a regular expression does.
  const ANYTHING = 0, TEXT = 1, EXPRESSION = 2, CUSTOM = 3;

  function makeComponent(packed, ignoresCase) {
    const [pattern, shape, value, groups] = split(packed, '\uFFFF');
    const kind = +shape;
    let expression = null;
    if (kind >= EXPRESSION) {
      try {
        expression = new RegExp(value, ignoresCase ? 'vi' : 'v');
      } catch {
        throw new TypeError(`URLPattern: '${pattern}' has a regular expression that is none.`);
      }
    }
    return {
      pattern, kind, expression, text: value, groups: groups === '' ? null : split(groups, '\n'),
    };
  }

  function compile(input, baseURL, ignoresCase) {
    const init = typeof input === 'string' ? null : input;
    if (init !== null && baseURL !== undefined) {
      throw new TypeError('URLPattern: a base URL is for strings only.');
    }
    const packed = init === null
      ? native.compileURLPattern(testStrings, ignoresCase, baseURL, input)
      : native.compileURLPattern(
        testStrings, ignoresCase, init.baseURL, undefined, init.protocol, init.username,
        init.password, init.hostname, init.port, init.pathname, init.search, init.hash);
    if (packed[0] !== '=') throw new TypeError(`URLPattern: ${slice(packed, 1)}`);
    const parts = split(slice(packed, 1), '\uFFFE');
    const components = [];
    for (let i = 0; i < COUNT; i++) {
      components[i] = makeComponent(parts[i], ignoresCase && i >= 5);
    }
    return components;
  }

  // The components of what is to match; null where it is no URL.
  function valuesOf(input, baseURL) {
    if (typeof input !== 'string') {
      const packed = native.urlPatternValues(
        input.baseURL, input.protocol, input.username, input.password, input.hostname, input.port,
        input.pathname, input.search, input.hash);
      return packed === undefined ? null : split(packed, '\n');
    }
    const record = internal.parseURL(input, baseURL);
    if (record === null) return null;
    return [
      slice(record[urlField.PROTOCOL], 0, -1), record[urlField.USERNAME], record[urlField.PASSWORD],
      record[urlField.HOSTNAME], record[urlField.PORT], record[urlField.PATHNAME],
      slice(record[urlField.SEARCH], 1), slice(record[urlField.HASH], 1),
    ];
  }

  function argumentsOf(input, baseURL) {
    const value = toInput(input);
    const base = baseURL === undefined ? undefined : toUSVString(baseURL);
    if (base !== undefined && typeof value !== 'string') {
      throw new TypeError('URLPattern: a base URL is for strings only.');
    }
    return [value, base];
  }

  function matches(component, value) {
    switch (component.kind) {
      case ANYTHING: return true;
      case TEXT: return component.text === value;
      default: return execute(component.expression, value) !== null;
    }
  }

  const define = (object, key, value) => defineProperty(object, key, {
    __proto__: null, value, enumerable: true, configurable: true, writable: true,
  });

  // A URLPatternComponentResult; null where the component does not match.
  function resultOf(component, value) {
    const groups = {};
    if (component.kind === TEXT) {
      if (component.text !== value) return null;
    } else if (component.kind === ANYTHING) {
      define(groups, component.groups[0], value);
    } else {
      const found = execute(component.expression, value);
      if (found === null) return null;
      for (let i = 0; component.groups !== null && i < component.groups.length; i++) {
        define(groups, component.groups[i], found[i + 1]);
      }
    }
    return { groups, input: value };
  }

  // The dictionary of an input as an object of its own.
  function copyInit(init) {
    const copy = {};
    for (let i = 0; i < sortedNames.length; i++) {
      const value = init[sortedNames[i]];
      if (value !== undefined) define(copy, sortedNames[i], value);
    }
    return copy;
  }

  class URLPattern {
    #components;
    #ignoresCase;

    constructor(input = undefined, baseURL = undefined, options = undefined) {
      if (input === token) {
        this.#components = compile(arguments[1], arguments[2], false);
        this.#ignoresCase = false;
        return;
      }
      // Of two arguments, the second is a base URL where it can be no dictionary.
      const hasBase = arguments.length > 2 || !isDictionary(baseURL);
      const value = toInput(input);
      const base = hasBase ? toUSVString(baseURL) : undefined;
      const { ignoreCase } = toDictionary(hasBase ? options : baseURL, 'URLPattern');
      this.#ignoresCase = !!ignoreCase;
      this.#components = compile(value, base, this.#ignoresCase);
    }

    test(input = undefined, baseURL = undefined) {
      const components = this.#components;
      const [value, base] = argumentsOf(input, baseURL);
      const values = valuesOf(value, base);
      if (values === null) return false;
      for (let i = 0; i < COUNT; i++) {
        if (!matches(components[i], values[i])) return false;
      }
      return true;
    }
    exec(input = undefined, baseURL = undefined) {
      const components = this.#components;
      const [value, base] = argumentsOf(input, baseURL);
      const values = valuesOf(value, base);
      if (values === null) return null;
      const results = [];
      for (let i = 0; i < COUNT; i++) {
        results[i] = resultOf(components[i], values[i]);
        if (results[i] === null) return null;
      }
      const inputs = [typeof value === 'string' ? value : copyInit(value)];
      if (base !== undefined) inputs[1] = base;
      const [protocol, username, password, hostname, port, pathname, search, hash] = results;
      return { hash, hostname, inputs, password, pathname, port, protocol, search, username };
    }

    get protocol() { return this.#components[0].pattern; }
    get username() { return this.#components[1].pattern; }
    get password() { return this.#components[2].pattern; }
    get hostname() { return this.#components[3].pattern; }
    get port() { return this.#components[4].pattern; }
    get pathname() { return this.#components[5].pattern; }
    get search() { return this.#components[6].pattern; }
    get hash() { return this.#components[7].pattern; }
    get hasRegExpGroups() {
      for (let i = 0; i < COUNT; i++) if (this.#components[i].kind === CUSTOM) return true;
      return false;
    }

    static {
      // *Build a URLPattern object from a Web IDL value*, a URLPatternCompatible.
      internal.buildURLPattern = function (value, baseURL) {
        if (isObject(value) && #components in value) return value;
        const input = toInput(value);
        if (typeof input === 'string') return new URLPattern(token, input, baseURL);
        if (input.baseURL === undefined) input.baseURL = baseURL;
        return new URLPattern(token, input);
      };
      // What makes the same pattern elsewhere: its strings by component, and whether case matters.
      internal.urlPatternParts = function (pattern) {
        const strings = [];
        for (let i = 0; i < COUNT; i++) strings[i] = pattern.#components[i].pattern;
        return { strings, ignoreCase: pattern.#ignoresCase };
      };
    }
  }

  internal.defineInterface('URLPattern', URLPattern);
})
