// https://fetch.spec.whatwg.org/#headers-class
(function (internal) {
  'use strict';
  const { token, isObject, requireArguments, toByteString } = internal;
  const {
    SafeMap, SafeSet, lowerCase, upperCase, slice, split, execute, startsWith, ownKeys, sort,
    getOwnPropertyDescriptor, iteratorSymbol,
  } = internal.primordials;

  // A header list is a flat array: name, value, name, value, …
  const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
  const badValue = /[\0\r\n]/;
  internal.isHTTPToken = (string) => execute(isToken, string) !== null;

  // Names seen before, in small letters: most headers have one of few names.
  const knownNames = new SafeMap();
  function lowerName(name) {
    const known = knownNames.get(name);
    if (known !== undefined) return known;
    if (execute(isToken, name) === null) {
      throw new TypeError(`'${name}' is not a valid header name.`);
    }
    const lower = lowerCase(name);
    if (knownNames.size < 512) knownNames.set(name, lower);
    return lower;
  }
  internal.lowerHeaderName = lowerName;

  const isHTTPSpace = (c) => c === ' ' || c === '\t' || c === '\n' || c === '\r';
  function normalizeValue(value) {
    let start = 0;
    let end = value.length;
    while (start < end && isHTTPSpace(value[start])) start++;
    while (end > start && isHTTPSpace(value[end - 1])) end--;
    return start === 0 && end === value.length ? value : slice(value, start, end);
  }
  internal.normalizeHeaderValue = normalizeValue;

  function setOf(...names) {
    const set = new SafeSet();
    for (const name of names) set.add(name);
    return set;
  }
  const forbiddenRequest = setOf(
    'accept-charset', 'accept-encoding', 'access-control-request-headers',
    'access-control-request-method', 'access-control-request-private-network', 'connection',
    'content-length', 'cookie', 'cookie2', 'date', 'dnt', 'expect', 'host', 'keep-alive', 'origin',
    'referer', 'set-cookie', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via');
  const methodOverrides = setOf('x-http-method', 'x-http-method-override', 'x-method-override');
  const forbiddenMethods = setOf('CONNECT', 'TRACE', 'TRACK');
  const forbiddenResponse = setOf('set-cookie', 'set-cookie2');
  const noCORSNames = setOf('accept', 'accept-language', 'content-language', 'content-type');
  internal.isForbiddenMethod = (method) => forbiddenMethods.has(upperCase(method));
  internal.isForbiddenResponseHeader = (lower) => forbiddenResponse.has(lower);

  function isForbiddenRequestHeader(lower, value) {
    if (forbiddenRequest.has(lower)) return true;
    if (startsWith(lower, 'proxy-') || startsWith(lower, 'sec-')) return true;
    if (!methodOverrides.has(lower)) return false;
    const methods = split(value, ',');
    for (let i = 0; i < methods.length; i++) {
      if (forbiddenMethods.has(upperCase(normalizeValue(methods[i])))) return true;
    }
    return false;
  }

  // https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header
  const unsafeByte = /[\x00-\x08\x0a-\x1f"():<>?@[\\\]{}\x7f]/;
  const languageValue = /^[0-9A-Za-z *,\-.;=]*$/;
  const simpleType = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)[ \t]*(?:;|$)/i;
  function isNoCORSSafelisted(lower, value) {
    if (!noCORSNames.has(lower) || value.length > 128) return false;
    if (lower === 'accept') return execute(unsafeByte, value) === null;
    if (lower === 'content-type') {
      return execute(unsafeByte, value) === null && execute(simpleType, value) !== null;
    }
    return execute(languageValue, value) !== null;
  }

  function getFrom(list, lower) {
    let result = null;
    for (let i = 0; i < list.length; i += 2) {
      if (list[i] === lower || lowerName(list[i]) === lower) {
        result = result === null ? list[i + 1] : `${result}, ${list[i + 1]}`;
      }
    }
    return result;
  }

  function without(list, lower) {
    const rest = [];
    for (let i = 0; i < list.length; i += 2) {
      if (lowerName(list[i]) !== lower) {
        rest[rest.length] = list[i];
        rest[rest.length] = list[i + 1];
      }
    }
    return rest;
  }
  internal.headerList = {
    get: getFrom,
    without,
    copy(list) {
      const copy = [];
      for (let i = 0; i < list.length; i++) copy[i] = list[i];
      return copy;
    },
    // The host sends a list as "name\nvalue\nname\nvalue".
    unpack: (packed) => (packed === '' ? [] : split(packed, '\n')),
  };

  class Headers {
    #list;
    #guard;
    #sorted = null;

    constructor(init = undefined) {
      if (init === token) {
        this.#list = arguments[1];
        this.#guard = arguments[2];
        return;
      }
      this.#list = [];
      this.#guard = 'none';
      if (init !== undefined) fill(this, init);
    }

    #append(name, value) {
      const normalized = normalizeValue(value);
      const lower = check(this, name, normalized);
      if (lower === null) return;
      if (this.#guard === 'request-no-cors') {
        const present = getFrom(this.#list, lower);
        const whole = present === null ? normalized : `${present}, ${normalized}`;
        if (!isNoCORSSafelisted(lower, whole)) return;
      }
      this.#sorted = null;
      const list = this.#list;
      list[list.length] = nameAsKnown(list, name, lower);
      list[list.length] = normalized;
      if (this.#guard === 'request-no-cors') dropPrivileged(this);
    }
    append(name, value) {
      requireArguments(arguments.length, 2, 'Headers.append');
      this.#append(toByteString(name), toByteString(value));
    }
    delete(name) {
      requireArguments(arguments.length, 1, 'Headers.delete');
      const lower = check(this, toByteString(name), '');
      if (lower === null) return;
      if (this.#guard === 'request-no-cors' && !noCORSNames.has(lower) && lower !== 'range') return;
      this.#sorted = null;
      this.#list = without(this.#list, lower);
      if (this.#guard === 'request-no-cors') dropPrivileged(this);
    }
    get(name) {
      requireArguments(arguments.length, 1, 'Headers.get');
      return getFrom(this.#list, lowerName(toByteString(name)));
    }
    getSetCookie() {
      const result = [];
      for (let i = 0; i < this.#list.length; i += 2) {
        if (lowerName(this.#list[i]) === 'set-cookie') result[result.length] = this.#list[i + 1];
      }
      return result;
    }
    has(name) {
      requireArguments(arguments.length, 1, 'Headers.has');
      return getFrom(this.#list, lowerName(toByteString(name))) !== null;
    }
    set(name, value) {
      requireArguments(arguments.length, 2, 'Headers.set');
      const key = toByteString(name);
      const normalized = normalizeValue(toByteString(value));
      const lower = check(this, key, normalized);
      if (lower === null) return;
      if (this.#guard === 'request-no-cors' && !isNoCORSSafelisted(lower, normalized)) return;
      this.#sorted = null;
      const list = [];
      let found = false;
      for (let i = 0; i < this.#list.length; i += 2) {
        const same = lowerName(this.#list[i]) === lower;
        if (same && found) continue;
        list[list.length] = this.#list[i];
        list[list.length] = same ? normalized : this.#list[i + 1];
        found ||= same;
      }
      if (!found) {
        list[list.length] = key;
        list[list.length] = normalized;
      }
      this.#list = list;
      if (this.#guard === 'request-no-cors') dropPrivileged(this);
    }

    static {
      // https://fetch.spec.whatwg.org/#headers-validate; null where the guard says to do nothing.
      const check = (headers, name, value) => {
        const lower = lowerName(name);
        if (execute(badValue, value) !== null) {
          throw new TypeError(`The value of the header '${name}' has a forbidden character.`);
        }
        const guard = headers.#guard;
        if (guard === 'none') return lower;
        if (guard === 'immutable') throw new TypeError('The headers are immutable.');
        if (guard === 'response') return forbiddenResponse.has(lower) ? null : lower;
        return isForbiddenRequestHeader(lower, value) ? null : lower;
      };
      // A no-cors request loses its Range where a script touches its headers.
      const dropPrivileged = (headers) => { headers.#list = without(headers.#list, 'range'); };
      const nameAsKnown = (list, name, lower) => {
        for (let i = 0; i < list.length; i += 2) if (lowerName(list[i]) === lower) return list[i];
        return name;
      };
      internal.headersPrivate = { check, dropPrivileged, nameAsKnown };
      internal.headers = {
        is: (value) => isObject(value) && #list in value,
        create: (list, guard) => new Headers(token, list, guard),
        list: (headers) => headers.#list,
        setGuard: (headers, guard) => { headers.#guard = guard; },
        fill(headers, init) {
          if (!isObject(init)) throw new TypeError('The headers are not an object.');
          const method = init[iteratorSymbol];
          if (method !== undefined && method !== null) {
            if (typeof method !== 'function') throw new TypeError('The headers are not iterable.');
            const pairs = [];
            for (const item of init) {
              if (!isObject(item)) throw new TypeError('A header is not a pair.');
              const pair = [];
              for (const part of item) pair[pair.length] = toByteString(part);
              pairs[pairs.length] = pair;
            }
            for (let i = 0; i < pairs.length; i++) {
              if (pairs[i].length !== 2) throw new TypeError('A header is not a pair.');
              headers.#append(pairs[i][0], pairs[i][1]);
            }
            return;
          }
          const entries = [];
          for (const key of ownKeys(init)) {
            const descriptor = getOwnPropertyDescriptor(init, key);
            if (descriptor === undefined || !descriptor.enumerable) continue;
            entries[entries.length] = toByteString(key);
            entries[entries.length] = toByteString(init[key]);
          }
          for (let i = 0; i < entries.length; i += 2) headers.#append(entries[i], entries[i + 1]);
        },
        // https://fetch.spec.whatwg.org/#concept-header-list-sort-and-combine
        entry(headers, index) {
          headers.#sorted ??= sortAndCombine(headers.#list);
          return headers.#sorted[index];
        },
        append: (headers, name, value) => headers.#append(name, value),
      };
    }
  }
  const { check, dropPrivileged, nameAsKnown } = internal.headersPrivate;
  const { fill } = internal.headers;

  function sortAndCombine(list) {
    const names = [];
    for (let i = 0; i < list.length; i += 2) {
      const lower = lowerName(list[i]);
      let known = false;
      for (let j = 0; j < names.length; j++) known ||= names[j] === lower;
      if (!known) names[names.length] = lower;
    }
    sort(names, (a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const entries = [];
    for (let i = 0; i < names.length; i++) {
      if (names[i] !== 'set-cookie') {
        entries[entries.length] = [names[i], getFrom(list, names[i])];
        continue;
      }
      for (let j = 0; j < list.length; j += 2) {
        if (lowerName(list[j]) === 'set-cookie') {
          entries[entries.length] = ['set-cookie', list[j + 1]];
        }
      }
    }
    return entries;
  }

  internal.defineIterable(Headers, 'Headers', internal.headers.entry);
  internal.defineInterface('Headers', Headers);
})
