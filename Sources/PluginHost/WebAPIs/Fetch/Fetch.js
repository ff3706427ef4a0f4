// https://fetch.spec.whatwg.org/#fetch-method. The host makes the fetch.
(function (internal) {
  'use strict';
  const { native, hooks, deferred, requireArguments, Request, ResponseRecord } = internal;
  const { SafeMap, rejected, split, join } = internal.primordials;

  // Fetches without a result: number → {request, result, onAbort}.
  const fetches = new SafeMap();
  const FETCH_REQUEST = 2;

  function packHead(record) {
    const integrity =
      record.integrity === '' ? '' : join(split(record.integrity, lineEnd), ' ');
    return `${record.method}\n${record.url}${record.fragment}\n${record.mode}\n` +
      `${record.destination}\n${record.credentials}\n${record.cache}\n${record.redirect}\n` +
      `${record.referrer}\n${record.referrerPolicy}\n${record.isReload ? '1' : '0'}\n` +
      `${record.keepalive ? '1' : '0'}\n${integrity}`;
  }
  const lineEnd = /[\r\n]/;
  internal.packHeaders = (list) => join(list, '\n');

  // Takes the request's body for the host: [what it gets, the stream to send after it].
  function takeBody(record) {
    const { body } = record;
    if (body === null) return [undefined, null];
    if (internal.isBodyUnusable(body)) {
      throw new TypeError('fetch: the body has already been used or is locked.');
    }
    const { source, handle, stream } = body;
    if (stream === null && handle === null) {
      body.isUsed = true;
      return [internal.sourceForHost(source), null];
    }
    if (stream === null && native.isEventBody(handle)) {
      body.isUsed = true;
      body.handle = null;
      return [handle, null];
    }
    return [true, internal.bodyStream(body)];
  }

  function start(request) {
    const record = internal.request.record(request);
    const [body, stream] = takeBody(record);
    const headers =
      internal.request.packedHeaders(request) ?? internal.packHeaders(internal.request.list(request));
    const number = native.fetch(packHead(record), headers, record.derivedFrom, body);
    if (stream !== null) internal.sendStream(FETCH_REQUEST, number, stream);
    return number;
  }

  function fetch(input, init = {}) {
    let request;
    let number;
    try {
      requireArguments(arguments.length, 1, 'fetch');
      // A request that is used as it is needs no copy: its body moves all the same.
      request = internal.request.is(input) && arguments[1] === undefined
        ? input : new Request(input, init);
      if (internal.request.isAborted(request)) {
        const signal = internal.request.signal(request);
        return rejected(internal.abort.reason(signal));
      }
      number = start(request);
    } catch (error) {
      return rejected(error);
    }
    const result = deferred();
    const pending = { request, result, onAbort: null };
    const signal = internal.request.existingSignal(request);
    if (signal !== null) {
      pending.onAbort = (reason) => {
        if (!fetches.delete(number)) return;
        native.abortFetch(number);
        result.reject(reason);
      };
      internal.abort.addAlgorithm(signal, pending.onAbort);
    }
    fetches.set(number, pending);
    return result.promise;
  }
  internal.defineGlobal('fetch', fetch, true);
  internal.fetch = fetch;

  // The response of the fetch that the host makes beside the event of this number and request.
  internal.takePreload = function (request, event) {
    const result = deferred();
    internal.markHandled(result.promise);
    fetches.set(native.takePreload(event), { request, result, onAbort: null });
    return result.promise;
  };

  // Aborts the fetches of a request whose signal no script has ever looked at.
  internal.abortFetchesOf = function (request, reason) {
    const numbers = [];
    fetches.forEach((pending, number) => {
      if (pending.request === request) numbers[numbers.length] = number;
    });
    for (let i = 0; i < numbers.length; i++) {
      native.abortFetch(numbers[i]);
      settle(numbers[i])?.result.reject(
        reason ?? new internal.DOMException('The operation was aborted.', 'AbortError'));
    }
  };

  function settle(number) {
    const pending = fetches.get(number);
    if (pending === undefined) return undefined;
    fetches.delete(number);
    if (pending.onAbort !== null) {
      internal.abort.removeAlgorithm(
        internal.request.existingSignal(pending.request), pending.onAbort);
    }
    return pending;
  }

  // The signal aborts the body too, as long as there is more of it to come.
  function watchAbort(number, request, body) {
    const signal = internal.request.existingSignal(request);
    const onAbort = (reason) => {
      native.abortFetch(number);
      internal.abortBody(body, reason);
    };
    internal.abort.addAlgorithm(signal, onAbort);
    body.onEnd = () => internal.abort.removeAlgorithm(signal, onAbort);
  }

  const isNullBodyStatus = (status) => status === 204 || status === 205 || status === 304;

  // The host's answer, filtered: the URLs one a line, the headers as a list is packed. The host keeps
  // the response for as long as somebody here keeps the handle.
  hooks.fetchResult = function (
    number, type, status, statusText, urls, headers, handle, hasBody,
  ) {
    const pending = settle(number);
    if (pending === undefined) return false;
    const record = new ResponseRecord();
    record.fetch = number;
    record.type = type;
    record.urlList = urls === '' ? [] : split(urls, '\n');
    record.isFiltered = type === 'opaque' || type === 'opaqueredirect';
    record.status = status;
    record.statusText = statusText;
    record.packedHeaders = headers;
    record.handle = handle;
    const body = hasBody && !isNullBodyStatus(status)
      ? internal.createBody(null, handle, null, null) : null;
    record.body = body;
    if (body !== null && pending.onAbort !== null) watchAbort(number, pending.request, body);
    pending.result.resolve(internal.response.create(record, 'immutable'));
    return true;
  };

  hooks.fetchFailed = function (number, message) {
    settle(number)?.result.reject(new TypeError(message));
  };
})
