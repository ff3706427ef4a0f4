// https://fetch.spec.whatwg.org/#response-class
(function (internal) {
  'use strict';
  const { native, token, isObject, toDictionary, requireArguments } = internal;
  const { toByteString, toUSVString } = internal;
  const { stringifyJSON, execute, slice, indexOf } = internal.primordials;
  const { headers: headersOf, headerList } = internal;

  const isReasonPhrase = /^[\t \x21-\x7e\x80-\xff]*$/;

  class ResponseRecord {
    // Fields, since an assignment would find what scripts do to Object.prototype.
    type = 'default';
    status = 200;
    statusText = '';
    urlList = [];
    packedHeaders = null;
    list = null;
    body = null;
    // The fetch that gave this very response, which the host can pass on by itself; 0 for none.
    fetch = 0;
    handle = null;
    // An opaque response: what there is of it is only with the host.
    isFiltered = false;
    get headerList() {
      if (this.list === null) {
        this.list = headerList.unpack(this.packedHeaders);
        if (this.fetch !== 0) this.list = visibleHeaders(this.list);
      }
      return this.list;
    }
  }
  internal.ResponseRecord = ResponseRecord;

  // Of a basic or CORS filtered response, no script sees the cookies it sets.
  function visibleHeaders(list) {
    const visible = [];
    for (let i = 0; i < list.length; i += 2) {
      let lower = '';
      try {
        lower = internal.lowerHeaderName(list[i]);
      } catch {
        continue;
      }
      if (internal.isForbiddenResponseHeader(lower)) continue;
      visible[visible.length] = list[i];
      visible[visible.length] = list[i + 1];
    }
    return visible;
  }

  class Response {
    #record;
    #headers = null;
    #guard = 'response';

    constructor(body = null, init = {}) {
      if (body === token) {
        this.#record = arguments[1];
        this.#guard = arguments[2];
        return;
      }
      const record = this.#record = new ResponseRecord();
      record.list = [];
      initialize(this, toDictionary(init, 'Response'),
        body === null ? null : internal.extractBody(body));
    }

    static error() {
      const record = new ResponseRecord();
      record.type = 'error';
      record.status = 0;
      record.list = [];
      return new Response(token, record, 'immutable');
    }
    static redirect(url, status = 302) {
      requireArguments(arguments.length, 1, 'Response.redirect');
      const input = toUSVString(url);
      const code = internal.toUnsignedShort(status);
      const parsed = internal.parseURL(input, internal.baseURL);
      if (parsed === null) throw new TypeError(`Response.redirect: '${input}' is no valid URL.`);
      if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) {
        throw new RangeError(`Response.redirect: ${code} is not a redirect status.`);
      }
      const record = new ResponseRecord();
      record.status = code;
      record.list = ['location', parsed[internal.urlField.HREF]];
      return new Response(token, record, 'immutable');
    }
    static json(data, init = {}) {
      requireArguments(arguments.length, 1, 'Response.json');
      const text = stringifyJSON(data);
      if (text === undefined) throw new TypeError('Response.json: the data is not serializable.');
      const extracted = internal.extractBody(text);
      extracted.type = 'application/json';
      const record = new ResponseRecord();
      record.list = [];
      const response = new Response(token, record, 'response');
      initialize(response, toDictionary(init, 'Response.json'), extracted);
      return response;
    }

    get type() { return this.#record.type; }
    get url() {
      const { urlList } = this.#record;
      if (urlList.length === 0) return '';
      const url = urlList[urlList.length - 1];
      const at = indexOf(url, '#');
      return at < 0 ? url : slice(url, 0, at);
    }
    get redirected() { return this.#record.urlList.length > 1; }
    get status() { return this.#record.status; }
    get ok() { return this.#record.status >= 200 && this.#record.status <= 299; }
    get statusText() { return this.#record.statusText; }
    get headers() {
      this.#record;
      if (this.#headers === null) {
        this.#headers = headersOf.create(this.#record.headerList, this.#guard);
      }
      return this.#headers;
    }
    clone() {
      const record = this.#record;
      if (internal.isBodyUnusable(record.body)) {
        throw new TypeError('Response.clone: the body has already been used or is locked.');
      }
      const copy = new ResponseRecord();
      copy.type = record.type;
      copy.status = record.status;
      copy.statusText = record.statusText;
      copy.urlList = record.urlList;
      copy.list = headerList.copy(internal.response.list(this));
      copy.body = internal.cloneBody(record.body);
      if (record.isFiltered) {
        copy.isFiltered = true;
        // Its body is with the host, which keeps it for both.
        if (record.fetch !== 0) native.cloneFetch(record.fetch);
        copy.fetch = record.fetch;
        copy.handle = record.handle;
      }
      return new Response(token, copy, this.#guard);
    }

    static {
      // https://fetch.spec.whatwg.org/#initialize-a-response
      const initialize = (response, init, extracted) => {
        const { headers, status, statusText } = init;
        const record = response.#record;
        const code = status === undefined ? 200 : internal.toUnsignedShort(status);
        const text = statusText === undefined ? '' : toByteString(statusText);
        if (code < 200 || code > 599) {
          throw new RangeError(`Response: the status ${code} is outside of 200 to 599.`);
        }
        if (text !== '' && execute(isReasonPhrase, text) === null) {
          throw new TypeError('Response: the statusText has a forbidden character.');
        }
        record.status = code;
        record.statusText = text;
        if (headers !== undefined) headersOf.fill(response.headers, headers);
        if (extracted === null) return;
        if (code === 204 || code === 205 || code === 304) {
          throw new TypeError(`Response: a response with status ${code} cannot have a body.`);
        }
        record.body = extracted.body;
        if (extracted.type === null) return;
        if (response.#headers === null) record.list = ['Content-Type', extracted.type];
        else if (headerList.get(headersOf.list(response.#headers), 'content-type') === null) {
          headersOf.append(response.#headers, 'Content-Type', extracted.type);
        }
      };
      internal.initializeResponse = initialize;
      internal.response = {
        is: (value) => isObject(value) && #record in value,
        record: (response) => response.#record,
        create: (record, guard) => new Response(token, record, guard),
        list: (response) =>
          (response.#headers === null
            ? response.#record.headerList : headersOf.list(response.#headers)),
      };
    }
  }
  const initialize = internal.initializeResponse;

  internal.bodyOf = function (object) {
    if (internal.response.is(object)) return internal.response.record(object).body;
    if (internal.request.is(object)) return internal.request.record(object).body;
    throw new TypeError('Neither a Request nor a Response.');
  };

  // https://fetch.spec.whatwg.org/#concept-body-mime-type
  internal.mimeTypeOf = function (object) {
    const list = internal.response.is(object)
      ? internal.response.list(object) : internal.request.list(object);
    return internal.extractMIMEType(headerList.get(list, 'content-type'));
  };

  internal.defineBody(Response);
  internal.defineInterface('Response', Response);
  internal.Response = Response;
})
