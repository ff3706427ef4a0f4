// https://w3c.github.io/ServiceWorker/#cachestorage-interface
(function (internal) {
  'use strict';
  const {
    token, requireArguments, attempt, cacheCall, cacheQuery, cacheQueryOptions, toRequestInfo,
    packCacheName, unpackCacheName,
  } = internal;
  const { then, resolved, split } = internal.primordials;

  class CacheStorage {
    #brand;
    constructor(key) {
      if (key !== token) throw internal.illegalConstructor();
    }

    match(request, options = {}) {
      return attempt(() => {
        this.#brand;
        requireArguments(arguments.length, 1, 'CacheStorage.match');
        const info = toRequestInfo(request);
        const flags = cacheQueryOptions(options, 'CacheStorage.match');
        const { cacheName } = internal.toDictionary(options, 'CacheStorage.match');
        const name = cacheName === undefined ? '' : `=${packCacheName(`${cacheName}`)}`;
        const query = cacheQuery(info, flags);
        if (query === null) return resolved(undefined);
        return then(cacheCall(`match\x000\0${name}\0${query}`), internal.takeCachedResponse);
      });
    }
    has(cacheName) {
      return attempt(() => {
        this.#brand;
        requireArguments(arguments.length, 1, 'CacheStorage.has');
        return then(
          cacheCall(`has\0${packCacheName(`${cacheName}`)}\0`), (answer) => answer === '1');
      });
    }
    open(cacheName) {
      return attempt(() => {
        this.#brand;
        requireArguments(arguments.length, 1, 'CacheStorage.open');
        return then(cacheCall(`open\0${packCacheName(`${cacheName}`)}\0`), internal.createCache);
      });
    }
    delete(cacheName) {
      return attempt(() => {
        this.#brand;
        requireArguments(arguments.length, 1, 'CacheStorage.delete');
        return then(
          cacheCall(`delete\0${packCacheName(`${cacheName}`)}\0`), (answer) => answer === '1');
      });
    }
    keys() {
      return attempt(() => {
        this.#brand;
        return then(cacheCall('names\0'), (text) => {
          const lines = split(text, '\n');
          const names = [];
          for (let i = 0; i + 1 < lines.length; i++) names[i] = unpackCacheName(lines[i]);
          return names;
        });
      });
    }
  }
  internal.defineInterface('CacheStorage', CacheStorage);

  const storage = new CacheStorage(token);
  internal.defineGlobalGetter('caches', () => storage);
})
