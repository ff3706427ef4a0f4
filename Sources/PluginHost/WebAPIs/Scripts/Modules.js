// Modules: their graph, their linking and their evaluation.
// https://tc39.es/ecma262/#sec-source-text-module-records
//
// The host's side of the worker cuts a module into a record of its imports and exports and a generator
// function (ModuleTransformer); here are the rules that put them together. The function's first step
// makes the module's functions, its second one evaluates the module. There is no top-level await, so
// everything happens at once.
(function (internal) {
  'use strict';
  const { native, hooks } = internal;
  const {
    SafeMap, SafeSet, defineProperty, parseJSON, rejected, startsWith, getOwnPropertyDescriptor, sort,
    uncurry, isArray, SyntaxError, TypeError,
  } = internal.primordials;
  const Proxy = globalThis.Proxy;
  const preventExtensions = Object.preventExtensions;
  const construct = Object.create;
  const generators = Object.getPrototypeOf(function* () {}).prototype;
  const generatorNext = uncurry(generators.next);
  const { hasOwn, is } = Object;
  const define = Reflect.defineProperty;

  // What a native load comes to.
  const FAILED = 0, MODULE = 1;

  // Module records by type and URL.
  const modules = new SafeMap();

  // https://html.spec.whatwg.org/#hostloadimportedmodule says no to service workers.
  const noImport = () =>
    rejected(new TypeError('import() is not allowed in service workers.'));

  class ModuleRecord {
    constructor(url) {
      this.url = url;
      // What messages call it.
      this.file = url;
      // The number by which the host's side knows its text; -1 for JSON.
      this.number = -1;
      this.requested = [];
      this.imports = [];
      this.exports = [];
      this.locals = [];
      this.mutable = null;
      this.defaultName = '';
      this.hasDefault = false;
      this.defaultValue = undefined;
      this.getters = new SafeMap();
      this.namespace = null;
      this.generator = null;
      this.isLinked = false;
      this.isCyclic = false;
      this.order = -1;
      this.lowest = -1;
      this.isEvaluated = false;
      this.error = null;
    }
  }

  // An error with the place in a module's text where the cause is.
  function located(error, file, line, column) {
    const put = (key, value) => defineProperty(error, key, {
      value, writable: true, enumerable: false, configurable: true,
    });
    put('sourceURL', file);
    put('line', line);
    put('column', column);
    return error;
  }
  internal.located = located;

  // https://html.spec.whatwg.org/#resolve-a-module-specifier without an import map.
  function resolve(specifier, base) {
    const isRelative = specifier[0] === '/' || startsWith(specifier, './') ||
      startsWith(specifier, '../');
    const record = isRelative
      ? internal.parseURL(specifier, base) : internal.parseURL(specifier);
    if (record === null) {
      throw new TypeError(`The module specifier '${specifier}' is neither a URL nor begins with ` +
        "'/', './' or '../'.");
    }
    return record[internal.urlField.HREF];
  }

  function load(url, type) {
    const key = `${type}\n${url}`;
    const known = modules.get(key);
    if (known !== undefined) return known;
    const [outcome, what, number] = native.loadModule(url, type);
    const record = parseJSON(what);
    if (outcome === FAILED) {
      const { name, message, file, line, column } = record;
      if (name !== 'SyntaxError') throw new TypeError(message);
      throw located(new SyntaxError(message), file, line, column);
    }
    const module = new ModuleRecord(record.url);
    modules.set(key, module);
    module.file = record.file;
    if (outcome === MODULE) fill(module, record, number);
    else fillJSON(module, record.text);
    return module;
  }

  function fillJSON(module, text) {
    try {
      module.defaultValue = parseJSON(text);
    } catch (error) {
      throw located(new SyntaxError(`${module.file} is no JSON: ${error.message}`), module.file, 0, 0);
    }
    module.exports[0] = ['default'];
    module.getters.set('default', () => module.defaultValue);
    module.isLinked = true;
    module.isEvaluated = true;
  }

  function fill(module, record, number) {
    module.number = number;
    module.imports = record.imports;
    module.exports = record.exports;
    module.locals = record.locals;
    module.mutable = new SafeSet(record.mutable);
    module.defaultName = record.defaultName;
    const names = new SafeSet();
    for (let i = 0; i < module.exports.length; i++) {
      const name = module.exports[i][0];
      if (name === null) continue;
      if (names.has(name)) {
        throw located(
          new SyntaxError(`'${name}' is exported twice.`), module.file, 0, 0);
      }
      names.add(name);
    }
    const { requests } = record;
    for (let i = 0; i < requests.length; i++) {
      const [specifier, type, line, column] = requests[i];
      try {
        if (type !== '' && type !== 'json') {
          throw new TypeError(`The module type '${type}' is not supported.`);
        }
        module.requested[i] = load(resolve(specifier, module.url), type);
      } catch (error) {
        // Where the cause is in a module of its own, that has the place.
        throw error instanceof TypeError && !hasOwn(error, 'importer')
          ? imported(located(error, module.file, line, column)) : error;
      }
    }
  }

  function imported(error) {
    defineProperty(error, 'importer', { value: true, configurable: true });
    return error;
  }

  // Makes the module's functions. Imports that are live are read each time that they are used, the
  // others once.
  function instantiate(module) {
    const scope = construct(null), constants = construct(null);
    let live = '';
    for (let i = 0; i < module.imports.length; i++) {
      const [request, name, local] = module.imports[i];
      const changes = isLive(module, request, name);
      if (changes) live += `${local}\n`;
      let get = null;
      defineProperty(changes ? scope : constants, local, {
        get: () => (get ??= importGetter(module, request, name))(),
        enumerable: true, configurable: false,
      });
    }
    const own = {
      __proto__: null,
      scope: preventExtensions(scope),
      constants,
      exports(list) {
        for (let i = 0; i < list.length; i++) module.getters.set(module.locals[i], named(list[i]));
      },
      imp: noImport,
      get default() {
        if (!module.hasDefault) {
          throw new ReferenceError("Cannot access 'default' before initialization.");
        }
        return module.defaultValue;
      },
      set default(value) {
        module.hasDefault = true;
        module.defaultValue = giveName(value, '');
      },
    };
    let meta = null;
    defineProperty(own, 'meta', { get: () => (meta ??= metaOf(module)) });
    // A default export without a name of its own is called 'default'.
    const placeholder = module.defaultName;
    const named = (get) => (placeholder === '' ? get : () => giveName(get(), placeholder));
    const factory = native.makeModule(module.number, live);
    if (isArray(factory)) throw factory[0];
    module.generator = factory(own)();
    generatorNext(module.generator);
  }

  // https://html.spec.whatwg.org/#hostgetimportmetaproperties
  function metaOf(module) {
    const meta = construct(null);
    meta.url = module.url;
    meta.resolve = function resolve(specifier) { return resolveFor(module, `${specifier}`); };
    return meta;
  }
  const resolveFor = (module, specifier) => resolve(specifier, module.url);

  function giveName(value, placeholder) {
    if (typeof value === 'function') {
      const descriptor = getOwnPropertyDescriptor(value, 'name');
      if (descriptor === undefined ? placeholder === '' :
        descriptor.value === placeholder && descriptor.configurable) {
        defineProperty(value, 'name', { value: 'default', configurable: true });
      }
    }
    return value;
  }

  // How an import is read. Only what was linked is asked for.
  function importGetter(module, request, name) {
    const from = module.requested[request];
    if (name === null) {
      const namespace = namespaceOf(from);
      return () => namespace;
    }
    return getterOf(resolveExport(from, name, []));
  }

  function missing(module, from, name, found, line, column) {
    return located(new SyntaxError(found === AMBIGUOUS
      ? `${from.file} exports '${name}' from two modules.`
      : `${from.file} does not export '${name}'.`), module.file, line, column);
  }

  const AMBIGUOUS = 'ambiguous';

  // Reads a binding: of a module by name, or a namespace.
  function getterOf({ module, name }) {
    if (name === null) {
      const namespace = namespaceOf(module);
      return () => namespace;
    }
    return module.getters.get(name);
  }

  // https://tc39.es/ecma262/#sec-resolveexport
  function resolveExport(module, name, seen) {
    for (let i = 0; i < seen.length; i++) {
      if (seen[i].module === module && seen[i].name === name) return null;
    }
    seen[seen.length] = { module, name };
    for (let i = 0; i < module.exports.length; i++) {
      const entry = module.exports[i];
      if (entry[0] !== name) continue;
      if (entry.length === 1) return { module, name };
      const from = module.requested[entry[1]];
      return entry[2] === null
        ? { module: from, name: null } : resolveExport(from, entry[2], seen);
    }
    if (name === 'default') return null;
    let found = null;
    for (let i = 0; i < module.exports.length; i++) {
      const entry = module.exports[i];
      if (entry[0] !== null) continue;
      const other = resolveExport(module.requested[entry[1]], name, seen);
      if (other === AMBIGUOUS) return AMBIGUOUS;
      if (other === null) continue;
      if (found === null) found = other;
      else if (found.module !== other.module || found.name !== other.name) return AMBIGUOUS;
    }
    return found;
  }

  // https://tc39.es/ecma262/#sec-getexportednames
  function exportedNames(module, names, seen) {
    if (seen.has(module)) return names;
    seen.add(module);
    for (let i = 0; i < module.exports.length; i++) {
      const entry = module.exports[i];
      if (entry[0] !== null) names.add(entry[0]);
    }
    for (let i = 0; i < module.exports.length; i++) {
      const entry = module.exports[i];
      if (entry[0] !== null) continue;
      const others = exportedNames(module.requested[entry[1]], new SafeSet(), seen);
      others.forEach((name) => { if (name !== 'default') names.add(name); });
    }
    return names;
  }

  // https://tc39.es/ecma262/#sec-module-namespace-exotic-objects
  function namespaceOf(module) {
    if (module.namespace !== null) return module.namespace;
    const getters = new SafeMap();
    const names = [];
    exportedNames(module, new SafeSet(), new SafeSet()).forEach((name) => {
      const found = resolveExport(module, name, []);
      if (found === null || found === AMBIGUOUS) return;
      names[names.length] = name;
      getters.set(name, found);
    });
    const target = construct(null);
    sort(names);
    for (let i = 0; i < names.length; i++) {
      defineProperty(target, names[i], {
        value: undefined, writable: true, enumerable: true, configurable: false,
      });
    }
    defineProperty(target, Symbol.toStringTag, { value: 'Module' });
    preventExtensions(target);
    const read = (name) => getterOf(getters.get(name))();
    module.namespace = new Proxy(target, {
      __proto__: null,
      get: (object, key) => (typeof key === 'string' && getters.has(key) ? read(key) : object[key]),
      getOwnPropertyDescriptor(object, key) {
        const descriptor = getOwnPropertyDescriptor(object, key);
        if (descriptor !== undefined && typeof key === 'string') descriptor.value = read(key);
        return descriptor;
      },
      set: () => false,
      defineProperty(object, key, change) {
        if (!hasOwn(object, key)) return false;
        if (typeof key === 'symbol') return define(object, key, change);
        return !(change.configurable || change.enumerable === false || 'get' in change ||
          'set' in change || change.writable === false ||
          ('value' in change && !is(change.value, read(key))));
      },
    });
    return module.namespace;
  }

  // Finds each import and each indirect export before anything runs, and the modules that import
  // themselves by way of others: https://tc39.es/ecma262/#sec-moduledeclarationlinking
  function link(module, stack) {
    if (module.isLinked) return;
    module.isLinked = true;
    module.order = module.lowest = linked++;
    stack[stack.length] = module;
    for (let i = 0; i < module.requested.length; i++) {
      const other = module.requested[i];
      link(other, stack);
      if (other === module) module.isCyclic = true;
      if (other.order >= 0 && other.lowest < module.lowest) module.lowest = other.lowest;
    }
    findImports(module);
    if (module.lowest !== module.order) return;
    // What is above it on the stack are the modules of its cycle.
    const isCycle = stack[stack.length - 1] !== module;
    for (let other = null; other !== module;) {
      other = stack[stack.length - 1];
      stack.length--;
      // Out of the way of cycles that come later.
      other.order = -1;
      if (isCycle) other.isCyclic = true;
    }
  }
  let linked = 0;

  function findImports(module) {
    for (let i = 0; i < module.imports.length; i++) {
      const [request, name, , line, column] = module.imports[i];
      if (name !== null) find(module, module.requested[request], name, line, column);
    }
    for (let i = 0; i < module.exports.length; i++) {
      const [name, request, importName, line, column] = module.exports[i];
      if (name !== null && request !== undefined && importName !== null) {
        find(module, module.requested[request], importName, line, column);
      }
    }
  }

  function find(module, from, name, line, column) {
    const found = resolveExport(from, name, []);
    if (found === null || found === AMBIGUOUS) {
      throw missing(module, from, name, found, line, column);
    }
  }

  // Whether an import may have another value later than when the module is evaluated.
  function isLive(module, request, name) {
    if (name === null || module.isCyclic) return name !== null;
    const found = resolveExport(module.requested[request], name, []);
    return found.name !== null && found.module.mutable?.has(found.name) === true;
  }

  // Modules of a cycle can call each other's functions before they are evaluated, and they are there
  // before the modules that none of them waits for.
  function instantiateCycles() {
    modules.forEach((module) => { if (module.isCyclic) instantiate(module); });
  }

  function evaluate(module) {
    if (module.isEvaluated) {
      if (module.error !== null) throw module.error.value;
      return;
    }
    module.isEvaluated = true;
    try {
      for (let i = 0; i < module.requested.length; i++) evaluate(module.requested[i]);
      if (module.generator === null) instantiate(module);
      generatorNext(module.generator);
      module.generator = null;
    } catch (value) {
      module.error = { value };
      throw value;
    }
  }

  // Loads, links and evaluates the worker's own module.
  hooks.runModule = function (url) {
    internal.isModule = true;
    const module = load(url, '');
    link(module, []);
    instantiateCycles();
    evaluate(module);
  };
})
