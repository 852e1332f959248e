// Runs every *.test.ts here: bundled by the same esbuild as the widget, then by node's own test runner.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const tests = ['core', 'frame'].flatMap((folder) =>
  readdirSync(join(here, folder)).filter((name) => /\.test\.tsx?$/.test(name)).map((name) => join(here, folder, name)));
const out = mkdtempSync(join(tmpdir(), 'usher-widget-'));
try {
  await build({
    entryPoints: tests, outdir: out, outExtension: { '.js': '.mjs' }, bundle: true, platform: 'node', format: 'esm',
    jsx: 'automatic', jsxImportSource: 'preact', sourcemap: 'inline', logLevel: 'warning',
  });
  const files = readdirSync(out, { recursive: true }).filter((name) => name.endsWith('.mjs')).map((name) => join(out, name));
  process.exitCode = spawnSync(process.execPath, ['--enable-source-maps', '--test', ...files], { stdio: 'inherit' }).status ?? 1;
} finally {
  rmSync(out, { recursive: true });
}
