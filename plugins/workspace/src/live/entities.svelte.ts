/**
 * The cache of what is on screen: conversations and timelines by id. Whatever brings an item (a list, a
 * frame, an answer), it is applied only when its version is higher, so twice or late changes nothing.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { Contact, Conversation, Entry } from '../api/types';

type Change = (conversation: Conversation, before: Conversation | undefined) => void;

export class Timeline {
  /** Ascending by seq. */
  entries = $state.raw<Entry[]>([]);
  /** `before` of the next older page; null when the beginning is here. */
  older = $state<string | null>(null);
  loaded = $state(false);
  /** Shown while newer content is being fetched (after a reset). */
  stale = $state(false);
  #versions = new Map<string, number>();
  /** News of entries whose page is not here yet, by id. */
  #early = new Map<string, Entry>();

  get lastSeq(): number {
    return this.entries[this.entries.length - 1]?.seq ?? 0;
  }

  /** One entry by itself. Of a page that is not here yet it is kept until that page comes: no row stands alone above a gap. */
  news(entry: Entry): boolean {
    const first = this.entries[0];
    if (this.older === null || !first || entry.seq >= first.seq) return this.apply([entry]);
    if (entry.version > (this.#early.get(entry.id)?.version ?? -1)) this.#early.set(entry.id, entry);
    return false;
  }

  /** True if something changed. */
  apply(page: Entry[]): boolean {
    const incoming = page.map((e) => {
      const early = this.#early.get(e.id);
      this.#early.delete(e.id);
      return early && early.version > e.version ? early : e;
    });
    const fresh = incoming.filter((e) => e.version > (this.#versions.get(e.id) ?? -1));
    if (fresh.length === 0) return false;
    const byId = new Map(this.entries.map((e) => [e.id, e]));
    for (const entry of fresh) {
      byId.set(entry.id, entry);
      this.#versions.set(entry.id, entry.version);
    }
    this.entries = [...byId.values()].sort((a, b) => a.seq - b.seq);
    return true;
  }

  /** After a reset the newest page replaces everything. */
  replace(entries: Entry[], older: string | null): void {
    const kept = new Map(this.entries.map((e) => [e.id, e]));
    this.entries = entries
      .map((e) => {
        const known = kept.get(e.id);
        return known && known.version > e.version ? known : e;
      })
      .sort((a, b) => a.seq - b.seq);
    this.#versions = new Map(this.entries.map((e) => [e.id, e.version]));
    this.older = older;
    this.loaded = true;
    this.stale = false;
  }
}

export class Entities {
  readonly conversations = new SvelteMap<string, Conversation>();
  readonly timelines = new SvelteMap<string, Timeline>();
  /** Ids that moved out of my sight while this page was open. */
  readonly gone = new SvelteMap<string, true>();
  #overlays = new SvelteMap<string, { id: number; change: Partial<Conversation> }[]>();
  #listeners = new Set<Change>();
  /** What each screen shows now. */
  #screens = new Set<() => Iterable<string>>();
  /** Rows from before the last reset that the server has not given again. */
  #unconfirmed = new Set<string>();
  #next = 1;

  onChange(listener: Change): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What is shown: the server's row with my changes that are still on their way. */
  conversation(id: string | null | undefined): Conversation | undefined {
    if (!id) return undefined;
    const row = this.conversations.get(id);
    const overlays = this.#overlays.get(id);
    if (!row || !overlays?.length) return row;
    return overlays.reduce<Conversation>((c, o) => ({ ...c, ...o.change }), row);
  }

  put(conversation: Conversation): boolean {
    this.#unconfirmed.delete(conversation.id);
    const before = this.conversations.get(conversation.id);
    if (before && before.version >= conversation.version) return false;
    this.gone.delete(conversation.id);
    this.conversations.set(conversation.id, conversation);
    for (const listener of this.#listeners) listener(conversation, before);
    return true;
  }

  putEntry(entry: Entry): boolean {
    const timeline = this.timelines.get(entry.conversationId);
    return timeline?.loaded ? timeline.news(entry) : false;
  }

  timeline(conversationId: string): Timeline {
    let found = this.timelines.get(conversationId);
    if (!found) {
      found = new Timeline();
      this.timelines.set(conversationId, found);
    }
    return found;
  }

  /** A contact was given another name here: its conversations show it at once. */
  rename(contact: Pick<Contact, 'id' | 'name'>): void {
    for (const row of [...this.conversations.values()]) {
      if (row.contactId === contact.id && row.contact.name !== contact.name) {
        this.conversations.set(row.id, { ...row, contact: { ...row.contact, name: contact.name } });
      }
    }
  }

  remove(id: string): void {
    this.#drop(id);
    this.gone.set(id, true);
  }

  /** A screen says what it shows: that outlives a reset until the screen has asked for it again and calls `settle`. */
  show(ids: () => Iterable<string>): () => void {
    this.#screens.add(ids);
    return () => {
      this.#screens.delete(ids);
      this.settle();
    };
  }

  /** My rights may have changed: what no screen shows goes at once, the rest when it does not come back. */
  reset(): void {
    this.#keepOnly(this.#shown());
    this.#unconfirmed = new Set(this.conversations.keys());
    for (const timeline of this.timelines.values()) timeline.stale = true;
  }

  /** A screen was loaded anew or left: what did not come back and is shown nowhere is not mine to see. */
  settle(): void {
    if (this.#unconfirmed.size === 0) return;
    const shown = this.#shown();
    for (const id of [...this.#unconfirmed]) if (!shown.has(id)) this.#drop(id);
  }

  #shown(): Set<string> {
    return new Set([...this.#screens].flatMap((ids) => [...ids()]));
  }

  #keepOnly(ids: Set<string>): void {
    for (const id of new Set([...this.conversations.keys(), ...this.timelines.keys()])) if (!ids.has(id)) this.#drop(id);
  }

  #drop(id: string): void {
    this.conversations.delete(id);
    this.timelines.delete(id);
    this.#overlays.delete(id);
    this.#unconfirmed.delete(id);
  }

  clear(): void {
    this.conversations.clear();
    this.timelines.clear();
    this.gone.clear();
    this.#overlays.clear();
    this.#unconfirmed.clear();
  }

  /** Shows `change` at once and takes it back when the server refuses. */
  async optimistic(id: string, change: Partial<Conversation>, send: () => Promise<Conversation>): Promise<Conversation> {
    const overlay = { id: this.#next++, change };
    this.#overlays.set(id, [...(this.#overlays.get(id) ?? []), overlay]);
    try {
      const answer = await send();
      this.put(answer);
      return answer;
    } finally {
      const left = (this.#overlays.get(id) ?? []).filter((o) => o.id !== overlay.id);
      if (left.length) this.#overlays.set(id, left);
      else this.#overlays.delete(id);
    }
  }
}

export const entities = new Entities();
