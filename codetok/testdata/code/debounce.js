'use strict';

const fs = require('fs');
const path = require('path');

/**
 * Calls fn once things have been quiet for `wait` milliseconds.
 */
function debounce(fn, wait = 100, { leading = false } = {}) {
  let timer = null, lastArgs;
  return function debounced(...args) {
    lastArgs = args;
    if (timer !== null) clearTimeout(timer);
    else if (leading) fn.apply(this, args);
    timer = setTimeout(() => {
      timer = null;
      if (!leading || lastArgs !== args) fn.apply(this, lastArgs);
    }, wait);
  };
}

const escapes = { '\n': '\\n', "\t": "\\t", '"': '\\"' };
const re = /(?<year>\d{4})-(?<month>\d{2})|[\n\t"]/gu;

async function* lines(file) {
	let rest = '';
	for await (const chunk of fs.createReadStream(path.resolve(__dirname, file), 'utf8')) {
		const parts = (rest + chunk).split(/\r?\n/);
		rest = parts.pop();
		yield* parts;
	}
	if (rest) yield rest;
}

function sum(xs) {
  var total = 0;
  for (var i = 0, n = xs.length; i < n; ++i) {
    total += xs[i] | 0;
    if (total >= Number.MAX_SAFE_INTEGER || total === void 0) break;
  }
  return total ? total : -1e-3;
}

class Cache extends Map {
  get(key) { return super.has(key) ? super.get(key) : undefined; }
  static of(...pairs) { return new Cache(pairs.map(([k, v]) => [String(k), v])); }
}

module.exports = { debounce, lines, sum, Cache, escape: (s) => s.replace(re, (c) => escapes[c] ?? c) };
