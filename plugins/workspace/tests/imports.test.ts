import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../src');
const files = fs.readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((f) => /\.(svelte|ts)$/.test(f));
const sources = files.map((file) => ({ file: file.replaceAll('\\', '/'), text: fs.readFileSync(path.join(root, file), 'utf8') }));
const importers = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

/** What imports what; a rule that nobody checks is forgotten. */
describe('imports', () => {
  it('finds them at all', () => {
    expect(importers(/from 'bits-ui'/)).not.toEqual([]);
  });

  it('only ui/ knows bits-ui', () => {
    expect(importers(/from 'bits-ui|import\('bits-ui/).filter((f) => !f.startsWith('ui/'))).toEqual([]);
  });

  it('icons come one file each', () => {
    expect(importers(/from '@lucide\/svelte'/)).toEqual([]);
  });

  it('set-up and people know nothing of the inbox', () => {
    expect(importers(/from '(\.\.\/)+inbox\//).filter((f) => /^(setup|people)\//.test(f))).toEqual([]);
  });

  it('ui/ and lib/ know neither the API nor what is live', () => {
    const allowed = ['ui/ErrorPanel.svelte', 'ui/Loaded.svelte', 'lib/resource.svelte.ts'];
    expect(importers(/from '\.\.\/(live|inbox|setup|people|contacts|frame)\//).filter((f) => /^(ui|lib)\//.test(f) && !allowed.includes(f))).toEqual([]);
  });

  it('nothing is fetched past the client', () => {
    expect(importers(/(?<![\w.])fetch\(/).filter((f) => !/^(api\/|lib\/i18n)/.test(f) && !f.endsWith('.test.ts'))).toEqual([]);
  });
});
