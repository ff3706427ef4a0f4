// The events of https://w3c.github.io/ServiceWorker/ and how they are answered.
(function (internal) {
  'use strict';
  const { native, hooks, token, isObject, toDictionary, requireArguments, deferred, event } =
    internal;
  const { Event, Dispatch, DOMException, markHandled } = internal;
  const { SafeMap, then, resolved, split } = internal.primordials;
  const { CANCELABLE, TRUSTED } = internal.eventFlags;
  const EVENT_RESPONSE = 1;
  const settled = resolved(undefined);

  class ExtendableEvent extends Event {
    #pending = 0;
    #failure = undefined;
    #onSettled = null;

    constructor(type, init = {}) {
      if (type === token) super(token, arguments[1], arguments[2], arguments[3]);
      else {
        requireArguments(arguments.length, 1, 'ExtendableEvent');
        super(`${type}`, init);
      }
    }

    waitUntil(promise) {
      this.#pending;
      requireArguments(arguments.length, 1, 'ExtendableEvent.waitUntil');
      internal.extendEvent(this, resolved(promise));
    }

    static {
      // https://w3c.github.io/ServiceWorker/#extendableevent-add-lifetime-promise
      const begin = (extendable) => {
        if (!event.isTrusted(extendable)) {
          throw new DOMException('The event is not trusted.', 'InvalidStateError');
        }
        if (extendable.#pending === 0 && !event.isDispatching(extendable)) {
          throw new DOMException('The event is no longer active.', 'InvalidStateError');
        }
        extendable.#pending++;
      };
      const extend = (extendable, promise) => {
        begin(extendable);
        then(promise, () => finish(extendable), (reason) => {
          extendable.#failure ??= internal.errorText(reason);
          finish(extendable);
        });
      };
      // One microtask later, so that a handler of the same promise can still extend the event.
      const finish = (extendable, onExtended) => {
        then(settled, () => {
          if (--extendable.#pending === 0) settle(extendable);
          else if (onExtended !== undefined) onExtended(extendable);
        });
      };
      const settle = (extendable) => {
        if (extendable.#onSettled === null || extendable.#pending > 0) return;
        const onSettled = extendable.#onSettled;
        extendable.#onSettled = null;
        onSettled(extendable.#failure ?? '');
      };
      internal.extendEvent = extend;
      internal.beginExtension = begin;
      internal.finishExtension = finish;
      internal.isExtended = (extendable) => extendable.#pending > 0;
      internal.whenSettled = (extendable, onSettled) => {
        extendable.#onSettled = onSettled;
        settle(extendable);
      };
    }
  }
  internal.defineInterface('ExtendableEvent', ExtendableEvent);

  class InstallEvent extends ExtendableEvent {
    #brand;
    addRoutes(rules) {
      try {
        this.#brand;
        requireArguments(arguments.length, 1, 'InstallEvent.addRoutes');
        return internal.addRoutes(this, rules);
      } catch (error) {
        return internal.primordials.rejected(error);
      }
    }
  }
  internal.defineInterface('InstallEvent', InstallEvent);

  // How many fetch events are answered and wait for further promises. The host, which forgets an
  // event with its answer, hears only whether there are any.
  let extendedEvents = 0;
  const endExtended = () => {
    if (--extendedEvents === 0) native.eventsExtended(false);
  };

  // respondWith() has been called / its promise has settled.
  const WAITING = 1, ANSWERED = 2;

  class FetchEvent extends ExtendableEvent {
    #number = 0;
    #head = '';
    #packedHeaders = '';
    #handle = undefined;
    #request = null;
    #state = 0;
    #handled = null;
    #outcome = undefined;
    #clientID = '';
    #resultingClientID = '';
    #replacesClientID = '';
    #details = undefined;
    #preloadResponse = undefined;
    #isKeptAlive = false;

    constructor(type, init) {
      if (type === token) {
        super(token, 'fetch', CANCELABLE | TRUSTED, arguments[5]);
        this.#number = arguments[1];
        this.#head = arguments[2];
        this.#packedHeaders = arguments[3];
        this.#handle = arguments[4];
        this.#details = arguments[6];
        return;
      }
      requireArguments(arguments.length, 2, 'FetchEvent');
      super(`${type}`, init);
      const { clientId, handled, preloadResponse, replacesClientId, request, resultingClientId } =
        toDictionary(init, 'FetchEvent');
      if (!internal.request.is(request)) throw new TypeError("FetchEvent: 'request' is required.");
      this.#request = request;
      if (clientId !== undefined) this.#clientID = `${clientId}`;
      if (replacesClientId !== undefined) this.#replacesClientID = `${replacesClientId}`;
      if (resultingClientId !== undefined) this.#resultingClientID = `${resultingClientId}`;
      if (preloadResponse !== undefined) this.#preloadResponse = resolved(preloadResponse);
      this.#handled = handled === undefined ? deferred() : { promise: resolved(handled) };
    }

    get request() {
      if (this.#request === null) makeRequest(this);
      return this.#request;
    }
    get preloadResponse() { return this.#preloadResponse ??= resolved(undefined); }
    get clientId() { readDetails(this); return this.#clientID; }
    get resultingClientId() { readDetails(this); return this.#resultingClientID; }
    get replacesClientId() { readDetails(this); return this.#replacesClientID; }
    get handled() {
      if (this.#handled === null) {
        this.#handled = deferred();
        markHandled(this.#handled.promise);
        if (this.#outcome !== undefined) this.#outcome(this.#handled);
      }
      return this.#handled.promise;
    }

    // https://w3c.github.io/ServiceWorker/#fetch-event-respondwith
    respondWith(response) {
      this.#state;
      requireArguments(arguments.length, 1, 'FetchEvent.respondWith');
      const promise = resolved(response);
      if (!event.isDispatching(this)) {
        throw new DOMException('The event is no longer dispatched.', 'InvalidStateError');
      }
      if (this.#state !== 0) {
        throw new DOMException('respondWith() has been called before.', 'InvalidStateError');
      }
      internal.beginExtension(this);
      event.stopImmediately(this);
      this.#state = WAITING;
      then(promise, (value) => {
        answer(this, value);
        internal.finishExtension(this, keepAlive);
      }, (reason) => {
        fail(
          this, `respondWith() was given a promise that rejected: ${internal.errorText(reason)}`);
        internal.finishExtension(this, keepAlive);
      });
    }

    static {
      const makeRequest = (fetchEvent) => {
        const handle = fetchEvent.#handle;
        fetchEvent.#handle = undefined;
        const body = handle === undefined ? null : internal.createBody(null, handle, null, null);
        const record = internal.unpackRequest(
          fetchEvent.#head, fetchEvent.#packedHeaders, fetchEvent.#number, body);
        fetchEvent.#request = internal.request.create(record, 'immutable');
      };
      const readDetails = (fetchEvent) => {
        if (fetchEvent.#details === undefined) return;
        const lines = split(fetchEvent.#details, '\n');
        fetchEvent.#details = undefined;
        fetchEvent.#clientID = lines[0];
        fetchEvent.#resultingClientID = lines[1];
        fetchEvent.#replacesClientID = lines[2];
      };
      // Asked for at once, so that it is there also where the event is over before it is read.
      const takePreload = (fetchEvent) => {
        fetchEvent.#preloadResponse = internal.takePreload(fetchEvent.request, fetchEvent.#number);
      };
      const settleHandled = (fetchEvent, outcome) => {
        fetchEvent.#outcome = outcome;
        if (fetchEvent.#handled !== null) outcome(fetchEvent.#handled);
      };
      const succeeded = (handled) => handled.resolve(undefined);
      const failed = (handled) => handled.reject(
        new DOMException('The request got a network error.', 'NetworkError'));
      const giveBack = (fetchEvent) => {
        fetchEvent.#state = ANSWERED;
        events.delete(fetchEvent.#number);
        const prevented = event.isCanceled(fetchEvent);
        const request = fetchEvent.#request;
        const body = request === null ? null : internal.request.record(request).body;
        const used = internal.isBodyUnusable(body);
        settleHandled(fetchEvent, prevented ? failed : succeeded);
        native.noResponse(fetchEvent.#number, prevented, used);
      };
      internal.fetchEvent = {
        makeRequest, readDetails, takePreload,
        fail(fetchEvent, message) {
          fetchEvent.#state = ANSWERED;
          events.delete(fetchEvent.#number);
          settleHandled(fetchEvent, failed);
          native.respondFailed(fetchEvent.#number, message);
        },
        answer(fetchEvent, value) {
          try {
            const failure = respond(fetchEvent, fetchEvent.#number, value);
            if (failure !== null) return fail(fetchEvent, failure);
          } catch (error) {
            return fail(fetchEvent, internal.errorText(error));
          }
          fetchEvent.#state = ANSWERED;
          settleHandled(fetchEvent, succeeded);
        },
        // The event is answered, and its lifetime extended.
        keepAlive(fetchEvent) {
          if (fetchEvent.#isKeptAlive) return;
          fetchEvent.#isKeptAlive = true;
          if (extendedEvents++ === 0) native.eventsExtended(true);
          internal.whenSettled(fetchEvent, endExtended);
        },
        // The listeners have run: without respondWith() the request goes on to the network.
        finishDispatch(fetchEvent) {
          if (fetchEvent.#state === 0) giveBack(fetchEvent);
          if (fetchEvent.#state === ANSWERED && internal.isExtended(fetchEvent)) {
            keepAlive(fetchEvent);
          }
        },
        abort(fetchEvent) { internal.request.abort(fetchEvent.request); },
      };
    }
  }
  const { makeRequest, readDetails, answer, fail, finishDispatch, keepAlive } = internal.fetchEvent;
  internal.defineInterface('FetchEvent', FetchEvent);

  // Why a response cannot be the answer to this request; null where it can.
  // https://fetch.spec.whatwg.org/#http-fetch
  function mismatch(request, record) {
    if (record.type === 'error') return 'the response is Response.error().';
    if (record.type === 'cors' && request.mode === 'same-origin') {
      return "a request with mode 'same-origin' got a response of type 'cors'.";
    }
    if (record.type === 'opaque' && request.mode !== 'no-cors') {
      return `a request with mode '${request.mode}' got a response of type 'opaque'.`;
    }
    if (record.type === 'opaqueredirect' && request.redirect !== 'manual') {
      return `a request with redirect mode '${request.redirect}' got an opaque redirect.`;
    }
    if (record.urlList.length > 1 && request.redirect !== 'follow') {
      return `a request with redirect mode '${request.redirect}' got a redirected response.`;
    }
    return null;
  }

  // Sends the answer, and forgets the event once there is nothing left to abort. Returns why there is a network error instead, or null.
  function respond(fetchEvent, number, response) {
    if (!internal.response.is(response)) {
      return 'respondWith() was given something that is not a Response.';
    }
    const record = internal.response.record(response);
    if (record.type !== 'default') {
      const reason = mismatch(internal.request.record(fetchEvent.request), record);
      if (reason !== null) return `respondWith() was given a wrong response: ${reason}`;
    }
    const { body } = record;
    if (internal.isBodyUnusable(body)) {
      return 'respondWith() was given a response whose body is used or locked.';
    }
    if (record.fetch !== 0 && (body === null || body.handle !== null)) {
      if (native.respondRelay(number, record.fetch)) {
        events.delete(number);
        if (body !== null) {
          body.isUsed = true;
          body.handle = null;
        }
        return null;
      }
    }
    if (record.isFiltered) return 'respondWith() was given an opaque response a second time.';
    const requestBody = internal.bodyOf(fetchEvent.request);
    // A stream of the answer may be made of the request's, which the host drops with the answer
    // where nobody has begun to read it.
    if (requestBody !== null && requestBody.stream !== null) native.beginRequestBody(number);
    send(number, record, internal.response.list(response), body);
    return null;
  }

  function send(number, record, list, body) {
    const head = `${record.statusText}\n${internal.packHeaders(list)}`;
    const urls = record.urlList.length === 0
      ? undefined : internal.primordials.join(record.urlList, '\n');
    if (body !== null && (body.stream !== null || body.handle !== null)) {
      native.respond(number, record.status, head, urls, true);
      internal.sendStream(
        EVENT_RESPONSE, number, internal.bodyStream(body), () => events.delete(number));
      return;
    }
    events.delete(number);
    if (body !== null) body.isUsed = true;
    native.respond(
      number, record.status, head, urls,
      body === null ? undefined : internal.sourceForHost(body.source));
  }

  // Fetch events without an answer, by the host's number.
  const events = new SafeMap();
  // The dispatch that the host lets go on after the microtasks of its last listener.
  let running = null;

  function step() {
    const { dispatch, finish } = running;
    if (dispatch.step()) return true;
    running = null;
    finish();
    return false;
  }
  hooks.step = step;

  function begin(dispatched, finish) {
    const several = internal.listenerCount(globalThis, event.type(dispatched)) > 1;
    const dispatch = new Dispatch(globalThis, dispatched);
    if (several) {
      running = { dispatch, finish };
      return step();
    }
    while (dispatch.step());
    finish();
    return false;
  }

  // Each returns whether the host has to call `step` again once microtasks have run.
  hooks.fetchEvent = function (number, head, headers, handle, time, details, hasPreload) {
    const fetchEvent = new FetchEvent(token, number, head, headers, handle, time, details);
    events.set(number, fetchEvent);
    if (hasPreload) internal.fetchEvent.takePreload(fetchEvent);
    return begin(fetchEvent, () => finishDispatch(fetchEvent));
  };

  function lifecycle(extendable, number) {
    return begin(extendable, () => internal.whenSettled(
      extendable, (failure) => native.lifetimeSettled(number, failure)));
  }
  hooks.install = (number, time) =>
    lifecycle(new InstallEvent(token, 'install', TRUSTED, time), number);
  hooks.activate = (number, time) =>
    lifecycle(new ExtendableEvent(token, 'activate', TRUSTED, time), number);

  hooks.abortEvent = function (number) {
    const fetchEvent = events.get(number);
    if (fetchEvent !== undefined) internal.fetchEvent.abort(fetchEvent);
  };
})
