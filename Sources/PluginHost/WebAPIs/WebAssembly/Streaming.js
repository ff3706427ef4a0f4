// https://webassembly.github.io/spec/web-api/#streaming-modules
(function (internal) {
  'use strict';
  const { WebAssembly, Response, Headers } = globalThis;
  if (WebAssembly === undefined) return;
  const { defineProperty, getOwnPropertyDescriptor, resolved, then, lowerCase, uncurry } =
    internal.primordials;
  const { compile, instantiate } = WebAssembly;
  const getter = (name) => uncurry(getOwnPropertyDescriptor(Response.prototype, name).get);
  const typeOf = getter('type'), statusOf = getter('status'), headersOf = getter('headers');
  const get = uncurry(Headers.prototype.get), arrayBuffer = uncurry(Response.prototype.arrayBuffer);

  // "Compile a potential WebAssembly response", up to the bytes.
  function bytesOf(source) {
    return then(resolved(source), (response) => {
      if (!internal.response.is(response)) {
        throw new TypeError('WebAssembly: the source is not a Response.');
      }
      // Neither parameters nor anything else may follow.
      const type = get(headersOf(response), 'Content-Type') ?? '';
      if (lowerCase(internal.asciiWhitespaceTrim(type)) !== 'application/wasm') {
        throw new TypeError(`WebAssembly: the response's MIME type is '${type}'.`);
      }
      const kind = typeOf(response), status = statusOf(response);
      if (kind === 'opaque' || kind === 'opaqueredirect' || kind === 'error') {
        throw new TypeError(`WebAssembly: the response is of type '${kind}'.`);
      }
      if (status < 200 || status > 299) {
        throw new TypeError(`WebAssembly: the response's status is ${status}.`);
      }
      return arrayBuffer(response);
    });
  }

  const methods = {
    compileStreaming(source) { return then(bytesOf(source), (bytes) => compile(bytes)); },
    instantiateStreaming(source, importObject = undefined) {
      return then(bytesOf(source), (bytes) => instantiate(bytes, importObject));
    },
  };
  for (const name of ['compileStreaming', 'instantiateStreaming']) {
    defineProperty(WebAssembly, name, {
      value: methods[name], writable: true, enumerable: true, configurable: true,
    });
  }
})
