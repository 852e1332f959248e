// What the visitor wrote and the server has not confirmed. Each message is kept in storage under its own key until the
// acknowledgement, so a reload, a lost network and a second tab lose nothing; the server drops a double by its client id.
import type { Store } from './storage.ts';
import type { Attachment, Page } from './types.ts';

export interface Pending {
  clientId: string;
  text: string;
  uploads: Array<Pick<Attachment, 'name' | 'mimeType' | 'sizeBytes'> & { id: string }>;
  page: Page;
  at: number; // ms since the epoch, for display and order
  state: 'waiting' | 'sent' | 'failed';
  error?: string;
  id?: string; // the server's, once acknowledged
}

export class Outbox {
  private items_: Pending[] = [];

  constructor(private store_: Store) {
    for (const key of store_.keys('out:')) {
      const item = store_.getJson<Pending>(key);
      if (item?.clientId) this.items_.push(item);
    }
    this.items_.sort((one, other) => one.at - other.at || (one.clientId < other.clientId ? -1 : 1));
  }

  list(): readonly Pending[] {
    return this.items_;
  }

  /** The one to send now: messages leave one at a time, so their order holds even when one is refused for a while. */
  next(): Pending | undefined {
    return this.items_.find((item) => item.state === 'waiting');
  }

  add(item: Omit<Pending, 'state'>): void {
    const last = this.items_.at(-1);
    const pending: Pending = { ...item, at: Math.max(item.at, (last?.at ?? 0) + 1), state: 'waiting' };
    this.items_.push(pending);
    this.save_(pending);
  }

  /** Durable at the server: it stays on screen until its entry comes, but not in storage. */
  acked(clientId: string, id: string): void {
    this.change_(clientId, (item) => {
      item.state = 'sent';
      item.id = id;
      delete item.error;
      this.store_.set('out:' + clientId, '');
    });
  }

  failed(clientId: string, error: string): void {
    this.change_(clientId, (item) => {
      item.state = 'failed';
      item.error = error;
      this.save_(item);
    });
  }

  retry(clientId: string): void {
    this.change_(clientId, (item) => {
      item.state = 'waiting';
      delete item.error;
      this.save_(item);
    });
  }

  /** Its entry is in the timeline, or the visitor dropped it. */
  remove(clientId: string): void {
    this.items_ = this.items_.filter((item) => item.clientId !== clientId);
    this.store_.set('out:' + clientId, '');
  }

  /** The entry of one of ours came, with our client id or at least the id that was acknowledged. */
  arrived(entry: { id: string; clientId?: string }): void {
    const item = this.items_.find(
      (candidate) => candidate.clientId === entry.clientId || (candidate.id !== undefined && candidate.id === entry.id),
    );
    if (item) this.remove(item.clientId);
  }

  clear(): void {
    for (const item of [...this.items_]) this.remove(item.clientId);
  }

  private change_(clientId: string, change: (item: Pending) => void): void {
    const item = this.items_.find((candidate) => candidate.clientId === clientId);
    if (item) change(item);
  }

  private save_(item: Pending): void {
    this.store_.set('out:' + item.clientId, JSON.stringify(item));
  }
}
