// Builds what the plugin serves into dist/ (or --out DIR): widget.js, frame.html, frame.js, frame.css, and
// the last two compressed. Fails when a budget
// is exceeded, and when the place for the settings is not there exactly once.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const kLoaderLimit = 4 * 1024; // gzip
const kAllLimit = 25 * 1024;

const here = dirname(fileURLToPath(import.meta.url));
const outAt = process.argv.indexOf('--out');
const out = outAt > 0 ? process.argv[outAt + 1] : join(here, 'dist');

async function bundle(entry, extra = {}) {
  const result = await build({
    entryPoints: [join(here, entry)],
    bundle: true, minify: true, write: false, charset: 'utf8', legalComments: 'none', logLevel: 'warning',
    format: 'iife', target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'transform', jsxFactory: 'h', jsxFragment: 'Fragment',
    mangleProps: /[^_]_$/, // private members end with an underscore; nothing on a wire or in the DOM does
    ...extra,
  });
  return result.outputFiles[0].text;
}

const [loader, script, style] = await Promise.all([
  bundle('loader.ts'),
  bundle('frame/main.tsx', { inject: [join(here, 'frame/jsx.ts')] }),
  bundle('style.css', { format: undefined }),
]);
const hash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 12);
const page = (await readFile(join(here, 'frame/frame.html'), 'utf8'))
  .replace('__CSS_HASH__', hash(style))
  .replace('__JS_HASH__', hash(script));
const files = { 'widget.js': loader, 'frame.html': page, 'frame.js': script, 'frame.css': style };

for (const [name, place] of [['widget.js', '__USHER_SETTINGS__'], ['frame.html', '__SETTINGS__']]) {
  const found = files[name].split(place).length - 1;
  if (found !== 1) throw new Error(`${name}: ${place} stands there ${found} times, expected once`);
}

const sizes = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, gzipSync(text, { level: 9 }).length]));
const all = Object.values(sizes).reduce((sum, size) => sum + size, 0);
console.log(Object.entries(sizes).map(([name, size]) => `${name} ${size} B gz`).join(', ') + `; all ${all} B gz`);
if (sizes['widget.js'] > kLoaderLimit) throw new Error(`widget.js: ${sizes['widget.js']} bytes gzipped, the budget is ${kLoaderLimit}`);
if (all > kAllLimit) throw new Error(`the widget: ${all} bytes gzipped, the budget is ${kAllLimit}`);

await mkdir(out, { recursive: true });
for (const [name, text] of Object.entries(files)) await writeFile(join(out, name), text);
for (const name of ['frame.js', 'frame.css']) await writeFile(join(out, name + '.gz'), gzipSync(files[name], { level: 9 }));
