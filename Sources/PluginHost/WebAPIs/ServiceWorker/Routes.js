// InstallEvent.addRoutes(): https://w3c.github.io/ServiceWorker/#register-router-method
//
// The dictionaries are converted here; the host checks what is in them and keeps the rules.
(function (internal) {
  'use strict';
  const { isObject, toUSVString, toByteString, toEnum, toDictionary } = internal;
  const { replaceAll, iteratorSymbol, apply } = internal.primordials;
  const ADD_ROUTES = 37;
  const WHERE = 'InstallEvent.addRoutes';
  // Deeper ones are refused by the host; this only bounds the recursion here.
  const MAXIMUM_DEPTH = 12;

  const modes = ['same-origin', 'cors', 'no-cors', 'navigate'];
  const destinations = [
    '', 'audio', 'audioworklet', 'document', 'embed', 'font', 'frame', 'iframe', 'image', 'json',
    'manifest', 'object', 'paintworklet', 'report', 'script', 'sharedworker', 'style', 'text', 'track',
    'video', 'worker', 'xslt',
  ];
  const sources = {
    __proto__: null, cache: 'cache', 'fetch-event': 'fetch-event', network: 'network',
    'race-network-and-fetch-handler': 'race',
  };
  const escape = (text) => replaceAll(replaceAll(text, '\\', '\\\\'), '\n', '\\n');

  // The values of a sequence; undefined where it is none.
  function sequence(value) {
    const method = value[iteratorSymbol];
    if (method === undefined || method === null) return undefined;
    const iterator = apply(method, value, []);
    const values = [];
    for (let step = iterator.next(); !step.done; step = iterator.next()) {
      if (values.length >= 1025) throw new TypeError(`${WHERE}: there are too many rules or conditions.`);
      values[values.length] = step.value;
    }
    return values;
  }

  // A URLPatternCompatible, which is relative to the script.
  function pattern(value, lines) {
    const built = internal.buildURLPattern(value, internal.baseURL);
    const { strings, ignoreCase } = internal.urlPatternParts(built);
    lines[lines.length] = 'init';
    lines[lines.length] = ignoreCase ? '1' : '0';
    for (let i = 0; i < strings.length; i++) lines[lines.length] = `=${escape(strings[i])}`;
    lines[lines.length] = '';
  }

  // RouterCondition. Its members are read in the order of the alphabet.
  function condition(value, lines, depth) {
    const dictionary = toDictionary(value, WHERE);
    if (depth > MAXIMUM_DEPTH) throw new TypeError(`${WHERE}: the conditions are nested too deep.`);
    const { not, or, requestDestination, requestMethod, requestMode, runningStatus, urlPattern } =
      dictionary;
    const parts = [];
    let count = 0;
    const add = (word, text) => {
      count++;
      parts[parts.length] = word;
      parts[parts.length] = text;
    };
    if (urlPattern !== undefined) {
      count++;
      pattern(urlPattern, parts);
    }
    if (requestMethod !== undefined) add('method', escape(toByteString(requestMethod)));
    if (requestMode !== undefined) add('mode', toEnum(requestMode, modes, WHERE));
    if (requestDestination !== undefined) {
      add('destination', toEnum(requestDestination, destinations, WHERE));
    }
    if (runningStatus !== undefined) {
      add('running', toEnum(runningStatus, ['running', 'not-running'], WHERE) === 'running' ? '1' : '0');
    }
    const alone = (or !== undefined) + (not !== undefined);
    if (alone + (count > 0 ? 1 : 0) !== 1) {
      throw new TypeError(`${WHERE}: a condition has 'or', or 'not', or others, and one of these.`);
    }
    if (or !== undefined) {
      const list = isObject(or) ? sequence(or) : undefined;
      if (list === undefined) throw new TypeError(`${WHERE}: 'or' is no sequence.`);
      lines[lines.length] = 'or';
      lines[lines.length] = `${list.length}`;
      for (let i = 0; i < list.length; i++) condition(list[i], lines, depth + 1);
    } else if (not !== undefined) {
      lines[lines.length] = 'not';
      condition(not, lines, depth + 1);
    } else {
      lines[lines.length] = 'all';
      lines[lines.length] = `${count}`;
      for (let i = 0; i < parts.length; i++) lines[lines.length] = parts[i];
    }
  }

  function source(value, lines) {
    if (isObject(value)) {
      const { cacheName } = value;
      if (cacheName === undefined) throw new TypeError(`${WHERE}: a source has no 'cacheName'.`);
      lines[lines.length] = 'named-cache';
      lines[lines.length] = escape(toUSVString(cacheName));
      return;
    }
    const word = sources[`${value}`];
    if (word === undefined) throw new TypeError(`${WHERE}: '${value}' is no source.`);
    lines[lines.length] = word;
  }

  function rule(value, lines) {
    const dictionary = toDictionary(value, WHERE);
    const required = dictionary.condition;
    if (required === undefined) throw new TypeError(`${WHERE}: a rule has no 'condition'.`);
    lines[lines.length] = 'rule';
    condition(required, lines, 1);
    const from = dictionary.source;
    if (from === undefined) throw new TypeError(`${WHERE}: a rule has no 'source'.`);
    source(from, lines);
  }

  // The promise of the rules' registration, which extends the event.
  internal.addRoutes = function (event, rules) {
    if (!isObject(rules)) throw new TypeError(`${WHERE}: the rules are no object.`);
    const lines = [];
    const list = sequence(rules);
    if (list === undefined) rule(rules, lines);
    else for (let i = 0; i < list.length; i++) rule(list[i], lines);
    internal.beginExtension(event);
    const done = () => internal.finishExtension(event);
    const registered = internal.callHost(ADD_ROUTES, internal.primordials.join(lines, '\n'));
    internal.primordials.then(registered, done, done);
    return internal.primordials.then(registered, () => undefined);
  };
})
