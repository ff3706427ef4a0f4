// https://w3c.github.io/ServiceWorker/#client-interface and
// https://w3c.github.io/ServiceWorker/#clients-interface
//
// The host knows of clients what their requests say: it has no way into a page.
(function (internal) {
  'use strict';
  const { token, requireArguments, DOMException } = internal;
  const { rejected, split, then, freeze } = internal.primordials;
  const CLAIM_CLIENTS = 1, CLIENT = 35, CLIENTS = 36;
  const ignore = () => {};

  class Client {
    #id;
    #url;
    #type;
    #frameType;
    constructor(key, id, url, type, frameType) {
      if (key !== token) throw internal.illegalConstructor();
      this.#id = id;
      this.#url = url;
      this.#type = type;
      this.#frameType = frameType;
    }
    get url() { return this.#url; }
    get frameType() { return this.#frameType; }
    get id() { return this.#id; }
    get type() { return this.#type; }
    // A message is checked as if it were sent; nobody in a page hears it.
    postMessage(message, options = undefined) {
      this.#id;
      requireArguments(arguments.length, 1, 'Client.postMessage');
      const transfer = internal.postMessageTransfer?.(options, 'Client.postMessage');
      internal.structuredSerializeWithTransfer?.(message, transfer);
    }
  }

  class WindowClient extends Client {
    #brand;
    get visibilityState() { this.#brand; return 'visible'; }
    get focused() { this.#brand; return false; }
    get ancestorOrigins() { this.#brand; return none; }
    focus() {
      return refuse(() => {
        this.#brand;
        throw new DOMException('Not allowed to focus a window.', 'InvalidAccessError');
      });
    }
    navigate(url) {
      const count = arguments.length;
      return refuse(() => {
        this.#brand;
        requireArguments(count, 1, 'WindowClient.navigate');
        internal.toUSVString(url);
        throw new TypeError('The window cannot be navigated.');
      });
    }
  }
  const none = freeze([]);

  function refuse(operation) {
    try {
      return operation();
    } catch (error) {
      return rejected(error);
    }
  }

  const make = (lines, at) => new (lines[at + 2] === 'window' ? WindowClient : Client)(
    token, lines[at], lines[at + 1], lines[at + 2], lines[at + 3]);

  // Four lines for each client.
  function readClients(payload) {
    const text = internal.decodeUTF8(payload);
    if (text === '') return [];
    const lines = split(text, '\n');
    const clients = [];
    for (let i = 0; i + 3 < lines.length; i += 4) clients[clients.length] = make(lines, i);
    return clients;
  }

  class Clients {
    #brand;
    constructor(key) { if (key !== token) throw internal.illegalConstructor(); }
    get(id) {
      const count = arguments.length;
      return refuse(() => {
        this.#brand;
        requireArguments(count, 1, 'Clients.get');
        return then(internal.callHost(CLIENT, `${id}`), (payload) => readClients(payload)[0]);
      });
    }
    matchAll(options = {}) {
      return refuse(() => {
        this.#brand;
        const { includeUncontrolled, type = 'window' } =
          internal.toDictionary(options, 'Clients.matchAll');
        const kind = internal.toEnum(
          type, ['window', 'worker', 'sharedworker', 'all'], 'Clients.matchAll');
        const payload = `${includeUncontrolled ? '1' : '0'}\n${kind}`;
        return then(internal.callHost(CLIENTS, payload), (answer) => freeze(readClients(answer)));
      });
    }
    openWindow(url) {
      const count = arguments.length;
      return refuse(() => {
        this.#brand;
        requireArguments(count, 1, 'Clients.openWindow');
        internal.toUSVString(url);
        throw new DOMException('Not allowed to open a window.', 'InvalidAccessError');
      });
    }
    claim() {
      return refuse(() => {
        this.#brand;
        return then(internal.callHost(CLAIM_CLIENTS), ignore);
      });
    }
  }

  const interfaces = { Client, WindowClient, Clients };
  for (const name of internal.primordials.ownKeys(interfaces)) {
    internal.defineInterface(name, interfaces[name]);
  }
  internal.clients = new Clients(token);
})
