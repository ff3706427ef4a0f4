// importScripts(): https://html.spec.whatwg.org/#dom-workerglobalscope-importscripts
(function (internal) {
  'use strict';
  const { native, DOMException } = internal;
  const { SyntaxError, TypeError, split } = internal.primordials;

  internal.defineGlobal('importScripts', function importScripts(...urls) {
    if (internal.isModule) throw new TypeError('A module cannot use importScripts().');
    const strings = [];
    for (let i = 0; i < urls.length; i++) strings[i] = internal.toUSVString(urls[i]);
    const hrefs = [];
    for (let i = 0; i < strings.length; i++) {
      const record = internal.parseURL(strings[i], internal.baseURL);
      if (record === null) {
        throw new DOMException(`'${strings[i]}' cannot be parsed as a URL.`, 'SyntaxError');
      }
      hrefs[i] = record[internal.urlField.HREF];
    }
    // Each script runs before the next one is loaded.
    for (let i = 0; i < hrefs.length; i++) {
      const failure = native.importScript(hrefs[i]);
      if (failure === undefined) continue;
      if (failure[0] === undefined) throw failure[1];
      if (failure[0] === '') {
        const [file, line, column] = split(failure[2], '\n');
        throw internal.located(new SyntaxError(failure[1]), file, +line, +column);
      }
      throw new DOMException(failure[1], failure[0]);
    }
  }, true);
})
