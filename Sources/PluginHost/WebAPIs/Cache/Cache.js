// https://w3c.github.io/ServiceWorker/#cache-interface
(function (internal) {
  'use strict';
  const {
    token, requireArguments, attempt, cacheCall, cacheQuery, cacheQueryOptions, toRequestInfo,
    requestOf, cachePut, checkCacheable,
  } = internal;
  const { then, resolved, split, join, uncurry, iteratorSymbol } = internal.primordials;
  const cloneRequest = uncurry(internal.Request.prototype.clone);
  const register = uncurry(FinalizationRegistry.prototype.register);

  const ignore = () => {};
  // The host keeps a cache that was deleted for as long as there is an object of it here.
  const registry = new FinalizationRegistry((number) => {
    internal.markHandled(cacheCall(`release\0${number}\0`));
  });

  let numberOf;
  class Cache {
    // The host's number.
    #cache;

    static { numberOf = (object) => object.#cache; }

    constructor(key) {
      if (key !== token) throw internal.illegalConstructor();
      this.#cache = arguments[1];
      register(registry, this, this.#cache);
    }

    match(request, options = {}) {
      return attempt(() => {
        const cache = this.#cache;
        requireArguments(arguments.length, 1, 'Cache.match');
        const info = toRequestInfo(request);
        const query = cacheQuery(info, cacheQueryOptions(options, 'Cache.match'));
        if (query === null) return resolved(undefined);
        return then(
          cacheCall(`match\0${cache}\0\0${query}`), internal.takeCachedResponse);
      });
    }
    matchAll(request = undefined, options = {}) {
      return attempt(() => {
        const query = optionalQuery(request, options, 'Cache.matchAll');
        const cache = this.#cache;
        if (query === null) return resolved([]);
        return then(cacheCall(`matchAll\0${cache}\0${query}`), responsesOf);
      });
    }
    add(request) {
      return attempt(() => {
        this.#cache;
        requireArguments(arguments.length, 1, 'Cache.add');
        return addAll(this, [toRequestInfo(request)], 'Cache.add');
      });
    }
    addAll(requests) {
      return attempt(() => {
        this.#cache;
        requireArguments(arguments.length, 1, 'Cache.addAll');
        return addAll(this, toRequestInfos(requests), 'Cache.addAll');
      });
    }
    put(request, response) {
      return attempt(() => {
        const cache = this.#cache;
        requireArguments(arguments.length, 2, 'Cache.put');
        const info = toRequestInfo(request);
        if (!internal.response.is(response)) throw new TypeError('Cache.put: no Response.');
        const inner = requestOf(info);
        checkCacheable(inner, 'Cache.put');
        checkResponse(response, 'Cache.put');
        return then(cachePut(cache, false, inner, response), ignore);
      });
    }
    delete(request, options = {}) {
      return attempt(() => {
        const cache = this.#cache;
        requireArguments(arguments.length, 1, 'Cache.delete');
        const info = toRequestInfo(request);
        const query = cacheQuery(info, cacheQueryOptions(options, 'Cache.delete'));
        if (query === null) return resolved(false);
        return then(cacheCall(`remove\0${cache}\0${query}`), (answer) => answer === '1');
      });
    }
    keys(request = undefined, options = {}) {
      return attempt(() => {
        const query = optionalQuery(request, options, 'Cache.keys');
        const cache = this.#cache;
        if (query === null) return resolved([]);
        return then(cacheCall(`requests\0${cache}\0${query}`), internal.unpackCachedRequests);
      });
    }
  }

  // Nothing where every entry is meant.
  function optionalQuery(request, options, where) {
    const info = request === undefined ? undefined : toRequestInfo(request);
    const flags = cacheQueryOptions(options, where);
    return info === undefined ? '' : cacheQuery(info, flags);
  }

  function responsesOf(text) {
    const responses = [];
    if (text === '') return responses;
    const numbers = split(text, '\n');
    for (let i = 0; i < numbers.length; i++) {
      responses[i] = internal.takeCachedResponse(numbers[i]);
    }
    return responses;
  }

  function checkResponse(response, where) {
    const { status, body } = internal.response.record(response);
    if (status === 206) throw new TypeError(`${where}: the response is partial (206).`);
    if (internal.variesOnEverything(response)) {
      throw new TypeError(`${where}: the response varies on everything (Vary: *).`);
    }
    if (internal.isBodyUnusable(body)) {
      throw new TypeError(`${where}: the response's body has already been used or is locked.`);
    }
  }

  // sequence<RequestInfo>
  function toRequestInfos(value) {
    if (!internal.isObject(value)) throw new TypeError('Cache.addAll: not a sequence.');
    const method = value[iteratorSymbol];
    if (typeof method !== 'function') throw new TypeError('Cache.addAll: not a sequence.');
    const infos = [];
    for (const item of { [iteratorSymbol]: () => internal.primordials.apply(method, value, []) }) {
      infos[infos.length] = toRequestInfo(item);
    }
    return infos;
  }

  // https://w3c.github.io/ServiceWorker/#cache-addAll. Each body goes into the storage as soon as
  // its head is here, so that fetches do not wait for each other; into the cache go all or none.
  // Until then the object itself is needed: the host forgets the number of one that was collected.
  function addAll(cache, infos, where) {
    const requests = [];
    for (let i = 0; i < infos.length; i++) {
      const request = requestOf(infos[i]);
      checkCacheable(request, where);
      // A copy of its own, so that only this fetch is aborted where another one fails.
      requests[i] = cloneRequest(request);
    }
    if (requests.length === 0) return resolved(undefined);
    const result = internal.deferred();
    const staged = [];
    let open = requests.length;
    let hasFailed = false;
    const discard = (numbers) => {
      if (numbers.length === 0) return;
      internal.markHandled(cacheCall(`discard\0${join(numbers, '\n')}\0`));
    };
    const fail = (error) => {
      if (hasFailed) return;
      hasFailed = true;
      result.reject(error);
      const numbers = [];
      for (let i = 0; i < requests.length; i++) {
        internal.abortFetchesOf(requests[i]);
        if (staged[i] !== undefined) numbers[numbers.length] = staged[i];
      }
      discard(numbers);
    };
    const stored = (index, number) => {
      if (hasFailed) {
        discard([number]);
        return;
      }
      staged[index] = number;
      if (--open > 0) return;
      then(cacheCall(`commit\0${numberOf(cache)}\0${join(staged, '\n')}\0`),
        () => result.resolve(undefined), result.reject);
    };
    for (let i = 0; i < requests.length; i++) {
      const added = then(internal.fetch(requests[i]), (response) => {
        if (hasFailed) return undefined;
        checkAdded(response, where);
        return cachePut(numberOf(cache), true, requests[i], response);
      });
      then(added, (number) => { if (number !== undefined) stored(i, number); }, fail);
    }
    return result.promise;
  }

  function checkAdded(response, where) {
    const { type, status } = internal.response.record(response);
    if (type === 'error' || status < 200 || status > 299) {
      throw new TypeError(`${where}: a response is not ok (its status is ${status}).`);
    }
    checkResponse(response, where);
  }

  internal.defineInterface('Cache', Cache);
  internal.createCache = (number) => new Cache(token, number);
})
