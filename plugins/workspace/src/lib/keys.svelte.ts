/** The one registry of shortcuts: it feeds the handler, the help, the tooltips and the palette. */
import { untrack } from 'svelte';
import { load, save } from './store';

export interface Command {
  id: string;
  /** Key of the text that names it. */
  label: string;
  group: 'go' | 'list' | 'conversation' | 'compose' | 'general';
  /** "g i", "Shift+E", "Mod+K"; several separated by "|". */
  keys?: string;
  run: () => void;
  when?: () => boolean;
  /** Also while typing in a field. */
  inFields?: boolean;
  /** Not offered by the palette (moving, opening). */
  hidden?: boolean;
}

export interface Stroke {
  key: string;
  mod: boolean;
  shift: boolean;
  alt: boolean;
}

const mac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform ?? '');

export function parse(keys: string): Stroke[] {
  return keys.trim().split(/\s+/).map((part) => {
    const pieces = part === '+' ? ['+'] : part.split('+');
    const key = pieces[pieces.length - 1] ?? '';
    return {
      key: key.length === 1 ? key.toLowerCase() : key,
      mod: pieces.includes('Mod'),
      shift: pieces.includes('Shift'),
      alt: pieces.includes('Alt')
    };
  });
}

export function matches(stroke: Stroke, event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): boolean {
  const mod = event.ctrlKey || event.metaKey;
  if (stroke.mod !== mod || stroke.alt !== event.altKey) return false;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key !== stroke.key) return false;
  // A sign such as "?" or "[" carries its own shift; letters and named keys must agree about it.
  const letter = /^[a-z]$/.test(stroke.key) || stroke.key.length > 1;
  return !letter || stroke.shift === event.shiftKey;
}

export function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable) return true;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'submit', 'color', 'range'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

export class Keys {
  commands = $state.raw<Command[]>([]);
  /** Single letters can be turned off by the user. */
  letters = $state(load('letters', true));
  /** Set while a dialog or a menu is open. */
  blocked = 0;
  #pending: Stroke[] = [];
  #since = 0;

  register(...commands: Command[]): () => void {
    untrack(() => (this.commands = [...this.commands, ...commands]));
    return () => untrack(() => (this.commands = this.commands.filter((c) => !commands.includes(c))));
  }

  setLetters(on: boolean): void {
    this.letters = on;
    save('letters', on);
  }

  /** The one that was registered last wins. */
  handle(event: KeyboardEvent, now = Date.now()): boolean {
    if (event.defaultPrevented || event.isComposing) return false;
    if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return false;
    const field = inField(event.target);
    if (now - this.#since > 1500) this.#pending = [];
    const before = this.#pending;
    let prefix = false;
    for (let i = this.commands.length - 1; i >= 0; i--) {
      const command = this.commands[i];
      if (!command?.keys) continue;
      for (const alternative of command.keys.split('|')) {
        const strokes = parse(alternative);
        const first = strokes[0];
        if (!first) continue;
        if (!command.inFields && (field || this.blocked > 0)) continue;
        if (!first.mod && first.key.length === 1 && !this.letters) continue;
        const at = before.length;
        const stroke = strokes[at];
        if (!stroke || !matches(stroke, event)) continue;
        if (!before.every((s, n) => same(s, strokes[n]))) continue;
        if (command.when && !command.when()) continue;
        if (at === strokes.length - 1) {
          this.#pending = [];
          event.preventDefault();
          command.run();
          return true;
        }
        prefix = true;
        this.#pending = [...before, stroke];
        this.#since = now;
      }
    }
    if (prefix) {
      event.preventDefault();
      return true;
    }
    this.#pending = [];
    // "g x" is nothing, but x alone may be something.
    return before.length > 0 ? this.handle(event, now) : false;
  }
}

function same(a: Stroke, b: Stroke | undefined): boolean {
  return !!b && a.key === b.key && a.mod === b.mod && a.shift === b.shift && a.alt === b.alt;
}

/** How a key combination is written on a button: ["Ctrl", "K"]. */
export function caps(keys: string): string[][] {
  const first = keys.split('|')[0] ?? '';
  const names: Record<string, string> = { Enter: '↵', Escape: 'Esc', ArrowDown: '↓', ArrowUp: '↑' };
  return parse(first).map((s) => {
    const shown = names[s.key] ?? (s.key.length === 1 && s.mod ? s.key.toUpperCase() : s.key);
    return [...(s.mod ? [mac ? '⌘' : 'Ctrl'] : []), ...(s.alt ? ['Alt'] : []), ...(s.shift ? ['Shift'] : []), shown];
  });
}

export const keys = new Keys();
