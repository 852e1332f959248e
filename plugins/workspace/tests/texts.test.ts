import fs from 'node:fs';
import path from 'node:path';
import { IntlMessageFormat } from 'intl-messageformat';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string) => JSON.parse(fs.readFileSync(path.join(root, 'texts', file), 'utf8')) as Record<string, string>;
const catalogues = Object.fromEntries(fs.readdirSync(path.join(root, 'texts')).map((f) => [f, read(f)]));
const english = catalogues['en.json'] ?? {};

function sources(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((e) => {
    const file = path.join(folder, e.name);
    if (e.isDirectory()) return sources(file);
    return /\.(svelte|ts)$/.test(e.name) && !e.name.endsWith('.test.ts') ? [file] : [];
  });
}

const code = sources(path.join(root, 'src')).map((f) => fs.readFileSync(f, 'utf8')).join('\n');
const literal = new Set([...code.matchAll(/\b(?:t|texts\.has)\(\s*'([^']+)'/g), ...code.matchAll(/\blabel: '([a-z-]+(?:\.[a-z-]+)+)'/g)].map((m) => m[1] ?? ''));
/** t(`status.${x}.short`) uses every key of that form. */
const dynamic = [...code.matchAll(/\b(?:t|texts\.has)\(\s*`([^`]+)`/g)]
  .map((m) => m[1] ?? '')
  .filter((p) => !p.startsWith('${'))
  .map((p) => new RegExp(`^${p.replace(/\./g, '\\.').replace(/\$\{[^}]*\}/g, '[A-Za-z0-9_-]+')}$`));

describe('texts', () => {
  it('finds keys in the code at all', () => {
    expect(literal.size).toBeGreaterThan(150);
    expect(dynamic.length).toBeGreaterThan(5);
  });

  it('has every key the code asks for', () => {
    expect([...literal].filter((k) => !(k in english))).toEqual([]);
    expect(dynamic.filter((p) => !Object.keys(english).some((k) => p.test(k))).map(String)).toEqual([]);
  });

  it('has no key nobody asks for', () => {
    expect(Object.keys(english).filter((k) => !literal.has(k) && !dynamic.some((p) => p.test(k)))).toEqual([]);
  });

  for (const [file, texts] of Object.entries(catalogues)) {
    it(`${file} has the same keys and the same values as English`, () => {
      expect(Object.keys(texts).sort()).toEqual(Object.keys(english).sort());
      const values = (s: string) => [...new Set([...s.matchAll(/\{(\w+)/g)].map((m) => m[1]))].filter((v) => v !== 'It' && v !== 'Er').sort();
      for (const [key, text] of Object.entries(texts)) {
        expect(() => new IntlMessageFormat(text, file.slice(0, -5), undefined, { ignoreTag: true }), key).not.toThrow();
        expect(values(text), key).toEqual(values(english[key] ?? ''));
      }
    });
  }
});
