// console.table(): https://console.spec.whatwg.org/#table
(function (internal) {
  'use strict';
  const { isObject } = internal;
  const { SafeMap, isArray, ownKeys, getOwnPropertyDescriptor, split } = internal.primordials;
  const ROWS = 100, COLUMNS = 20, WIDTH = 60;
  const INDEX = '(index)', VALUES = 'Values';

  // The enumerable properties with a value, as [key, value].
  function entries(object, limit) {
    const result = [];
    // Not each name of a long array.
    const keys = isArray(object) ? null : ownKeys(object);
    const count = keys === null ? object.length : keys.length;
    for (let i = 0; i < count && result.length < limit; i++) {
      const key = keys === null ? `${i}` : keys[i];
      if (typeof key === 'symbol') continue;
      const descriptor = getOwnPropertyDescriptor(object, key);
      if (descriptor === undefined || !descriptor.enumerable || !('value' in descriptor)) continue;
      result[result.length] = [key, descriptor.value];
    }
    return result;
  }

  function cell(value) {
    const text = split(internal.inspectCell(value), '\n')[0];
    return text.length > WIDTH ? `${internal.primordials.slice(text, 0, WIDTH)}…` : text;
  }

  // The names of a sequence<DOMString>; null for none.
  function toNames(value) {
    if (value === undefined) return null;
    const names = [];
    for (const name of value) names[names.length] = `${name}`;
    return names;
  }

  function pad(text, width) {
    let padded = text;
    while (padded.length < width) padded += ' ';
    return padded;
  }

  // The lines of a table; null for what has no rows.
  internal.consoleTable = function (data, properties) {
    const wanted = toNames(properties);
    if (!isObject(data) || typeof data === 'function') return null;
    const names = [];
    const rows = [];
    let hasValues = false;
    const all = entries(data, ROWS);
    for (let i = 0; i < all.length; i++) {
      const [key, value] = all[i];
      const row = new SafeMap();
      row.set(INDEX, key);
      if (isObject(value) && typeof value !== 'function') {
        const cells = entries(value, COLUMNS);
        for (let j = 0; j < cells.length; j++) {
          const name = `.${cells[j][0]}`;
          row.set(name, cell(cells[j][1]));
          if (wanted === null && names.length < COLUMNS && !includes(names, name)) {
            names[names.length] = name;
          }
        }
      } else {
        hasValues = true;
        row.set(VALUES, cell(value));
      }
      rows[i] = row;
    }
    const columns = [INDEX];
    // A dot keeps the data's own names apart from the two above.
    const shown = wanted === null ? names : wanted;
    for (let i = 0; i < shown.length && i < COLUMNS; i++) {
      columns[columns.length] = wanted === null ? shown[i] : `.${shown[i]}`;
    }
    if (hasValues) columns[columns.length] = VALUES;
    return draw(columns, rows);
  };

  function includes(list, item) {
    for (let i = 0; i < list.length; i++) if (list[i] === item) return true;
    return false;
  }

  function draw(columns, rows) {
    const title = (column) =>
      (column === INDEX || column === VALUES ? column : internal.primordials.slice(column, 1));
    const widths = [];
    for (let i = 0; i < columns.length; i++) {
      let width = title(columns[i]).length;
      for (let j = 0; j < rows.length; j++) {
        const { length } = rows[j].get(columns[i]) ?? '';
        if (length > width) width = length;
      }
      widths[i] = width;
    }
    const line = (textOf) => {
      let text = '';
      for (let i = 0; i < columns.length; i++) {
        const width = i === columns.length - 1 ? 0 : widths[i];
        text += `${i === 0 ? '' : ' | '}${pad(textOf(columns[i]), width)}`;
      }
      return text;
    };
    let text = line(title);
    for (let j = 0; j < rows.length; j++) text += `\n${line((column) => rows[j].get(column) ?? '')}`;
    return text;
  }
})
