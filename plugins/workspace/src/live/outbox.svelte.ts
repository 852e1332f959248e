/**
 * What I sent and the server has not confirmed yet. Every item has its idempotency key, so the same item may be
 * sent again by any tab at any time and is still taken once. It survives a reload and a lost connection.
 */
import type { ApiError } from '../api/errors';
import { toApiError } from '../api/errors';
import type { Attachment, Entry } from '../api/types';

export interface OutboxItem {
  key: string;
  conversationId: string;
  kind: 'message' | 'note';
  text: string;
  attachments: Attachment[];
  createdAt: string;
  state: 'sending' | 'waiting' | 'failed';
  error?: string;
  /** Newest seq the author saw when sending. */
  seenSeq: number;
}

export interface OutboxHooks {
  send(item: OutboxItem): Promise<Entry>;
  sent(entry: Entry, item: OutboxItem): void;
  keep(items: OutboxItem[]): void;
  restore(): OutboxItem[];
  setTimer(run: () => void, ms: number): unknown;
  myId(): string | null;
}

export class Outbox {
  items = $state.raw<OutboxItem[]>([]);
  #inFlight = new Set<string>();
  #settled = new Set<string>();
  /** Entries the stream brought before the answer to the call did. */
  #claimed = new Map<string, string>();
  #delay = 500;
  #timer = false;

  constructor(private readonly hooks: OutboxHooks) {}

  restore(): void {
    const kept = this.hooks.restore();
    const known = new Set(this.items.map((i) => i.key));
    this.items = [...this.items, ...kept.filter((i) => !known.has(i.key)).map((i) => (i.state === 'failed' ? i : { ...i, state: 'waiting' as const }))];
    this.flush();
  }

  clear(): void {
    this.items = [];
  }

  add(item: Omit<OutboxItem, 'state' | 'createdAt'>, now = new Date()): void {
    this.#set([...this.items, { ...item, state: 'sending', createdAt: now.toISOString() }]);
    void this.#send(item.key);
  }

  /** Everything that waits is tried now: the connection is back. */
  flush(): void {
    for (const item of this.items) if (item.state === 'waiting') void this.#send(item.key);
  }

  retry(key: string): void {
    void this.#send(key);
  }

  /** Takes an item out, for editing or for good. Not while its call is under way. */
  drop(key: string): OutboxItem | null {
    if (this.#inFlight.has(key)) return null;
    const item = this.items.find((i) => i.key === key) ?? null;
    this.#set(this.items.filter((i) => i.key !== key));
    return item;
  }

  inFlight(key: string): boolean {
    return this.#inFlight.has(key);
  }

  /** Unconfirmed items of a conversation, without those whose entry the stream already brought. */
  of(conversationId: string): OutboxItem[] {
    return this.items.filter((i) => i.conversationId === conversationId && !this.#claimed.has(i.key));
  }

  /** A frame brought an entry of mine: it is one of those still waiting for their answer. */
  seen(entry: Entry): void {
    if (entry.author.type !== 'agent' || entry.author.id !== this.hooks.myId()) return;
    if ([...this.#claimed.values()].includes(entry.id)) return;
    const match = this.items.find(
      (i) =>
        i.conversationId === entry.conversationId &&
        i.kind === entry.kind &&
        i.text === (entry.text ?? '') &&
        entry.seq > i.seenSeq &&
        !this.#claimed.has(i.key) &&
        i.state !== 'failed'
    );
    if (match) {
      this.#claimed.set(match.key, entry.id);
      this.items = [...this.items];
    }
  }

  /** Another tab confirmed or dropped some: follow what is stored. */
  follow(keys: Set<string>): void {
    this.items = this.items.filter((i) => keys.has(i.key) || this.#inFlight.has(i.key));
  }

  async #send(key: string): Promise<void> {
    const item = this.items.find((i) => i.key === key);
    if (!item || this.#inFlight.has(key) || this.#settled.has(key)) return;
    this.#inFlight.add(key);
    this.#update(key, { state: 'sending', error: undefined });
    try {
      const entry = await this.hooks.send(item);
      this.#settled.add(key);
      this.#delay = 500;
      this.hooks.sent(entry, item);
      this.#inFlight.delete(key);
      this.#claimed.delete(key);
      this.#set(this.items.filter((i) => i.key !== key));
    } catch (reason) {
      this.#inFlight.delete(key);
      const error = toApiError(reason);
      if (error.temporary) {
        this.#update(key, { state: 'waiting', error: error.message });
        this.#later(error);
      } else {
        this.#claimed.delete(key);
        const faults = error.details.map((d) => d.message).filter((m) => m !== error.message);
        this.#update(key, { state: 'failed', error: [error.message, ...faults].join(' ') });
      }
    }
  }

  #later(error: ApiError): void {
    if (this.#timer) return;
    this.#timer = true;
    const wait = error.retryAfter !== null ? error.retryAfter * 1000 : this.#delay;
    this.#delay = Math.min(30_000, this.#delay * 2);
    this.hooks.setTimer(() => {
      this.#timer = false;
      this.flush();
    }, wait);
  }

  #update(key: string, change: Partial<OutboxItem>): void {
    this.#set(this.items.map((i) => (i.key === key ? { ...i, ...change } : i)));
  }

  #set(items: OutboxItem[]): void {
    this.items = items;
    this.hooks.keep(items);
  }
}
