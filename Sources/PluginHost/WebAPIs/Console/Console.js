// https://console.spec.whatwg.org/ and how values look in it.
(function (internal) {
  'use strict';
  const { native, isObject } = internal;
  const {
    Array, isArray, ownKeys, getOwnPropertyDescriptor, split, indexOf, slice, startsWith, join,
    SafeMap, SafeSet, replaceAll, String, Error, stringifyJSON, isView, viewTag, Symbol,
  } = internal.primordials;
  const { getPrototypeOf } = Object;
  const { DEBUG, LOG, INFO, WARN, ERROR } = { DEBUG: 0, LOG: 1, INFO: 2, WARN: 3, ERROR: 4 };
  const MAXIMUM_DEPTH = 3, MAXIMUM_ITEMS = 100, MAXIMUM_TEXT = 1 << 20,
    MAXIMUM_NAMED = 10_000;
  const placePattern = /^(.*):(\d+):(\d+)$/;
  const identifier = /^[A-Za-z_$][\w$]*$/;
  const toError = internal.primordials.uncurry(Error.prototype.toString);
  const isDate = internal.primordials.uncurry(Date.prototype.toISOString);
  const regExpText = internal.primordials.uncurry(RegExp.prototype.toString);
  const mapEach = internal.primordials.uncurry(Map.prototype.forEach);
  const setEach = internal.primordials.uncurry(Set.prototype.forEach);
  const symbolText = internal.primordials.uncurry(Symbol.prototype.toString);

  // Our own scripts have names like this in stacks.
  const isInternal = (frame) => indexOf(frame, 'valor:') >= 0 || indexOf(frame, '[native code]') >= 0;

  function userFrames(stack) {
    const frames = [];
    const lines = split(`${stack}`, '\n');
    const rewritten = native.hasRewritten();
    for (let i = 0; i < lines.length; i++) {
      if (lines[i] === '' || isInternal(lines[i])) continue;
      frames[frames.length] = rewritten ? native.writtenFrame(lines[i]) : lines[i];
    }
    return frames;
  }

  // "file:line:column" of the innermost frame of the plugin.
  function positionOf(stack) {
    const frames = userFrames(stack);
    if (frames.length === 0) return '';
    const at = indexOf(frames[0], '@');
    return at < 0 ? '' : slice(frames[0], at + 1);
  }

  function isError(value) {
    return value instanceof Error;
  }

  function errorText(error) {
    let text = '';
    try {
      text = internal.primordials.hasInstance(internal.DOMException, error)
        ? `${error.name}: ${error.message}` : toError(error);
    } catch {
      text = 'Error';
    }
    return text;
  }
  internal.errorText = function (error) {
    try {
      return isObject(error) && isError(error) ? errorText(error) : format([error]);
    } catch {
      return 'unknown error';
    }
  };

  function errorWithStack(error) {
    let text = errorText(error);
    let stack = '';
    try {
      stack = error.stack;
    } catch {
      stack = '';
    }
    if (typeof stack === 'string') {
      const frames = userFrames(stack);
      for (let i = 0; i < frames.length; i++) text += `\n    at ${frames[i]}`;
    }
    return text;
  }

  // What the console says of an exception nobody caught.
  // `isHere`: what is no error has the place of the plugin's code that runs.
  internal.describeException = function (error, prefix = 'Uncaught ', isHere = false) {
    const result = { text: '', message: '', file: '', line: 0, column: 0, position: '' };
    try {
      if (isObject(error) && isError(error)) {
        const stack = typeof error.stack === 'string' ? error.stack : '';
        result.message = `${prefix}${errorText(error)}`;
        result.text = `${prefix}${errorWithStack(error)}`;
        result.position = positionOf(stack);
      } else {
        result.message = `${prefix}${format([error])}`;
        result.text = result.message;
        if (isHere) result.position = positionOf(new Error().stack);
      }
      const parts = internal.primordials.execute(placePattern, result.position);
      if (parts !== null) {
        result.file = parts[1];
        result.line = +parts[2];
        result.column = +parts[3];
      }
    } catch {
      result.text = result.message = `${prefix}exception`;
    }
    return result;
  };

  function quote(string) {
    const json = stringifyJSON(string);
    return `'${replaceAll(replaceAll(slice(json, 1, -1), '\\"', '"'), "'", "\\'")}'`;
  }

  function keyText(key) {
    if (typeof key === 'symbol') return `[${symbolText(key)}]`;
    return internal.primordials.execute(identifier, key) !== null ? key : quote(key);
  }

  function nameOf(object) {
    for (let each = object; each !== null; each = getPrototypeOf(each)) {
      const descriptor = getOwnPropertyDescriptor(each, 'constructor');
      if (descriptor !== undefined && typeof descriptor.value === 'function') {
        const name = getOwnPropertyDescriptor(descriptor.value, 'name')?.value;
        return typeof name === 'string' ? name : '';
      }
    }
    return '';
  }

  function inspect(value, depth, seen) {
    switch (typeof value) {
      case 'string': return quote(value);
      case 'bigint': return `${value}n`;
      case 'symbol': return symbolText(value);
      case 'number': return value === 0 && 1 / value < 0 ? '-0' : `${value}`;
      case 'undefined':
      case 'boolean': return `${value}`;
      case 'function': return inspectFunction(value);
      default: return value === null ? 'null' : inspectObject(value, depth, seen);
    }
  }

  function inspectFunction(value) {
    const source = internal.primordials.functionText(value);
    const name = getOwnPropertyDescriptor(value, 'name')?.value;
    const kind = startsWith(source, 'class') ? 'class' : 'Function';
    return typeof name === 'string' && name !== '' ? `[${kind}: ${name}]` : `[${kind} (anonymous)]`;
  }

  function inspectObject(object, depth, seen) {
    if (seen.has(object)) return '[Circular]';
    if (isError(object)) return errorWithStack(object);
    const special = inspectSpecial(object);
    if (special !== null) return special;
    const name = nameOf(object);
    const list = isArray(object) || (isView(object) && viewTag(object) !== undefined);
    if (depth > MAXIMUM_DEPTH) return list ? '[Array]' : `[${name === '' ? 'Object' : name}]`;
    seen.add(object);
    const parts = list ? listParts(object, depth, seen) : collectionParts(object, depth, seen);
    ownParts(object, parts, depth, seen, list);
    attributeParts(object, parts, depth, seen);
    seen.delete(object);
    return wrap(object, name, list, parts);
  }

  function wrap(object, name, list, parts) {
    const [open, close] = list ? ['[', ']'] : ['{', '}'];
    const plain = list ? name === 'Array' : name === 'Object';
    let prefix = plain ? '' : name === '' ? '[Object: null prototype] ' : `${name} `;
    if (list && !plain) prefix = `${name}(${object.length}) `;
    if (parts.length === 0) return `${prefix}${open}${close}`;
    const oneLine = join(parts, ', ');
    if (oneLine.length <= 72 && indexOf(oneLine, '\n') < 0) {
      return list ? `${prefix}[${oneLine}]` : `${prefix}{ ${oneLine} }`;
    }
    return `${prefix}${open}\n  ${replaceAll(join(parts, ',\n'), '\n', '\n  ')}\n${close}`;
  }

  function inspectSpecial(object) {
    try {
      return isDate(object);
    } catch {
      // Not a date, or one without a time.
    }
    return object instanceof RegExp ? regExpText(object) : null;
  }

  function listParts(object, depth, seen) {
    const parts = [];
    const count = object.length > MAXIMUM_ITEMS ? MAXIMUM_ITEMS : object.length;
    for (let i = 0; i < count; i++) {
      const descriptor = getOwnPropertyDescriptor(object, i);
      parts[i] = descriptor === undefined ? '<empty>' : propertyText(descriptor, depth, seen);
    }
    if (object.length > count) parts[count] = `… ${object.length - count} more`;
    return parts;
  }

  function collectionParts(object, depth, seen) {
    const parts = [];
    const add = (text) => { if (parts.length < MAXIMUM_ITEMS) parts[parts.length] = text; };
    try {
      if (object instanceof Map) {
        mapEach(object, (value, key) => add(
          `${inspect(key, depth + 1, seen)} => ${inspect(value, depth + 1, seen)}`));
      } else if (object instanceof Set) {
        setEach(object, (value) => add(inspect(value, depth + 1, seen)));
      } else if (internal.headers.is(object) || internal.isURLSearchParams(object)) {
        const entryAt = internal.headers.is(object) ? internal.headers.entry : internal.paramsEntry;
        for (let i = 0, entry; (entry = entryAt(object, i)) !== undefined; i++) {
          add(`${quote(entry[0])} => ${quote(entry[1])}`);
        }
      }
    } catch {
      // An object that only pretends to be a collection shows its properties.
    }
    return parts;
  }

  function ownParts(object, parts, depth, seen, list) {
    // Naming each element of a long list to find what else it has would take seconds.
    if (list && object.length > MAXIMUM_NAMED) return;
    const keys = ownKeys(object);
    let shown = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (list && (key === 'length' || (typeof key === 'string' && `${key >>> 0}` === key))) continue;
      const descriptor = getOwnPropertyDescriptor(object, key);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      if (shown++ === MAXIMUM_ITEMS) {
        parts[parts.length] = '…';
        return;
      }
      parts[parts.length] = `${keyText(key)}: ${propertyText(descriptor, depth, seen)}`;
    }
  }

  // The attributes of our own interfaces are getters of their prototypes.
  const shownAttributes = new SafeMap();
  internal.showAttributes = function (constructor, names) {
    shownAttributes.set(constructor.prototype, names);
  };
  function attributeParts(object, parts, depth, seen) {
    const names = shownAttributes.get(getPrototypeOf(object));
    if (names === undefined) return;
    for (let i = 0; i < names.length; i++) {
      let value;
      try {
        value = object[names[i]];
      } catch {
        continue;
      }
      parts[parts.length] = `${names[i]}: ${inspect(value, depth + 1, seen)}`;
    }
  }

  function propertyText(descriptor, depth, seen) {
    if (descriptor.get !== undefined) {
      return descriptor.set === undefined ? '[Getter]' : '[Getter/Setter]';
    }
    return descriptor.set === undefined ? inspect(descriptor.value, depth + 1, seen) : '[Setter]';
  }

  // https://console.spec.whatwg.org/#formatter
  function formatString(text, args) {
    let output = '';
    let used = 0;
    for (let i = 0; i < text.length; i++) {
      const next = text[i + 1];
      if (text[i] !== '%' || next === undefined) {
        output += text[i];
        continue;
      }
      if (next === '%') output += '%';
      else if (used < args.length && indexOf('sdifoOcj', next) >= 0) {
        output += formatSpecifier(next, args[used++]);
      } else {
        output += text[i];
        continue;
      }
      i++;
    }
    return [output, used];
  }

  function formatSpecifier(specifier, value) {
    switch (specifier) {
      case 's': return isObject(value) ? inspect(value, 1, new SafeSet()) : String(value);
      case 'd':
      case 'i': return typeof value === 'symbol' ? 'NaN' : `${parseInteger(value, 10)}`;
      case 'f': return typeof value === 'symbol' ? 'NaN' : `${parseNumber(value)}`;
      case 'c': return '';
      default: return inspect(value, 0, new SafeSet());
    }
  }
  const parseInteger = parseInt, parseNumber = parseFloat;

  function format(args) {
    let output = '';
    let start = 0;
    if (typeof args[0] === 'string' && args.length > 1 && indexOf(args[0], '%') >= 0) {
      const rest = [];
      for (let i = 1; i < args.length; i++) rest[i - 1] = args[i];
      const [text, used] = formatString(args[0], rest);
      output = text;
      start = used + 1;
    }
    for (let i = start; i < args.length; i++) {
      if (i > 0) output += ' ';
      output += typeof args[i] === 'string' ? args[i] : inspect(args[i], 0, new SafeSet());
      if (output.length > MAXIMUM_TEXT) return `${slice(output, 0, MAXIMUM_TEXT)}…`;
    }
    return output;
  }

  let indentation = '';
  function print(level, args, suffix = '') {
    let text;
    try {
      text = format(args);
    } catch (error) {
      text = '<a value that cannot be shown>';
    }
    if (indentation !== '') text = indentation + replaceAll(text, '\n', `\n${indentation}`);
    native.console(level, text + suffix, positionOf(new Error().stack));
  }

  internal.inspectCell = (value) => inspect(value, MAXIMUM_DEPTH, new SafeSet());

  const counts = new SafeMap();
  const starts = new SafeMap();
  const duration = (label) => `${label}: ${native.now() - starts.get(label)} ms`;
  const methods = {
    assert(condition = false, ...data) {
      if (condition) return;
      if (typeof data[0] === 'string') data[0] = `Assertion failed: ${data[0]}`;
      else data = ['Assertion failed', ...data];
      print(ERROR, data);
    },
    clear() {},
    debug(...data) { print(DEBUG, data); },
    error(...data) { print(ERROR, data); },
    info(...data) { print(INFO, data); },
    log(...data) { print(LOG, data); },
    table(tabularData = undefined, properties = undefined) {
      const text = internal.consoleTable(tabularData, properties);
      print(LOG, text === null ? [tabularData] : ['%s', text]);
    },
    trace(...data) {
      const frames = userFrames(new Error().stack);
      let text = '';
      for (let i = 0; i < frames.length; i++) text += `\n    at ${frames[i]}`;
      print(LOG, data.length === 0 ? ['Trace'] : data, text);
    },
    warn(...data) { print(WARN, data); },
    dir(item = undefined, options = undefined) { print(LOG, [item]); },
    dirxml(...data) { print(LOG, data); },
    count(label = 'default') {
      const count = (counts.get(`${label}`) ?? 0) + 1;
      counts.set(`${label}`, count);
      print(INFO, [`${label}: ${count}`]);
    },
    countReset(label = 'default') {
      if (!counts.delete(`${label}`)) print(WARN, [`Count for '${label}' does not exist`]);
    },
    group(...data) {
      if (data.length > 0) print(LOG, data);
      indentation += '  ';
    },
    groupCollapsed(...data) { methods.group(...data); },
    groupEnd() { indentation = slice(indentation, 2); },
    time(label = 'default') {
      if (starts.has(`${label}`)) print(WARN, [`Timer '${label}' already exists`]);
      else starts.set(`${label}`, native.now());
    },
    timeLog(label = 'default', ...data) {
      if (!starts.has(`${label}`)) print(WARN, [`Timer '${label}' does not exist`]);
      else print(LOG, [duration(`${label}`), ...data]);
    },
    timeEnd(label = 'default') {
      if (!starts.has(`${label}`)) print(WARN, [`Timer '${label}' does not exist`]);
      else {
        print(INFO, [duration(`${label}`)]);
        starts.delete(`${label}`);
      }
    },
  };
  internal.primordials.functionText = internal.primordials.uncurry(Function.prototype.toString);
  // A namespace object: its prototype is an empty object of its own.
  const console = Object.create({});
  for (const key of ownKeys(methods)) {
    internal.primordials.defineProperty(console, key, {
      value: methods[key], enumerable: true, configurable: true, writable: true,
    });
  }
  internal.primordials.defineProperty(console, Symbol.toStringTag, {
    value: 'console', configurable: true,
  });
  internal.defineGlobal('console', console);
})
