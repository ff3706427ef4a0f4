// https://xhr.spec.whatwg.org/#interface-formdata
(function (internal) {
  'use strict';
  const { token, isObject, requireArguments, toUSVString } = internal;

  class FormData {
    // Flat: name, value, name, value, …
    #list = [];

    constructor(form = undefined, submitter = undefined) {
      if (form === token) return;
      // A worker has no forms.
      if (form !== undefined) throw new TypeError('FormData: the form is no HTMLFormElement.');
      if (submitter !== undefined && submitter !== null) {
        throw new TypeError('FormData: the submitter is no HTMLElement.');
      }
    }

    append(name, value, filename = undefined) {
      const list = this.#list;
      requireArguments(arguments.length, 2, 'FormData.append');
      const key = toUSVString(name);
      const entry = toEntry(value, filename, arguments.length, 'FormData.append');
      list[list.length] = key;
      list[list.length] = entry;
    }
    delete(name) {
      this.#list;
      requireArguments(arguments.length, 1, 'FormData.delete');
      const key = toUSVString(name);
      const rest = [];
      for (let i = 0; i < this.#list.length; i += 2) {
        if (this.#list[i] === key) continue;
        rest[rest.length] = this.#list[i];
        rest[rest.length] = this.#list[i + 1];
      }
      this.#list = rest;
    }
    get(name) {
      this.#list;
      requireArguments(arguments.length, 1, 'FormData.get');
      const key = toUSVString(name);
      for (let i = 0; i < this.#list.length; i += 2) {
        if (this.#list[i] === key) return this.#list[i + 1];
      }
      return null;
    }
    getAll(name) {
      this.#list;
      requireArguments(arguments.length, 1, 'FormData.getAll');
      const key = toUSVString(name);
      const values = [];
      for (let i = 0; i < this.#list.length; i += 2) {
        if (this.#list[i] === key) values[values.length] = this.#list[i + 1];
      }
      return values;
    }
    has(name) {
      this.#list;
      requireArguments(arguments.length, 1, 'FormData.has');
      const key = toUSVString(name);
      for (let i = 0; i < this.#list.length; i += 2) if (this.#list[i] === key) return true;
      return false;
    }
    set(name, value, filename = undefined) {
      this.#list;
      requireArguments(arguments.length, 2, 'FormData.set');
      const key = toUSVString(name);
      const entry = toEntry(value, filename, arguments.length, 'FormData.set');
      const rest = [];
      let found = false;
      for (let i = 0; i < this.#list.length; i += 2) {
        const same = this.#list[i] === key;
        if (same && found) continue;
        rest[rest.length] = this.#list[i];
        rest[rest.length] = same ? entry : this.#list[i + 1];
        found ||= same;
      }
      if (!found) {
        rest[rest.length] = key;
        rest[rest.length] = entry;
      }
      this.#list = rest;
    }

    static {
      internal.isFormData = (value) => isObject(value) && #list in value;
      internal.formDataList = (data) => data.#list;
      internal.createFormData = (list) => {
        const data = new FormData(token);
        data.#list = list;
        return data;
      };
      internal.formDataEntry = (data, index) => {
        const list = data.#list;
        return 2 * index < list.length ? [list[2 * index], list[2 * index + 1]] : undefined;
      };
    }
  }

  // https://html.spec.whatwg.org/#create-an-entry, behind the overloads of append() and set().
  function toEntry(value, filename, count, where) {
    const isBlob = internal.isBlob(value);
    if (!isBlob) {
      if (count >= 3) throw new TypeError(`${where}: a value with a file name is no Blob.`);
      return toUSVString(value);
    }
    const name = filename === undefined ? null : toUSVString(filename);
    const isFile = internal.isFile(value);
    if (isFile && name === null) return value;
    return internal.createFile(
      internal.blobParts(value), internal.blobType(value), name ?? 'blob',
      isFile ? internal.fileLastModified(value) : undefined);
  }

  internal.defineIterable(FormData, 'FormData', internal.formDataEntry);
  internal.defineInterface('FormData', FormData);
})
