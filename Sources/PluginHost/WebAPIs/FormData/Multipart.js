// Forms as bodies: https://html.spec.whatwg.org/#multipart-form-data and
// https://fetch.spec.whatwg.org/#dom-body-formdata. Bytes are searched by the native parser.
(function (internal) {
  'use strict';
  const { native } = internal;
  const { replaceAll, parseJSON, viewBuffer, viewByteOffset, Uint8Array } = internal.primordials;
  const { URLSearchParams } = globalThis;
  const IGNORE_BOM = 2;

  const withCRLF = (string) => replaceAll(
    replaceAll(replaceAll(string, '\r\n', '\n'), '\r', '\n'), '\n', '\r\n');
  const escapeName = (string) => replaceAll(
    replaceAll(replaceAll(string, '\n', '%0A'), '\r', '%0D'), '"', '%22');

  // Returns the boundary and the body as a blob, which has the files' own bytes in it.
  internal.encodeMultipart = function (data) {
    const boundary =
      `----ValorFormBoundary${replaceAll(native.randomUUID(), '-', '')}`;
    const list = internal.formDataList(data);
    const parts = [];
    const add = (text) => { parts[parts.length] = native.encodeUTF8(text); };
    for (let i = 0; i < list.length; i += 2) {
      const value = list[i + 1];
      const head = `--${boundary}\r\nContent-Disposition: form-data; ` +
        `name="${escapeName(withCRLF(list[i]))}"`;
      if (typeof value === 'string') {
        add(`${head}\r\n\r\n${withCRLF(value)}\r\n`);
        continue;
      }
      const type = internal.blobType(value);
      add(`${head}; filename="${escapeName(internal.fileName(value))}"\r\n` +
        `Content-Type: ${type === '' ? 'application/octet-stream' : type}\r\n\r\n`);
      const content = internal.blobParts(value);
      for (let j = 0; j < content.length; j++) parts[parts.length] = content[j];
      add('\r\n');
    }
    add(`--${boundary}--\r\n`);
    return { boundary, blob: internal.createBlobOfParts(parts, '') };
  };

  function decodeMultipart(bytes, boundary) {
    const packed = boundary === undefined ? undefined : native.parseMultipart(bytes, boundary);
    if (packed === undefined) {
      throw new TypeError('The body is no valid multipart/form-data.');
    }
    // Of each part: name, file name or null, type, where its content begins and ends.
    const parts = parseJSON(packed);
    const list = [];
    for (let i = 0; i < parts.length; i += 5) {
      const from = parts[i + 3];
      const content =
        new Uint8Array(viewBuffer(bytes), viewByteOffset(bytes) + from, parts[i + 4] - from);
      list[list.length] = parts[i];
      list[list.length] = parts[i + 1] === null
        ? native.decode(0, IGNORE_BOM, internal.copyBytes(content), null)[0]
        : internal.createFile(
          content.length === 0 ? [] : [content], internal.fileType(parts[i + 2]), parts[i + 1]);
    }
    return list;
  }

  function decodeURLEncoded(bytes) {
    // A leading question mark is no part of a form, but the constructor would take one off.
    const params = new URLSearchParams(`?${native.decode(0, IGNORE_BOM, bytes, null)[0]}`);
    const list = [];
    for (let i = 0, pair; (pair = internal.paramsEntry(params, i)) !== undefined; i++) {
      list[list.length] = pair[0];
      list[list.length] = pair[1];
    }
    return list;
  }

  // The form in a body of this MIME type (null for none). Keeps the bytes.
  internal.decodeForm = function (bytes, type) {
    if (type !== null && type.essence === 'multipart/form-data') {
      return internal.createFormData(decodeMultipart(bytes, type.parameters.get('boundary')));
    }
    if (type !== null && type.essence === 'application/x-www-form-urlencoded') {
      return internal.createFormData(decodeURLEncoded(bytes));
    }
    throw new TypeError('The body is of no type that is a form.');
  };

  // The host's parser of https://mimesniff.spec.whatwg.org/: null, or essence, text and parameters.
  const unpack = (packed) => {
    if (packed === undefined) return null;
    const lines = internal.primordials.split(packed, '\n');
    const parameters = new internal.primordials.SafeMap();
    for (let i = 2; i + 1 < lines.length; i += 2) parameters.set(lines[i], lines[i + 1]);
    return { essence: lines[0], text: lines[1], parameters };
  };
  internal.parseMIMEType = (string) => unpack(native.parseMIMEType(string, false));
  // Of the values of Content-Type fields, joined: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
  internal.extractMIMEType = (value) =>
    (value === null ? null : unpack(native.parseMIMEType(value, true)));
})
