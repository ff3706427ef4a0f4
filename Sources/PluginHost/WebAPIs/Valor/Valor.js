// What a plugin can learn of its host, and no browser offers: scripts ask for it with
// `self.valor?.config`.
(function (internal) {
  'use strict';
  const { parseJSON, defineProperty, freeze } = internal.primordials;

  const text = internal.native.pluginConfig();
  let config;
  let isParsed = text === '';
  const valor = {
    // The plugin's `config` in plugins.json: parsed when it is first asked for, then always the
    // same object; undefined where there is none.
    get config() {
      if (!isParsed) {
        config = parseJSON(text);
        isParsed = true;
      }
      return config;
    },
  };
  defineProperty(valor, Symbol.toStringTag, { value: 'Valor', configurable: true });
  internal.defineGlobal('valor', freeze(valor));
})
