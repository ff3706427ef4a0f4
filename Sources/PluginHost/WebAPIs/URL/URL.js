// The interfaces of https://url.spec.whatwg.org/; the parser itself is native.
(function (internal) {
  'use strict';
  const { native, token, isObject, requireArguments, toUSVString } = internal;
  const {
    split, indexOf, slice, replaceAll, ownKeys, getOwnPropertyDescriptor, iteratorSymbol,
    sort, startsWith,
  } = internal.primordials;
  const encodeComponent = encodeURIComponent;
  const decodeComponent = decodeURIComponent;

  // The fields of a record as the native parser packs them, one a line.
  const HREF = 0, ORIGIN = 1, PROTOCOL = 2, USERNAME = 3, PASSWORD = 4, HOST = 5, HOSTNAME = 6;
  const PORT = 7, PATHNAME = 8, SEARCH = 9, HASH = 10;

  function parse(input, base) {
    const packed = base === undefined ? native.parseURL(input) : native.parseURL(input, base);
    return packed === undefined ? null : split(packed, '\n');
  }
  internal.parseURL = parse;
  internal.urlField = {
    HREF, ORIGIN, PROTOCOL, USERNAME, PASSWORD, HOST, HOSTNAME, PORT, PATHNAME, SEARCH, HASH,
  };

  class URL {
    #record;
    #searchParams = null;

    constructor(url, base = undefined) {
      if (url === token) {
        this.#record = arguments[1];
        return;
      }
      requireArguments(arguments.length, 1, 'URL');
      const input = toUSVString(url);
      const baseInput = base === undefined ? undefined : toUSVString(base);
      const record = parse(input, baseInput);
      if (record === null) {
        const against = baseInput === undefined ? '' : ` with the base '${baseInput}'`;
        throw new TypeError(`'${input}'${against} cannot be parsed as a URL.`);
      }
      this.#record = record;
    }

    static parse(url, base = undefined) {
      requireArguments(arguments.length, 1, 'URL.parse');
      const record = parse(toUSVString(url), base === undefined ? undefined : toUSVString(base));
      return record === null ? null : new URL(token, record);
    }
    static canParse(url, base = undefined) {
      requireArguments(arguments.length, 1, 'URL.canParse');
      return parse(toUSVString(url), base === undefined ? undefined : toUSVString(base)) !== null;
    }

    #set(attribute, value) {
      const packed = native.setURL(this.#record[HREF], attribute, toUSVString(value));
      if (packed === undefined) return false;
      this.#record = split(packed, '\n');
      return true;
    }
    #refresh() {
      if (this.#searchParams !== null) {
        internal.updateParams(this.#searchParams, slice(this.#record[SEARCH], 1));
      }
    }

    get href() { return this.#record[HREF]; }
    set href(value) {
      const record = parse(toUSVString(value));
      if (record === null) throw new TypeError(`'${value}' cannot be parsed as a URL.`);
      this.#record = record;
      this.#refresh();
    }
    get origin() { return this.#record[ORIGIN]; }
    get protocol() { return this.#record[PROTOCOL]; }
    set protocol(value) { this.#set('protocol', value); }
    get username() { return this.#record[USERNAME]; }
    set username(value) { this.#set('username', value); }
    get password() { return this.#record[PASSWORD]; }
    set password(value) { this.#set('password', value); }
    get host() { return this.#record[HOST]; }
    set host(value) { this.#set('host', value); }
    get hostname() { return this.#record[HOSTNAME]; }
    set hostname(value) { this.#set('hostname', value); }
    get port() { return this.#record[PORT]; }
    set port(value) { this.#set('port', value); }
    get pathname() { return this.#record[PATHNAME]; }
    set pathname(value) { this.#set('pathname', value); }
    get search() { return this.#record[SEARCH]; }
    set search(value) {
      this.#set('search', value);
      this.#refresh();
    }
    get searchParams() {
      if (this.#searchParams === null) {
        this.#searchParams = new URLSearchParams(token, this);
        this.#refresh();
      }
      return this.#searchParams;
    }
    get hash() { return this.#record[HASH]; }
    set hash(value) { this.#set('hash', value); }
    toString() { return this.#record[HREF]; }
    toJSON() { return this.#record[HREF]; }

    static {
      internal.isURL = (value) => isObject(value) && #record in value;
      internal.setURLQuery = (url, query) => { url.#set('search', query); };
    }
  }

  function decodePart(string) {
    const spaced = indexOf(string, '+') < 0 ? string : replaceAll(string, '+', ' ');
    if (indexOf(spaced, '%') < 0) return spaced;
    try {
      return decodeComponent(spaced);
    } catch {
      return native.percentDecode(spaced);
    }
  }

  function parseForm(input) {
    const list = [];
    if (input === '') return list;
    const parts = split(input, '&');
    for (let i = 0; i < parts.length; i++) {
      if (parts[i] === '') continue;
      const at = indexOf(parts[i], '=');
      const name = at < 0 ? parts[i] : slice(parts[i], 0, at);
      const value = at < 0 ? '' : slice(parts[i], at + 1);
      list[list.length] = [decodePart(name), decodePart(value)];
    }
    return list;
  }

  const formReplacements = [
    ['%20', '+'], ['!', '%21'], ["'", '%27'], ['(', '%28'], [')', '%29'], ['~', '%7E'],
  ];
  function encodePart(string) {
    let result = encodeComponent(string);
    for (let i = 0; i < formReplacements.length; i++) {
      const [from, to] = formReplacements[i];
      if (indexOf(result, from) >= 0) result = replaceAll(result, from, to);
    }
    return result;
  }

  function serializeForm(list) {
    let output = '';
    for (let i = 0; i < list.length; i++) {
      output += `${i === 0 ? '' : '&'}${encodePart(list[i][0])}=${encodePart(list[i][1])}`;
    }
    return output;
  }

  class URLSearchParams {
    #list = [];
    #url = null;

    constructor(init = '') {
      if (init === token) {
        this.#url = arguments[1];
        return;
      }
      if (isObject(init)) {
        const method = init[iteratorSymbol];
        if (method !== undefined && method !== null) this.#list = pairsOf(init);
        else {
          for (const key of ownKeys(init)) {
            const descriptor = getOwnPropertyDescriptor(init, key);
            if (descriptor === undefined || !descriptor.enumerable) continue;
            const name = toUSVString(key);
            const value = toUSVString(init[key]);
            let at = 0;
            while (at < this.#list.length && this.#list[at][0] !== name) at++;
            this.#list[at] = [name, value];
          }
        }
      } else {
        const string = toUSVString(init);
        this.#list = parseForm(startsWith(string, '?') ? slice(string, 1) : string);
      }
    }

    #update() {
      if (this.#url !== null) internal.setURLQuery(this.#url, serializeForm(this.#list));
    }
    get size() { return this.#list.length; }
    append(name, value) {
      requireArguments(arguments.length, 2, 'URLSearchParams.append');
      this.#list[this.#list.length] = [toUSVString(name), toUSVString(value)];
      this.#update();
    }
    delete(name, value = undefined) {
      requireArguments(arguments.length, 1, 'URLSearchParams.delete');
      const key = toUSVString(name);
      const only = value === undefined ? undefined : toUSVString(value);
      const rest = [];
      for (let i = 0; i < this.#list.length; i++) {
        const pair = this.#list[i];
        if (pair[0] !== key || (only !== undefined && pair[1] !== only)) rest[rest.length] = pair;
      }
      this.#list = rest;
      this.#update();
    }
    get(name) {
      requireArguments(arguments.length, 1, 'URLSearchParams.get');
      const key = toUSVString(name);
      for (let i = 0; i < this.#list.length; i++) {
        if (this.#list[i][0] === key) return this.#list[i][1];
      }
      return null;
    }
    getAll(name) {
      requireArguments(arguments.length, 1, 'URLSearchParams.getAll');
      const key = toUSVString(name);
      const result = [];
      for (let i = 0; i < this.#list.length; i++) {
        if (this.#list[i][0] === key) result[result.length] = this.#list[i][1];
      }
      return result;
    }
    has(name, value = undefined) {
      requireArguments(arguments.length, 1, 'URLSearchParams.has');
      const key = toUSVString(name);
      const only = value === undefined ? undefined : toUSVString(value);
      for (let i = 0; i < this.#list.length; i++) {
        const pair = this.#list[i];
        if (pair[0] === key && (only === undefined || pair[1] === only)) return true;
      }
      return false;
    }
    set(name, value) {
      requireArguments(arguments.length, 2, 'URLSearchParams.set');
      const key = toUSVString(name);
      const text = toUSVString(value);
      const rest = [];
      let found = false;
      for (let i = 0; i < this.#list.length; i++) {
        const pair = this.#list[i];
        if (pair[0] !== key) rest[rest.length] = pair;
        else if (!found) {
          found = true;
          rest[rest.length] = [key, text];
        }
      }
      if (!found) rest[rest.length] = [key, text];
      this.#list = rest;
      this.#update();
    }
    sort() {
      // Stable, by code units.
      sort(this.#list, (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
      this.#update();
    }
    toString() { return serializeForm(this.#list); }

    static {
      internal.isURLSearchParams = (value) => isObject(value) && #list in value;
      internal.updateParams = (params, query) => { params.#list = parseForm(query); };
      internal.URLSearchParamsToString = (params) => serializeForm(params.#list);
      internal.paramsEntry = (params, index) => params.#list[index];
    }
  }

  function pairsOf(sequence) {
    const list = [];
    for (const item of sequence) {
      if (!isObject(item)) throw new TypeError('URLSearchParams: a pair is not a sequence.');
      const pair = [];
      for (const part of item) pair[pair.length] = toUSVString(part);
      if (pair.length !== 2) throw new TypeError('URLSearchParams: a pair has not two items.');
      list[list.length] = pair;
    }
    return list;
  }

  internal.defineIterable(URLSearchParams, 'URLSearchParams', internal.paramsEntry);
  internal.defineInterface('URL', URL);
  internal.defineInterface('URLSearchParams', URLSearchParams);
  internal.URL = URL;
})
