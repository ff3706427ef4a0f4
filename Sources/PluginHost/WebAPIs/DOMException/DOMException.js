// https://webidl.spec.whatwg.org/#idl-DOMException
(function (internal) {
  'use strict';
  const { defineProperty, setPrototypeOf, Error } = internal.primordials;
  const codes = {
    INDEX_SIZE_ERR: 1, DOMSTRING_SIZE_ERR: 2, HIERARCHY_REQUEST_ERR: 3, WRONG_DOCUMENT_ERR: 4,
    INVALID_CHARACTER_ERR: 5, NO_DATA_ALLOWED_ERR: 6, NO_MODIFICATION_ALLOWED_ERR: 7,
    NOT_FOUND_ERR: 8, NOT_SUPPORTED_ERR: 9, INUSE_ATTRIBUTE_ERR: 10, INVALID_STATE_ERR: 11,
    SYNTAX_ERR: 12, INVALID_MODIFICATION_ERR: 13, NAMESPACE_ERR: 14, INVALID_ACCESS_ERR: 15,
    VALIDATION_ERR: 16, TYPE_MISMATCH_ERR: 17, SECURITY_ERR: 18, NETWORK_ERR: 19, ABORT_ERR: 20,
    URL_MISMATCH_ERR: 21, QUOTA_EXCEEDED_ERR: 22, TIMEOUT_ERR: 23, INVALID_NODE_TYPE_ERR: 24,
    DATA_CLONE_ERR: 25,
  };
  const codeOfName = new internal.primordials.SafeMap();
  const legacyNames = [
    'IndexSizeError', '', 'HierarchyRequestError', 'WrongDocumentError', 'InvalidCharacterError',
    '', 'NoModificationAllowedError', 'NotFoundError', 'NotSupportedError', 'InUseAttributeError',
    'InvalidStateError', 'SyntaxError', 'InvalidModificationError', 'NamespaceError',
    'InvalidAccessError', '', 'TypeMismatchError', 'SecurityError', 'NetworkError', 'AbortError',
    'URLMismatchError', 'QuotaExceededError', 'TimeoutError', 'InvalidNodeTypeError',
    'DataCloneError',
  ];
  for (let i = 0; i < legacyNames.length; i++) {
    if (legacyNames[i] !== '') codeOfName.set(legacyNames[i], i + 1);
  }

  class DOMException {
    #message;
    #name;
    constructor(message = '', name = 'Error') {
      this.#message = `${message}`;
      this.#name = `${name}`;
      // The stack of an error made here; a DOMException is not an Error in its internals.
      defineProperty(this, 'stack', {
        value: new Error().stack, enumerable: false, configurable: true, writable: true,
      });
    }
    get name() { return this.#name; }
    get message() { return this.#message; }
    get code() { return codeOfName.get(this.#name) ?? 0; }
    static {
      internal.isDOMException = (value) => internal.isObject(value) && #name in value;
      internal.domExceptionName = (exception) => exception.#name;
      internal.domExceptionMessage = (exception) => exception.#message;
    }
  }
  setPrototypeOf(DOMException.prototype, Error.prototype);
  internal.defineConstants(DOMException, codes);
  internal.defineInterface('DOMException', DOMException);
  internal.DOMException = DOMException;

  const toDouble = function (value, where) {
    if (value === undefined) return null;
    const number = +value;
    if (number - number !== 0) throw new TypeError(`QuotaExceededError: ${where} is not finite.`);
    if (number < 0) throw new RangeError(`QuotaExceededError: ${where} is negative.`);
    return number;
  };

  // https://webidl.spec.whatwg.org/#quotaexceedederror
  class QuotaExceededError extends DOMException {
    #quota;
    #requested;
    constructor(message = '', options = {}) {
      super(message, 'QuotaExceededError');
      const { quota, requested } = internal.toDictionary(options, 'QuotaExceededError');
      this.#quota = toDouble(quota, 'quota');
      this.#requested = toDouble(requested, 'requested');
      if (this.#quota !== null && this.#requested !== null && this.#requested < this.#quota) {
        throw new RangeError('QuotaExceededError: less is requested than there may be.');
      }
    }
    get quota() { return this.#quota; }
    get requested() { return this.#requested; }
  }
  internal.defineInterface('QuotaExceededError', QuotaExceededError);
  internal.quotaExceeded = (message) => new QuotaExceededError(message);
})
