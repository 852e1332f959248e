import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const css = fs.readFileSync(path.join(import.meta.dirname, 'tokens.css'), 'utf8');
const root = css.slice(0, css.indexOf('}'));
const tokens = new Map([...root.matchAll(/--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((m) => [m[1] ?? '', [m[2] ?? '', m[3] ?? '']]));

function luminance(hex: string): number {
  const parts = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
}

function ratio(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return ((x ?? 0) + 0.05) / ((y ?? 0) + 0.05);
}

const surfaces = ['bg', 'surface', 'raised', 'hover', 'accent-soft'];
const pairs: [string, string, number][] = [
  ...surfaces.flatMap((s): [string, string, number][] => [
    ['text', s, 7],
    ['dim', s, 4.5],
    ['accent', s, 4.5],
    ['danger', s, 4.5],
    ['ok', s, 4.5],
    ['warn', s, 4.5]
  ]),
  ...['bg', 'surface', 'raised'].map((s): [string, string, number] => ['field', s, 3]),
  ['on-accent', 'accent', 4.5],
  ['text', 'note', 7],
  ...[1, 2, 3, 4, 5, 6].map((n): [string, string, number] => ['text', `avatar-${n}`, 4.5])
];

describe.each([
  ['light', 0],
  ['dark', 1]
] as const)('contrast, %s', (_, theme) => {
  it.each(pairs)('%s on %s is at least %d:1', (front, back, least) => {
    const a = tokens.get(front)?.[theme];
    const b = tokens.get(back)?.[theme];
    expect(a, front).toBeDefined();
    expect(b, back).toBeDefined();
    expect(ratio(a ?? '', b ?? '')).toBeGreaterThanOrEqual(least);
  });
});

it('the measure itself can fail', () => {
  expect(ratio('#777777', '#808080')).toBeLessThan(1.5);
  expect(ratio('#000000', '#ffffff')).toBeCloseTo(21, 5);
});

it('colours stand in tokens.css and nowhere else', () => {
  const walk = (folder: string): string[] =>
    fs.readdirSync(folder, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? walk(path.join(folder, e.name)) : [path.join(folder, e.name)]));
  const found = walk(path.resolve(import.meta.dirname, '..'))
    .filter((f) => f.endsWith('.svelte') || (f.endsWith('.css') && !f.endsWith('tokens.css')))
    .flatMap((f) => {
      const text = fs.readFileSync(f, 'utf8');
      const style = f.endsWith('.css') ? text : text.slice(text.lastIndexOf('<style'));
      return (style.match(/#[0-9a-f]{3,8}\b|rgba?\(|hsl\(/gi) ?? []).map((c) => `${path.basename(f)}: ${c}`);
    });
  expect(found).toEqual([]);
});
