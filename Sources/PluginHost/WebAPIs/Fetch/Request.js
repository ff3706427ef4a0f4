// https://fetch.spec.whatwg.org/#request-class
(function (internal) {
  'use strict';
  const { token, isObject, toDictionary, requireArguments, toUSVString, toByteString, toEnum } =
    internal;
  const { split, indexOf, slice, upperCase, SafeMap } = internal.primordials;
  const { headers: headersOf, headerList } = internal;

  const destinations = [
    '', 'audio', 'audioworklet', 'document', 'embed', 'font', 'frame', 'iframe', 'image', 'json',
    'manifest', 'object', 'paintworklet', 'report', 'script', 'sharedworker', 'style', 'text',
    'track', 'video', 'worker', 'xslt',
  ];
  const modes = ['navigate', 'same-origin', 'no-cors', 'cors'];
  const credentialModes = ['omit', 'same-origin', 'include'];
  const cacheModes = [
    'default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached',
  ];
  const redirectModes = ['follow', 'error', 'manual'];
  const referrerPolicies = [
    '', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
    'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url',
  ];
  const normalizedMethods = new SafeMap();
  for (const method of ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']) {
    normalizedMethods.set(method, method);
  }

  // The request of the standard, without its Request object.
  class RequestRecord {
    constructor() {
      this.method = 'GET';
      this.url = '';
      this.fragment = '';
      this.mode = 'cors';
      this.destination = '';
      this.credentials = 'same-origin';
      this.cache = 'default';
      this.redirect = 'follow';
      this.referrer = 'about:client';
      this.referrerPolicy = '';
      this.integrity = '';
      this.keepalive = false;
      this.isReload = false;
      this.duplex = 'half';
      this.packedHeaders = null;
      this.list = null;
      this.body = null;
      // The event whose request this is or was made from; 0 for none.
      this.derivedFrom = 0;
    }
    get headerList() {
      if (this.list === null) this.list = headerList.unpack(this.packedHeaders);
      return this.list;
    }
    copy() {
      const copy = new RequestRecord();
      for (const key of recordFields) copy[key] = this[key];
      copy.list = headerList.copy(this.headerList);
      return copy;
    }
  }
  const recordFields = [
    'method', 'url', 'fragment', 'mode', 'destination', 'credentials', 'cache', 'redirect',
    'referrer', 'referrerPolicy', 'integrity', 'keepalive', 'isReload', 'derivedFrom',
  ];

  // The record of an event's request from the host's lines.
  internal.unpackRequest = function (head, headers, event, body) {
    const fields = split(head, '\n');
    const record = new RequestRecord();
    record.method = fields[0];
    record.url = fields[1];
    record.mode = fields[2];
    record.destination = fields[3];
    record.credentials = fields[4];
    record.cache = fields[5];
    record.redirect = fields[6];
    record.referrer = fields[7];
    record.referrerPolicy = fields[8];
    record.isReload = fields[9] === '1';
    record.packedHeaders = headers;
    record.derivedFrom = event;
    record.body = body;
    return record;
  };

  class Request {
    #record;
    #headers = null;
    #guard;
    #signal = null;
    #abortReason = undefined;
    #isAborted = false;

    constructor(input, init = {}) {
      if (input === token) {
        this.#record = arguments[1];
        this.#guard = arguments[2];
        this.#signal = arguments[3] ?? null;
        return;
      }
      requireArguments(arguments.length, 1, 'Request');
      let record;
      let inputBody = null;
      let inputSignal = null;
      const base = isRequest(input) ? input : null;
      const given = base === null ? toUSVString(input) : null;
      const options = toRequestInit(init);
      if (base === null) {
        record = requestOfURL(given);
      } else {
        record = base.#record.copy();
        inputBody = base.#record.body;
        inputSignal = signalOf(base);
      }
      const hasMembers = options.hasMembers;
      if (options.window !== undefined && options.window !== null) {
        throw new TypeError("Request: 'window' must be null.");
      }
      if (hasMembers) {
        if (record.mode === 'navigate') record.mode = 'same-origin';
        record.isReload = false;
        record.referrer = 'about:client';
        record.referrerPolicy = '';
      }
      applyInit(record, options);
      const { signal } = options;
      if (signal !== undefined && signal !== null) {
        if (!internal.abort.is(signal)) throw new TypeError("Request: 'signal' is no AbortSignal.");
        inputSignal = signal;
      } else if (signal === null) inputSignal = null;
      this.#record = record;
      this.#signal = internal.abort.dependent(inputSignal === null ? [] : [inputSignal]);
      this.#guard = 'request';
      if (record.mode === 'no-cors') {
        if (!isSafelistedMethod(record.method)) {
          throw new TypeError(`Request: '${record.method}' is not possible with mode 'no-cors'.`);
        }
        this.#guard = 'request-no-cors';
      }
      if (hasMembers || options.headers !== undefined) {
        const list = options.headers !== undefined ? options.headers : record.list ?? [];
        record.list = [];
        this.#headers = headersOf.create(record.list, this.#guard);
        if (options.headers === undefined) {
          for (let i = 0; i < list.length; i += 2) {
            headersOf.append(this.#headers, list[i], list[i + 1]);
          }
        } else headersOf.fill(this.#headers, list);
      } else if (record.list === null) record.list = [];
      this.#setBody(record, base, inputBody, options);
      // An event's hidden fields go along only to the URL that they were sent to.
      if (base === null && isRequest(init) && init.#record.url === record.url) {
        record.derivedFrom = init.#record.derivedFrom;
      }
    }

    #setBody(record, base, inputBody, options) {
      const hasInit = options.body !== undefined && options.body !== null;
      const isBodyless = record.method === 'GET' || record.method === 'HEAD';
      if ((hasInit || inputBody !== null) && isBodyless) {
        throw new TypeError(`Request: a request with method ${record.method} cannot have a body.`);
      }
      if (hasInit) {
        const { body, type } = internal.extractBody(options.body, record.keepalive);
        if (type !== null && headerList.get(headersOf.list(this.headers), 'content-type') === null) {
          headersOf.append(this.headers, 'Content-Type', type);
        }
        if (body.stream !== null) {
          if (options.duplex === undefined) {
            throw new TypeError("Request: a stream as the body needs duplex: 'half'.");
          }
          if (record.mode !== 'same-origin' && record.mode !== 'cors') {
            throw new TypeError("Request: a stream as the body needs mode 'same-origin' or 'cors'.");
          }
        }
        record.body = body;
      } else if (inputBody !== null) {
        if (internal.isBodyUnusable(inputBody)) {
          throw new TypeError('Request: the body has already been used or is locked.');
        }
        record.body = internal.transferBody(inputBody);
      }
    }

    get method() { return this.#record.method; }
    get url() { return this.#record.url + this.#record.fragment; }
    get headers() {
      this.#record;
      if (this.#headers === null) {
        this.#headers = headersOf.create(this.#record.headerList, this.#guard);
      }
      return this.#headers;
    }
    get destination() { return this.#record.destination; }
    get referrer() { return this.#record.referrer; }
    get referrerPolicy() { return this.#record.referrerPolicy; }
    get mode() { return this.#record.mode; }
    get credentials() { return this.#record.credentials; }
    get cache() { return this.#record.cache; }
    get redirect() { return this.#record.redirect; }
    get integrity() { return this.#record.integrity; }
    get keepalive() { return this.#record.keepalive; }
    get isReloadNavigation() { return this.#record.isReload; }
    get isHistoryNavigation() { this.#record; return false; }
    get signal() { return signalOf(this); }
    get duplex() { return this.#record.duplex; }
    clone() {
      const record = this.#record;
      if (internal.isBodyUnusable(record.body)) {
        throw new TypeError('Request.clone: the body has already been used or is locked.');
      }
      const copy = record.copy();
      if (this.#headers !== null) copy.list = headerList.copy(headersOf.list(this.#headers));
      copy.body = internal.cloneBody(record.body);
      return new Request(
        token, copy, this.#guard, internal.abort.dependent([signalOf(this)]));
    }

    static {
      const isRequest = (value) => isObject(value) && #record in value;
      const signalOf = (request) => {
        if (request.#signal === null) {
          request.#record;
          request.#signal = internal.abort.create();
          if (request.#isAborted) internal.abort.signal(request.#signal, request.#abortReason);
        }
        return request.#signal;
      };
      internal.request = {
        is: isRequest,
        signal: signalOf,
        record: (request) => request.#record,
        create: (record, guard) => new Request(token, record, guard),
        list: (request) =>
          (request.#headers === null ? request.#record.headerList : headersOf.list(request.#headers)),
        packedHeaders: (request) =>
          (request.#headers === null && request.#record.list === null
            ? request.#record.packedHeaders : null),
        // The signal exists only where a script looked at it.
        existingSignal: (request) => request.#signal,
        abort(request, reason) {
          if (request.#signal !== null) internal.abort.signal(request.#signal, reason);
          else if (!request.#isAborted) {
            request.#isAborted = true;
            request.#abortReason = reason;
            internal.abortFetchesOf(request, reason);
          }
        },
        isAborted: (request) =>
          request.#signal === null ? request.#isAborted : internal.abort.isAborted(request.#signal),
      };
    }
  }
  const { is: isRequest, signal: signalOf } = internal.request;

  const isSafelistedMethod = (method) =>
    method === 'GET' || method === 'HEAD' || method === 'POST';

  function requestOfURL(input) {
    const parsed = internal.parseURL(input, internal.baseURL);
    if (parsed === null) throw new TypeError(`Request: '${input}' is not a valid URL.`);
    const { HREF, USERNAME, PASSWORD } = internal.urlField;
    if (parsed[USERNAME] !== '' || parsed[PASSWORD] !== '') {
      throw new TypeError(`Request: the URL '${input}' has credentials.`);
    }
    const record = new RequestRecord();
    setURL(record, parsed[HREF]);
    return record;
  }

  function setURL(record, href) {
    const at = indexOf(href, '#');
    record.url = at < 0 ? href : slice(href, 0, at);
    record.fragment = at < 0 ? '' : slice(href, at);
  }

  // The members in the order of Web IDL, which is that of their names.
  const memberNames = [
    'body', 'cache', 'credentials', 'duplex', 'headers', 'integrity', 'keepalive', 'method', 'mode',
    'priority', 'redirect', 'referrer', 'referrerPolicy', 'signal', 'window',
  ];
  function toRequestInit(init) {
    const dictionary = toDictionary(init, 'Request');
    const options = { hasMembers: false };
    for (let i = 0; i < memberNames.length; i++) {
      const value = dictionary[memberNames[i]];
      options[memberNames[i]] = value;
      if (value !== undefined) options.hasMembers = true;
    }
    return options;
  }

  function applyInit(record, options) {
    if (options.referrer !== undefined) setReferrer(record, toUSVString(options.referrer));
    if (options.referrerPolicy !== undefined) {
      record.referrerPolicy = toEnum(options.referrerPolicy, referrerPolicies, 'Request');
    }
    if (options.mode !== undefined) {
      record.mode = toEnum(options.mode, modes, 'Request');
      if (record.mode === 'navigate') throw new TypeError("Request: mode 'navigate' is not allowed.");
    }
    if (options.credentials !== undefined) {
      record.credentials = toEnum(options.credentials, credentialModes, 'Request');
    }
    if (options.cache !== undefined) record.cache = toEnum(options.cache, cacheModes, 'Request');
    if (record.cache === 'only-if-cached' && record.mode !== 'same-origin') {
      throw new TypeError("Request: cache 'only-if-cached' needs mode 'same-origin'.");
    }
    if (options.redirect !== undefined) {
      record.redirect = toEnum(options.redirect, redirectModes, 'Request');
    }
    if (options.duplex !== undefined) toEnum(options.duplex, ['half'], 'Request');
    if (options.priority !== undefined) toEnum(options.priority, ['high', 'low', 'auto'], 'Request');
    if (options.integrity !== undefined) record.integrity = `${options.integrity}`;
    if (options.keepalive !== undefined) record.keepalive = !!options.keepalive;
    if (options.method !== undefined) {
      const method = toByteString(options.method);
      if (!internal.isHTTPToken(method)) throw new TypeError(`Request: bad method '${method}'.`);
      if (internal.isForbiddenMethod(method)) {
        throw new TypeError(`Request: the method '${method}' is forbidden.`);
      }
      record.method = normalizedMethods.get(upperCase(method)) ?? method;
    }
  }

  function setReferrer(record, referrer) {
    if (referrer === '') {
      record.referrer = '';
      return;
    }
    const parsed = internal.parseURL(referrer, internal.baseURL);
    if (parsed === null) throw new TypeError(`Request: the referrer '${referrer}' is no valid URL.`);
    const { HREF, ORIGIN, PROTOCOL, PATHNAME } = internal.urlField;
    const isClient = parsed[PROTOCOL] === 'about:' && parsed[PATHNAME] === 'client';
    record.referrer =
      isClient || parsed[ORIGIN] !== internal.origin ? 'about:client' : parsed[HREF];
  }

  internal.defineBody(Request);
  internal.defineInterface('Request', Request);
  internal.Request = Request;
})
