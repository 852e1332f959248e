// Sizes after gzip, per screen: what a browser loads until it works, from the build's manifest.
import fs from 'node:fs';

const manifest = JSON.parse(fs.readFileSync('.svelte-kit/output/client/.vite/manifest.json', 'utf8'));

/** Every file that `keys` need before they run; dynamic imports are other screens. */
function files(keys, css = false) {
  const seen = new Set();
  const found = new Set();
  const walk = (key) => {
    if (seen.has(key)) return;
    seen.add(key);
    const chunk = manifest[key];
    if (!chunk) throw new Error(`The manifest has no "${key}".`);
    found.add(`build/${chunk.file}`);
    if (css) for (const sheet of chunk.css ?? []) found.add(`build/${sheet}`);
    for (const next of chunk.imports ?? []) walk(next);
  };
  keys.forEach(walk);
  return [...found];
}

/** The generated node of a source file, found by what it imports. */
const dictionary = fs.readFileSync('.svelte-kit/generated/client-optimized/app.js', 'utf8');
const node = (n) => `.svelte-kit/generated/client-optimized/nodes/${n}.js`;
function route(id) {
  const line = dictionary.split('\n').find((l) => l.includes(`"${id}": [`));
  if (!line) throw new Error(`There is no route "${id}".`);
  const numbers = [...line.slice(line.indexOf('[', line.indexOf('":'))).matchAll(/\d+/g)].map((m) => node(m[0]));
  return [node(0), ...numbers];
}

const start = Object.keys(manifest).filter((k) => manifest[k].isEntry && /runtime\/client\/entry|client-optimized\/app/.test(k));
const shell = files([...start, ...route('/(app)/inbox/[view]/[[id]]')]);
const only = (id) => files([...start, ...route(id)]).filter((f) => !shell.includes(f));

export default [
  { name: 'script to a working inbox', path: shell, gzip: true, limit: '115 KB' },
  { name: 'all styles', path: 'build/_app/immutable/assets/*.css', gzip: true, limit: '25 KB' },
  { name: 'set-up: an inbox, beside the shell', path: only('/(app)/settings/inboxes/[id]'), gzip: true, limit: '60 KB' },
  { name: 'set-up: users, beside the shell', path: only('/(app)/settings/users'), gzip: true, limit: '60 KB' },
  { name: 'all script and styles', path: 'build/_app/immutable/**/*.{js,css}', gzip: true, limit: '260 KB' }
];
