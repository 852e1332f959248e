/** One list on screen: pages from the server, kept right by what the stream brings. */
import { page } from '../../api/client';
import { toApiError, type ApiError } from '../../api/errors';
import type { Conversation } from '../../api/types';
import { entities, type Entities } from '../../live/entities.svelte';
import { belongs, newestFirst, query, type Filter } from './filter';

const pageSize = 50;

export class ConversationList {
  ids = $state.raw<string[]>([]);
  loaded = $state(false);
  loading = $state(false);
  more = $state(false);
  error = $state.raw<ApiError | null>(null);
  asOf = $state<number | null>(null);
  /** While the pointer or the keyboard is in the list the order stands still. */
  frozen = $state(false);
  #shown = $state.raw<string[]>([]);
  #cursor: string | null = null;
  #run = 0;
  #changedWhileLoading = new Set<string>();
  #stops: (() => void)[];

  constructor(
    readonly filter: Filter,
    private readonly me: string,
    /** The open conversation stays in its list, also when it no longer fits. */
    private readonly openId: () => string | null,
    private readonly store: Entities = entities
  ) {
    this.#stops = [store.onChange((conversation) => this.#changed(conversation)), store.show(() => this.ids)];
    // What the cache already knows is there at once; the server's answer replaces it.
    this.#order(new Set([...store.conversations.values()].filter((c) => belongs(filter, c, me, false)).map((c) => c.id)));
  }

  destroy(): void {
    this.#stops.forEach((stop) => stop());
    this.#run += 1;
  }

  /** What is displayed now: rows that went out of sight leave at once, new ones wait while frozen. */
  get visible(): string[] {
    if (!this.frozen) return this.ids.filter((id) => this.store.conversations.has(id));
    return this.#shown.filter((id) => this.store.conversations.has(id));
  }

  get waiting(): number {
    if (!this.frozen) return 0;
    const shown = new Set(this.#shown);
    const first = this.#shown.find((id) => this.store.conversations.has(id));
    const above = first === undefined ? 0 : this.ids.indexOf(first);
    return this.ids.filter((id, at) => this.store.conversations.has(id) && (!shown.has(id) || at < above)).length;
  }

  freeze(on: boolean): void {
    if (on === this.frozen) return;
    if (on) this.#shown = this.ids;
    this.frozen = on;
  }

  /** Shows what waited, although the pointer is still here. */
  catchUp(): void {
    this.#shown = this.ids;
  }

  async load(): Promise<void> {
    const run = ++this.#run;
    this.loading = true;
    this.#changedWhileLoading.clear();
    try {
      const answer = await page('/conversations', { ...query(this.filter), limit: pageSize });
      if (run !== this.#run) return;
      this.#take(answer.data, answer.nextCursor, true);
      this.store.settle();
      this.error = null;
      this.asOf = Date.now();
    } catch (reason) {
      if (run !== this.#run) return;
      this.error = toApiError(reason);
      if (this.error.status === 403) {
        this.ids = [];
        this.store.settle();
      }
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  async loadMore(): Promise<void> {
    if (!this.more || this.loading || !this.#cursor) return;
    const run = this.#run;
    this.loading = true;
    try {
      const answer = await page('/conversations', { ...query(this.filter), limit: pageSize, cursor: this.#cursor });
      if (run === this.#run) this.#take(answer.data, answer.nextCursor, false);
    } catch (reason) {
      if (run === this.#run) this.error = toApiError(reason);
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  #take(rows: Conversation[], cursor: string | null, first: boolean): void {
    this.#cursor = cursor;
    this.more = cursor !== null;
    const ids = new Set(first ? [] : this.ids);
    for (const row of rows) ids.add(row.id);
    // Frames may have been faster than this answer.
    for (const row of rows) this.store.put(row);
    for (const id of this.#changedWhileLoading) {
      const now = this.store.conversations.get(id);
      if (!now) continue;
      if (belongs(this.filter, now, this.me, ids.has(id))) ids.add(id);
      else if (id !== this.openId()) ids.delete(id);
    }
    this.loaded = true;
    this.#order(ids);
    // What the server gave now is seen anew also while frozen: nothing else is there to protect.
    if (this.frozen && this.#shown.length === 0) this.#shown = this.ids;
    if (this.frozen && !first) this.#shown = [...this.#shown, ...rows.map((r) => r.id).filter((id) => !this.#shown.includes(id))];
  }

  #changed(conversation: Conversation): void {
    if (this.loading) this.#changedWhileLoading.add(conversation.id);
    if (!this.loaded) return;
    const ids = new Set(this.ids);
    const known = ids.has(conversation.id);
    if (belongs(this.filter, conversation, this.me, known)) {
      if (!known && this.#beyondLoaded(conversation)) return;
      ids.add(conversation.id);
    } else if (conversation.id !== this.openId()) {
      ids.delete(conversation.id);
    }
    this.#order(ids);
    if (this.frozen && this.#shown.length === 0) this.#shown = this.ids;
  }

  /** Older than the last row while more pages exist: paging will bring it. */
  #beyondLoaded(conversation: Conversation): boolean {
    if (!this.more) return false;
    const last = this.store.conversations.get(this.ids[this.ids.length - 1] ?? '');
    return !!last && newestFirst(last, conversation) < 0;
  }

  #order(ids: Set<string>): void {
    const rows = [...ids].map((id) => this.store.conversations.get(id)).filter((c): c is Conversation => !!c);
    this.ids = rows.sort(newestFirst).map((c) => c.id);
  }
}
