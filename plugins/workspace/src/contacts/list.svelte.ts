/** The contacts of one search, newest first, page by page. The last list stays, so that coming back finds it as it was. */
import { page } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Contact } from '../api/types';

const pageSize = 50;
type Fetch = (q: string, cursor: string | null) => Promise<{ data: Contact[]; nextCursor: string | null }>;

const ask: Fetch = (q, cursor) => page('/contacts', { q, limit: pageSize, cursor });

export class ContactList {
  rows = $state.raw<Contact[]>([]);
  loaded = $state(false);
  loading = $state(false);
  more = $state(false);
  error = $state.raw<ApiError | null>(null);
  asOf = $state<number | null>(null);
  /** Where the list was scrolled to when it was left. */
  top = 0;
  #cursor: string | null = null;
  #run = 0;

  constructor(readonly q: string, readonly owner: string, private readonly fetcher: Fetch = ask) {}

  /** The first page anew. What was paged to below it stays where it joins. */
  async load(): Promise<void> {
    const run = ++this.#run;
    this.loading = true;
    try {
      const answer = await this.fetcher(this.q, null);
      if (run !== this.#run) return;
      const last = answer.data[answer.data.length - 1];
      const at = last ? this.rows.findIndex((r) => r.id === last.id) : -1;
      if (at >= 0) this.rows = [...answer.data, ...this.rows.slice(at + 1)];
      else {
        this.rows = answer.data;
        this.#cursor = answer.nextCursor;
        this.more = answer.nextCursor !== null;
      }
      this.loaded = true;
      this.error = null;
      this.asOf = Date.now();
    } catch (reason) {
      if (run === this.#run) this.error = toApiError(reason);
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  async loadMore(): Promise<void> {
    if (!this.more || this.loading || !this.#cursor || this.error) return;
    const run = this.#run;
    this.loading = true;
    try {
      const answer = await this.fetcher(this.q, this.#cursor);
      if (run !== this.#run) return;
      const known = new Set(this.rows.map((r) => r.id));
      this.rows = [...this.rows, ...answer.data.filter((r) => !known.has(r.id))];
      this.#cursor = answer.nextCursor;
      this.more = answer.nextCursor !== null;
    } catch (reason) {
      if (run === this.#run) this.error = toApiError(reason);
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }

  stop(): void {
    this.#run += 1;
    this.loading = false;
  }
}

let kept: ContactList | null = null;

/** The list of this search: the one that was left last, if it is the same person's and the same search. */
export function listOf(q: string, owner: string): ContactList {
  if (!kept || kept.q !== q || kept.owner !== owner) kept = new ContactList(q, owner);
  return kept;
}
