import { describe, expect, it } from 'vitest';
import { Texts } from './i18n.svelte';

describe('texts at run time', () => {
  it('fills in values and plurals, falls back to English, and shows the key of what is missing', () => {
    const texts = new Texts();
    texts.use('de', { hello: 'Hallo {name}', n: '{count, plural, one {# Ding} other {# Dinge}}' }, { only: 'English only' });
    expect(texts.get('hello', { name: 'Ada' })).toBe('Hallo Ada');
    expect(texts.get('n', { count: 1 })).toBe('1 Ding');
    expect(texts.get('n', { count: 3 })).toBe('3 Dinge');
    expect(texts.get('only')).toBe('English only');
    expect(texts.get('nothing.here')).toBe('nothing.here');
    expect(texts.has('only')).toBe(true);
  });

  it('treats what looks like a tag as text', () => {
    const texts = new Texts();
    texts.use('en', { x: 'a <b> {v}' });
    expect(texts.get('x', { v: '<script>' })).toBe('a <b> <script>');
  });
});
