// File, FileList (https://w3c.github.io/FileAPI/) and ProgressEvent (https://xhr.spec.whatwg.org/).
(function (internal) {
  'use strict';
  const { token, isObject, toDictionary, requireArguments, toUSVString, native } = internal;
  const { Blob, Event } = internal;
  const { defineProperty, floor } = internal.primordials;
  const { TRUSTED } = internal.eventFlags;

  class File extends Blob {
    #name;
    #lastModified;

    constructor(fileBits, fileName = undefined, options = {}) {
      if (fileBits === token) {
        super(token, arguments[1], arguments[2]);
        this.#name = arguments[3];
        this.#lastModified = arguments[4];
        return;
      }
      requireArguments(arguments.length, 2, 'File');
      const given = internal.toBlobParts(fileBits, 'File');
      const name = toUSVString(fileName);
      const { endings, lastModified, type } = fileOptions(options);
      super(token, internal.collectBlobParts(given, endings === 'native'), type);
      this.#name = name;
      this.#lastModified = lastModified;
    }
    get name() { return this.#name; }
    get lastModified() { return this.#lastModified; }

    static {
      internal.isFile = (value) => isObject(value) && #name in value;
      internal.fileName = (file) => file.#name;
      internal.fileLastModified = (file) => file.#lastModified;
      internal.createFile = (parts, type, name, lastModified = now()) =>
        new File(token, parts, type, name, lastModified);
    }
  }

  // FilePropertyBag: the members of the inherited dictionary first, each in the order of names.
  function fileOptions(value) {
    const options = toDictionary(value, 'File');
    const { endings, type } = options;
    const chosen = endings === undefined
      ? 'transparent' : internal.toEnum(endings, ['transparent', 'native'], 'File');
    const typeText = type === undefined ? '' : internal.fileType(type);
    const { lastModified } = options;
    return {
      endings: chosen, type: typeText,
      lastModified: lastModified === undefined ? now() : toLongLong(lastModified),
    };
  }

  const now = () => floor(native.timeOrigin() + native.now());

  // A long long without attributes: modulo 2^64, exact as far as a double is.
  function toLongLong(value) {
    const number = +value;
    if (number !== number || number === Infinity || number === -Infinity) return 0;
    const integer = number < 0 ? -floor(-number) : floor(number);
    const wrapped = integer % 18446744073709551616;
    if (wrapped >= 9223372036854775808) return wrapped - 18446744073709551616;
    if (wrapped < -9223372036854775808) return wrapped + 18446744073709551616;
    return wrapped + 0;
  }

  internal.defineInterface('File', File);

  // A file is a blob, too, so its rules come first.
  const parts = (bytes) => (bytes.length === 0 ? [] : [bytes]);
  internal.defineSerializable('File', {
    is: internal.isFile,
    serialize: (file) => [
      internal.blobBytes(file), internal.blobType(file), internal.fileName(file),
      internal.fileLastModified(file),
    ],
    deserialize: ([bytes, type, name, lastModified]) =>
      internal.createFile(parts(bytes), type, name, lastModified),
  });
  internal.defineSerializable('Blob', {
    is: internal.isBlob,
    serialize: (blob) => [internal.blobBytes(blob), internal.blobType(blob)],
    deserialize: ([bytes, type]) => internal.createBlobOfParts(parts(bytes), type),
  });

  // Lists come from forms only, which a worker has none of.
  let isFileList;
  class FileList {
    #files = [];
    constructor(key) { if (key !== token) throw internal.illegalConstructor(); }
    item(index) {
      const files = this.#files;
      requireArguments(arguments.length, 1, 'FileList.item');
      return files[index >>> 0] ?? null;
    }
    get length() { return this.#files.length; }
    static { isFileList = (value) => isObject(value) && #files in value; }
  }
  defineProperty(FileList.prototype, Symbol.iterator, {
    value: Array.prototype[Symbol.iterator], enumerable: false, configurable: true, writable: true,
  });
  internal.defineInterface('FileList', FileList);
  internal.defineSerializable('FileList', {
    is: isFileList, serialize: () => [], deserialize: () => new FileList(token),
  });

  class ProgressEvent extends Event {
    #lengthComputable = false;
    #loaded = 0;
    #total = 0;

    constructor(type, init = {}) {
      if (type === token) {
        super(token, arguments[1], TRUSTED, native.now());
        this.#lengthComputable = true;
        this.#loaded = arguments[2];
        this.#total = arguments[3];
        return;
      }
      requireArguments(arguments.length, 1, 'ProgressEvent');
      super(`${type}`, init);
      const { lengthComputable, loaded, total } = toDictionary(init, 'ProgressEvent');
      if (lengthComputable !== undefined) this.#lengthComputable = !!lengthComputable;
      if (loaded !== undefined) this.#loaded = toDouble(loaded);
      if (total !== undefined) this.#total = toDouble(total);
    }
    get lengthComputable() { return this.#lengthComputable; }
    get loaded() { return this.#loaded; }
    get total() { return this.#total; }
  }

  function toDouble(value) {
    const number = +value;
    if (number !== number || number === Infinity || number === -Infinity) {
      throw new TypeError('ProgressEvent: not a finite number.');
    }
    return number;
  }

  internal.defineInterface('ProgressEvent', ProgressEvent);
  internal.ProgressEvent = ProgressEvent;
})
