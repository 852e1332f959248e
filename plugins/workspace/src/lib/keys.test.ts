import { beforeEach, describe, expect, it } from 'vitest';
import { caps, Keys } from './keys.svelte';

let keys: Keys;
let done: string[];
const press = (key: string, more: KeyboardEventInit = {}, target: EventTarget = document.body, now = 0): boolean => {
  const event = new KeyboardEvent('keydown', { key, cancelable: true, bubbles: true, ...more });
  Object.defineProperty(event, 'target', { value: target });
  return keys.handle(event, now);
};
const command = (id: string, combination: string, more = {}) => ({
  id, label: id, group: 'general' as const, keys: combination, run: () => done.push(id), ...more
});

beforeEach(() => {
  localStorage.clear();
  keys = new Keys();
  done = [];
});

describe('the shortcuts', () => {
  it('runs single letters outside of fields only', () => {
    keys.register(command('reply', 'r'));
    const box = document.createElement('textarea');
    expect(press('r', {}, box)).toBe(false);
    expect(press('r')).toBe(true);
    expect(done).toEqual(['reply']);
  });

  it('runs combinations marked for fields everywhere', () => {
    keys.register(command('palette', 'Mod+K', { inFields: true }));
    press('k', { ctrlKey: true }, document.createElement('input'));
    press('K', { metaKey: true });
    expect(done).toEqual(['palette', 'palette']);
  });

  it('never takes a letter with Ctrl from the browser', () => {
    keys.register(command('reply', 'r'));
    expect(press('r', { ctrlKey: true })).toBe(false);
  });

  it('tells e from Shift+E', () => {
    keys.register(command('close', 'e'), command('close-next', 'Shift+E'));
    press('E', { shiftKey: true });
    press('e');
    expect(done).toEqual(['close-next', 'close']);
  });

  it('knows sequences, and forgets the first half after a while', () => {
    keys.register(command('inbox', 'g i'), command('i', 'i'));
    press('g', {}, document.body, 0);
    press('i', {}, document.body, 500);
    press('g', {}, document.body, 10_000);
    press('i', {}, document.body, 12_000);
    expect(done).toEqual(['inbox', 'i']);
  });

  it('a wrong second key still counts for itself', () => {
    keys.register(command('inbox', 'g i'), command('reply', 'r'));
    press('g');
    press('r');
    expect(done).toEqual(['reply']);
  });

  it('signs need no shift of their own', () => {
    keys.register(command('help', '?'));
    press('?', { shiftKey: true });
    expect(done).toEqual(['help']);
  });

  it('skips what does not apply now, and what was taken away', () => {
    let on = false;
    const stop = keys.register(command('undo', 'z', { when: () => on }));
    press('z');
    on = true;
    press('z');
    stop();
    press('z');
    expect(done).toEqual(['undo']);
  });

  it('is silent while a dialog is open, and letters can be turned off', () => {
    keys.register(command('reply', 'r'), command('palette', 'Mod+K', { inFields: true }));
    keys.blocked = 1;
    press('r');
    keys.blocked = 0;
    keys.setLetters(false);
    press('r');
    press('k', { ctrlKey: true });
    expect(done).toEqual(['palette']);
    expect(new Keys().letters).toBe(false);
  });

  it('writes combinations as people read them', () => {
    expect(caps('Mod+Enter')).toEqual([['Ctrl', '↵']]);
    expect(caps('g i')).toEqual([['g'], ['i']]);
  });
});
