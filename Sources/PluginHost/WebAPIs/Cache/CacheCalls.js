// How caches are asked of the host: the text of each operation, and responses and requests that come
// back. The parts of a text end with NUL, which no name, URL or header has in it.
(function (internal) {
  'use strict';
  const { native, hooks, ResponseRecord } = internal;
  const {
    SafeMap, then, rejected, split, join, slice, indexOf, execute, startsWith, uncurry,
  } = internal.primordials;
  const codeUnitAt = uncurry(String.prototype.charCodeAt);
  const toDigits = uncurry(Number.prototype.toString);
  const { fromCharCode } = String;
  const toNumber = parseInt;
  const CACHE = 16;
  const CALL_BODY = 4;

  internal.cacheCall = (text) => then(internal.callHost(CACHE, text), internal.decodeUTF8);

  // Runs what a method does; what it throws becomes a rejection.
  internal.attempt = function (steps) {
    try {
      return steps();
    } catch (error) {
      return rejected(error);
    }
  };

  // A cache's name is any string of code units: what UTF-8 cannot hold, or the texts give a meaning,
  // is `%` and four digits.
  const special = /[\0-\x1f%]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
  const isSpecial = /^(?:[\0-\x1f%]|[\ud800-\udfff])$/;
  internal.packCacheName = function (name) {
    if (execute(special, name) === null) return name;
    let packed = '';
    for (let i = 0; i < name.length; i++) {
      const pair = slice(name, i, i + 2);
      if (pair.length === 2 && isPair(pair)) {
        packed += pair;
        i++;
      } else if (execute(isSpecial, name[i]) !== null) {
        packed += '%' + slice('000' + toDigits(codeUnitAt(name, i), 16), -4);
      } else packed += name[i];
    }
    return packed;
  };
  const isPair = (pair) => execute(/^[\ud800-\udbff][\udc00-\udfff]$/, pair) !== null;
  internal.unpackCacheName = function (packed) {
    if (indexOf(packed, '%') < 0) return packed;
    let name = '';
    for (let i = 0; i < packed.length; i++) {
      if (packed[i] !== '%') name += packed[i];
      else {
        name += fromCharCode(toNumber(slice(packed, i + 1, i + 5), 16));
        i += 4;
      }
    }
    return name;
  };

  // https://w3c.github.io/ServiceWorker/#dictdef-cachequeryoptions
  const IGNORE_SEARCH = 1, IGNORE_METHOD = 2, IGNORE_VARY = 4;
  internal.cacheQueryOptions = function (init, where) {
    const { ignoreMethod, ignoreSearch, ignoreVary } = internal.toDictionary(init, where);
    return (ignoreMethod ? IGNORE_METHOD : 0) | (ignoreSearch ? IGNORE_SEARCH : 0)
      | (ignoreVary ? IGNORE_VARY : 0);
  };

  // RequestInfo: a Request as it is, or a string to make one of.
  internal.toRequestInfo = (value) =>
    (internal.request.is(value) ? value : internal.toUSVString(value));
  internal.requestOf = (info) => (typeof info === 'string' ? new internal.Request(info) : info);

  const headersOf = (request) =>
    internal.request.packedHeaders(request) ?? internal.packHeaders(internal.request.list(request));

  // The text of a query; null where nothing can match.
  internal.cacheQuery = function (info, options) {
    const request = internal.requestOf(info);
    const { method, url } = internal.request.record(request);
    if (method !== 'GET' && (options & IGNORE_METHOD) === 0) return null;
    return `${method}\0${url}\0${options}\0${headersOf(request)}\0`;
  };

  // Responses that the host has sent ahead of the answer that names them.
  const arrived = new SafeMap();
  hooks.cachedResponse = function (
    number, type, status, statusText, urls, headers, handle, hasBody,
  ) {
    const record = new ResponseRecord();
    record.type = type;
    record.fetch = number;
    record.handle = handle;
    record.urlList = urls === '' || type === 'opaque' ? [] : split(urls, '\n');
    if (type === 'opaque' || type === 'opaqueredirect') {
      record.status = 0;
      record.list = [];
      record.isFiltered = true;
    } else {
      record.status = status;
      record.statusText = statusText;
      record.packedHeaders = headers;
      if (hasBody) record.body = internal.createBody(null, handle, null, null);
    }
    arrived.set(number, internal.response.create(record, 'immutable'));
  };
  internal.takeCachedResponse = function (text) {
    const number = toNumber(text, 10);
    const response = arrived.get(number);
    arrived.delete(number);
    return response;
  };

  internal.unpackCachedRequests = function (text) {
    const parts = split(text, '\0');
    const requests = [];
    for (let i = 0; i + 1 < parts.length; i += 2) {
      const record = internal.unpackRequest(parts[i], parts[i + 1], 0, null);
      const at = indexOf(record.url, '#');
      if (at >= 0) {
        record.fragment = slice(record.url, at);
        record.url = slice(record.url, 0, at);
      }
      requests[requests.length] = internal.request.create(record, 'immutable');
    }
    return requests;
  };

  // What must not be stored: https://w3c.github.io/ServiceWorker/#cache-put
  internal.checkCacheable = function (request, where) {
    const { url, method } = internal.request.record(request);
    if (!startsWith(url, 'http:') && !startsWith(url, 'https:')) {
      throw new TypeError(`${where}: the request's URL is no http(s) URL.`);
    }
    if (method !== 'GET') throw new TypeError(`${where}: the request's method is not GET.`);
  };
  internal.variesOnEverything = function (response) {
    const vary = internal.headerList.get(internal.response.list(response), 'vary');
    if (vary === null) return false;
    const names = split(vary, ',');
    for (let i = 0; i < names.length; i++) {
      if (internal.asciiWhitespaceTrim(names[i]) === '*') return true;
    }
    return false;
  };

  function putText(cache, isBatch, request, response) {
    const r = internal.request.record(request);
    const record = internal.response.record(response);
    const headers = internal.packHeaders(internal.response.list(response));
    return `put\0${cache}\0${isBatch ? 1 : 0}\0${r.method}\n${r.url}${r.fragment}\n${r.mode}\n` +
      `${r.destination}\n${r.credentials}\n${r.cache}\n${r.redirect}\n${r.referrer}\n` +
      `${r.referrerPolicy}\n${r.isReload ? '1' : '0'}\0${headersOf(request)}\0${record.type}\0` +
      `${record.status}\0${record.statusText}\0${join(record.urlList, '\n')}\0${headers}\0`;
  }

  // The reader that the standard gets for the body is never given back.
  function lockBody(body) {
    body.isUsed = true;
    body.handle = null;
    internal.bodyStream(body);
  }

  // Sends a response to be stored, its body by the shortest way. Resolves with the answer's text.
  internal.cachePut = function (cache, isBatch, request, response) {
    const record = internal.response.record(response);
    const { body } = record;
    const text = putText(cache, isBatch, request, response);
    const isUntouched = body === null || (body.handle !== null && body.stream === null);
    if (record.fetch !== 0 && isUntouched && native.takeFetch(record.fetch)) {
      const number = native.callWithBody(CACHE, `${text}fetch\0${record.fetch}\0`);
      return storing(number, body, () => { if (body !== null) lockBody(body); });
    }
    if (record.isFiltered) throw new TypeError('The opaque response has been used before.');
    if (body === null) return storing(native.callWithBody(CACHE, `${text}none\0`), null, () => {});
    if (body.stream === null && body.handle === null) {
      const number = native.callWithBody(CACHE, text, internal.sourceForHost(body.source));
      return storing(number, null, () => lockBody(body));
    }
    const number = native.callWithBody(CACHE, text, true);
    let failure;
    const result = storing(number, body, () => internal.sendStream(
      CALL_BODY, number, internal.bodyStream(body), (error) => {
        if (error !== undefined) failure = { error };
      }));
    return then(result, undefined, (error) => {
      throw failure === undefined ? error : failure.error;
    });
  };

  // The promise of a call that stores a body, which ends early where the body's fetch is aborted.
  function storing(number, body, takeBody) {
    const answer = then(internal.awaitCall(number), internal.decodeUTF8);
    if (number === 0) return answer;
    takeBody();
    if (body === null || body.onEnd === null) return answer;
    const result = internal.deferred();
    then(answer, (text) => {
      body.end();
      result.resolve(text);
    }, (error) => {
      body.end();
      result.reject(error);
    });
    body.onAbort = (reason) => {
      internal.markHandled(internal.cacheCall(`abort\0${number}\0`));
      result.reject(reason);
    };
    return result.promise;
  }
})
