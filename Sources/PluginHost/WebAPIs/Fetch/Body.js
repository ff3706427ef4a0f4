// Bodies: https://fetch.spec.whatwg.org/#bodies and the Body mixin.
//
// A body's bytes are in one of three places: here (`source`, a string, bytes or a blob), with the host
// (`handle`, bytes that have not entered this process or its heap), or in a stream of the script.
// They move into a stream only where a script asks for `body` or clones.
(function (internal) {
  'use strict';
  const { native, hooks, isObject, token, isBufferSource, bytesOf, deferred } = internal;
  const {
    SafeMap, then, resolved, rejected, sliceBytes, setBytes, parseJSON, isView, viewTag, Uint8Array,
    viewByteLength, defineProperty, viewBuffer,
  } = internal.primordials;
  const { stream: access, streamController } = internal;

  class Body {
    constructor(source, handle, stream, length) {
      this.source = source;
      this.handle = handle;
      this.stream = stream;
      this.length = length;
      // Read to the end or cancelled by one of the functions below, without a stream.
      this.isUsed = false;
      // Set where the fetch that it comes from was aborted.
      this.abortion = null;
      // Called once when the host has nothing more to say of it.
      this.onEnd = null;
      // Called where the fetch is aborted while somebody stores the body.
      this.onAbort = null;
    }
    end() {
      const { onEnd } = this;
      this.onEnd = null;
      if (onEnd !== null) onEnd();
    }
  }
  internal.createBody = (source, handle, stream, length) =>
    new Body(source, handle, stream, length);

  const isDisturbed = (body) =>
    body !== null && (body.isUsed || (body.stream !== null && access.isDisturbed(body.stream)));
  const isUnusable = (body) =>
    isDisturbed(body) || (body !== null && body.stream !== null && access.isLocked(body.stream));
  internal.isBodyDisturbed = isDisturbed;
  internal.isBodyUnusable = isUnusable;

  // https://fetch.spec.whatwg.org/#concept-bodyinit-extract
  internal.extractBody = function (object, keepalive = false) {
    if (access.is(object)) {
      if (access.isDisturbed(object) || access.isLocked(object)) {
        throw new TypeError('The stream is locked or has been read from.');
      }
      return { body: new Body(null, null, object, null), type: null };
    }
    if (isObject(object)) {
      if (internal.isBlob(object)) {
        const type = internal.blobType(object);
        const body = new Body(object, null, null, internal.blobSize(object));
        return { body, type: type === '' ? null : type };
      }
      if (isBufferSource(object)) {
        const bytes = internal.copyBytes(bytesOf(object));
        return { body: new Body(bytes, null, null, viewByteLength(bytes)), type: null };
      }
      if (internal.isFormData(object)) {
        const { boundary, blob } = internal.encodeMultipart(object);
        return {
          body: new Body(blob, null, null, internal.blobSize(blob)),
          type: `multipart/form-data; boundary=${boundary}`,
        };
      }
      if (internal.isURLSearchParams(object)) {
        return {
          body: new Body(internal.URLSearchParamsToString(object), null, null, null),
          type: 'application/x-www-form-urlencoded;charset=UTF-8',
        };
      }
    }
    const string = internal.toUSVString(object);
    return { body: new Body(string, null, null, null), type: 'text/plain;charset=UTF-8' };
  };

  // Reads from the host under way: the number given to it → what waits for it.
  const reads = new SafeMap();
  let lastRead = 0;
  hooks.bodyRead = function (number, bytes, message) {
    const read = reads.get(number);
    if (read === undefined) return;
    reads.delete(number);
    if (message !== undefined) read.reject(new TypeError(message));
    else read.resolve(bytes);
  };

  // Asks the host for the next chunk, or for all there is. Resolves with bytes; `undefined` at the
  // end of a body that is read in chunks.
  function readHandle(body, handle, all) {
    const read = deferred();
    const number = ++lastRead;
    reads.set(number, {
      resolve(bytes) {
        if (all || bytes === undefined) body.end();
        read.resolve(bytes);
      },
      reject(error) {
        body.end();
        read.reject(body.abortion === null ? error : body.abortion.reason);
      },
    });
    native.readBody(handle, number, all);
    return read.promise;
  }

  function streamOfHandle(body, handle) {
    return internal.createByteStream({
      pull(controller) {
        return then(readHandle(body, handle, false), (bytes) => {
          if (bytes === undefined) streamController.close(controller);
          else streamController.enqueue(controller, bytes);
        });
      },
      cancel() {
        body.end();
        native.cancelBody(handle);
      },
    }, 0);
  }

  // The fetch was aborted after its response had come: what is not read yet fails with the reason.
  internal.abortBody = function (body, reason) {
    body.abortion = { reason };
    if (body.onAbort !== null) body.onAbort(reason);
    if (body.stream !== null) streamController.error(access.controller(body.stream), reason);
  };

  // The bytes of a source, which may be the source itself.
  function sourceBytes(source) {
    if (typeof source === 'string') return native.encodeUTF8(source);
    return internal.isBlob(source) ? internal.blobBytes(source) : source;
  }
  // What the host takes: a string or bytes.
  internal.sourceForHost = (source) => (typeof source === 'string' ? source : sourceBytes(source));

  function streamOf(body) {
    if (body.stream !== null) return body.stream;
    if (body.handle !== null) {
      body.stream = streamOfHandle(body, body.handle);
      body.handle = null;
    } else if (internal.isBlob(body.source)) {
      body.stream = internal.blobStream(body.source);
    } else {
      const bytes = sourceBytes(body.source);
      body.stream = internal.createByteStream({
        pull(controller) {
          if (viewByteLength(bytes) > 0) {
            streamController.enqueue(controller, internal.copyBytes(bytes));
          }
          streamController.close(controller);
        },
      }, 0);
    }
    if (body.isUsed) {
      access.disturb(body.stream);
      access.setClosed(body.stream);
      // The reader that has read it is never given back.
      internal.acquireReader(body.stream);
    }
    return body.stream;
  }
  internal.bodyStream = streamOf;

  // https://fetch.spec.whatwg.org/#concept-body-clone
  internal.cloneBody = function (body) {
    if (body === null) return null;
    if (body.stream === null && body.handle === null) {
      return new Body(body.source, null, null, body.length);
    }
    const [first, second] = internal.teeStream(streamOf(body));
    body.stream = first;
    return new Body(body.source, null, second, body.length);
  };

  // Takes the bytes over for another owner and leaves a used body behind.
  internal.transferBody = function (body) {
    if (body === null) return null;
    const moved = new Body(body.source, body.handle, body.stream, body.length);
    if (body.stream !== null) {
      // The old stream stays locked and disturbed; its chunks come out of a new one.
      const reader = internal.acquireReader(body.stream);
      access.disturb(body.stream);
      const create = access.isByteStream(body.stream)
        ? internal.createByteStream : internal.createStream;
      moved.stream = create({
        pull(controller) {
          const result = deferred();
          internal.readStream(reader, {
            chunk(value) { streamController.enqueue(controller, value); result.resolve(); },
            close() { streamController.close(controller); result.resolve(); },
            error(error) { result.reject(error); },
          });
          return result.promise;
        },
        cancel: (reason) => internal.cancelReader(reader, reason),
      }, 0);
      moved.source = null;
    }
    body.handle = null;
    body.isUsed = true;
    return moved;
  };

  // Calls the request's functions with every chunk of a stream that is not locked.
  internal.pumpStream = function (stream, onChunk, onEnd, onError) {
    const reader = internal.acquireReader(stream);
    const next = () => {
      internal.readStream(reader, {
        chunk(value) {
          if (!isView(value) || viewTag(value) !== 'Uint8Array') {
            const error = new TypeError('A chunk of the body is not a Uint8Array.');
            internal.markHandled(internal.cancelReader(reader, error));
            onError(error);
          } else onChunk(value);
        },
        close: onEnd,
        error: onError,
      });
    };
    return {
      next, cancel: (reason) => internal.markHandled(internal.cancelReader(reader, reason)),
    };
  };

  function collectStream(stream) {
    const result = deferred();
    const chunks = [];
    let length = 0;
    const pump = internal.pumpStream(stream, (chunk) => {
      chunks[chunks.length] = chunk;
      length += viewByteLength(chunk);
      pump.next();
    }, () => {
      const bytes = new Uint8Array(length);
      let at = 0;
      for (let i = 0; i < chunks.length; i++) {
        setBytes(bytes, chunks[i], at);
        at += viewByteLength(chunks[i]);
      }
      result.resolve(bytes);
    }, result.reject);
    pump.next();
    return result.promise;
  }

  // https://fetch.spec.whatwg.org/#concept-body-consume-body
  function consume(object, convert) {
    let body;
    try {
      body = internal.bodyOf(object);
      if (isUnusable(body)) throw new TypeError('The body has already been used or is locked.');
    } catch (error) {
      return rejected(error);
    }
    if (body === null) return then(resolved(new Uint8Array(0)), convert);
    if (body.stream !== null) return then(collectStream(body.stream), convert);
    body.isUsed = true;
    if (body.handle === null) {
      const { source } = body;
      let data = source;
      if (internal.isBlob(source)) data = internal.blobBytes(source);
      else if (typeof source !== 'string') data = internal.copyBytes(source);
      return then(resolved(data), convert);
    }
    const { handle } = body;
    body.handle = null;
    return then(readHandle(body, handle, true), convert);
  }

  // A body of text that never was bytes stays text; a byte order mark goes as in decoding.
  const toText = (data) => {
    if (typeof data !== 'string') return internal.decodeUTF8(data);
    return data.length > 0 && data[0] === '\ufeff' ? internal.primordials.slice(data, 1) : data;
  };
  const toBytes = (data) => (typeof data === 'string' ? native.encodeUTF8(data) : data);

  internal.defineBody = function (constructor) {
    const methods = {
      get body() {
        const body = internal.bodyOf(this);
        return body === null ? null : streamOf(body);
      },
      get bodyUsed() { return isDisturbed(internal.bodyOf(this)); },
      arrayBuffer() { return consume(this, (data) => viewBuffer(toBytes(data))); },
      blob() {
        return consume(this, (data) => {
          const type = internal.mimeTypeOf(this);
          return internal.createBlob(toBytes(data), type === null ? '' : type.text);
        });
      },
      bytes() { return consume(this, toBytes); },
      formData() {
        return consume(this, (data) =>
          internal.decodeForm(toBytes(data), internal.mimeTypeOf(this)));
      },
      json() { return consume(this, (data) => parseJSON(toText(data))); },
      text() { return consume(this, toText); },
    };
    for (const key of internal.primordials.ownKeys(methods)) {
      defineProperty(constructor.prototype, key,
        internal.primordials.getOwnPropertyDescriptor(methods, key));
    }
  };

  // Bodies of answers and of fetches on their way out, by "kind:number".
  const outgoing = new SafeMap();
  const keyOf = (kind, number) => number * 8 + kind;

  // Streams a body to the host, which says when it can take more.
  internal.sendStream = function (kind, number, stream, onFinish = null) {
    const key = keyOf(kind, number);
    let reading = false;
    const finish = (error) => {
      if (onFinish !== null) onFinish(error);
      return outgoing.delete(key);
    };
    const pump = internal.pumpStream(stream, (chunk) => {
      reading = false;
      // A copy: the engine pins the memory of what native code has looked at.
      if (outgoing.has(key) && native.writeBody(kind, number, sliceBytes(chunk))) more();
    }, () => {
      if (finish()) native.endBody(kind, number);
    }, (error) => {
      if (finish(error)) native.failBody(kind, number, internal.errorText(error));
    });
    const more = () => {
      if (reading) return;
      reading = true;
      pump.next();
    };
    outgoing.set(key, { more, cancel() { finish(); pump.cancel(); } });
  };
  hooks.bodyWritable = (kind, number) => outgoing.get(keyOf(kind, number))?.more();
  hooks.bodyCancelled = (kind, number) => outgoing.get(keyOf(kind, number))?.cancel();
})
