/** Who is viewing and who is typing, each forgotten when nothing more is heard. */
import { SvelteMap } from 'svelte/reactivity';
import type { AuthorType } from '../api/types';

export interface Person {
  type: AuthorType;
  id: string;
  name: string;
  until: number;
}

const typingLasts = 5_000;
const viewingLasts = 45_000;

export class Presence {
  typing = new SvelteMap<string, Person[]>();
  viewing = new SvelteMap<string, Person[]>();
  #lastTyping = new Map<string, number>();

  heard(kind: 'typing' | 'viewing', conversationId: string, who: Omit<Person, 'until'>, now = Date.now()): void {
    const map = kind === 'typing' ? this.typing : this.viewing;
    const until = now + (kind === 'typing' ? typingLasts : viewingLasts);
    const others = (map.get(conversationId) ?? []).filter((p) => p.id !== who.id || p.type !== who.type);
    map.set(conversationId, [...others, { ...who, until }]);
  }

  /** A message of theirs ends their typing. */
  wrote(conversationId: string, type: AuthorType, id: string | null): void {
    const left = (this.typing.get(conversationId) ?? []).filter((p) => p.type !== type || (id !== null && p.id !== id));
    if (left.length) this.typing.set(conversationId, left);
    else this.typing.delete(conversationId);
  }

  sweep(now = Date.now()): void {
    for (const map of [this.typing, this.viewing]) {
      for (const [id, people] of map) {
        const left = people.filter((p) => p.until > now);
        if (left.length === people.length) continue;
        if (left.length) map.set(id, left);
        else map.delete(id);
      }
    }
  }

  /** At most one "typing" every three seconds per conversation. */
  maySayTyping(conversationId: string, now = Date.now()): boolean {
    if (now - (this.#lastTyping.get(conversationId) ?? 0) < 3000) return false;
    this.#lastTyping.set(conversationId, now);
    return true;
  }

  clear(): void {
    this.typing.clear();
    this.viewing.clear();
  }
}

export const presence = new Presence();
