// The conversation as the server told it: entries by id, ordered by seq. Told twice or late changes nothing.
import type { Entry } from './types.ts';

const kRank: Record<string, number> = { received: 1, sent: 1, delivered: 2, read: 3 };

export class Timeline {
  private byId_ = new Map<string, Entry>();
  private sorted_: Entry[] | null = null;
  private cursors_ = new Map<string, string>();

  /** @returns true when the entry was not known before. */
  apply(entry: Entry, cursor: string): boolean {
    const known = this.byId_.get(entry.id);
    const status = known ? higher(known.status, entry.status) : entry.status;
    this.byId_.set(entry.id, { ...entry, status });
    if (!known || !this.cursors_.has(entry.id)) this.cursors_.set(entry.id, cursor);
    this.sorted_ = null;
    return !known;
  }

  setStatus(id: string, status: string): void {
    const entry = this.byId_.get(id);
    if (!entry) return;
    this.byId_.set(id, { ...entry, status: higher(entry.status, status) });
    this.sorted_ = null;
  }

  /** An agent has read up to this message of the visitor: everything before it, too. */
  readUpTo(match: { id?: string | undefined; clientId?: string | undefined }): void {
    const mark = this.list().find(
      (entry) =>
        (match.id !== undefined && entry.id === match.id) ||
        (match.clientId !== undefined && entry.clientId === match.clientId),
    );
    if (!mark) return;
    for (const entry of this.list()) {
      if (entry.direction === 'inbound' && entry.seq <= mark.seq) this.setStatus(entry.id, 'read');
    }
  }

  list(): readonly Entry[] {
    this.sorted_ ??= [...this.byId_.values()].sort((one, other) => one.seq - other.seq);
    return this.sorted_;
  }

  has(id: string): boolean {
    return this.byId_.has(id);
  }

  /** The cursor just before an entry, to ask for that entry anew (its attachments' addresses expire). */
  cursorBefore(id: string): string {
    const at = this.list().findIndex((entry) => entry.id === id);
    const before = at > 0 ? this.list()[at - 1] : undefined;
    return before ? (this.cursors_.get(before.id) ?? '') : '';
  }

  /** What our side wrote and the visitor has not seen. */
  unread(seenSeq: number): Entry[] {
    return this.list().filter(
      (entry) => entry.direction === 'outbound' && entry.seq > seenSeq && entry.status !== 'read',
    );
  }

  lastSeq(): number {
    return this.list().at(-1)?.seq ?? 0;
  }

  clear(): void {
    this.byId_.clear();
    this.cursors_.clear();
    this.sorted_ = null;
  }
}

/** Receipts overtake each other: a message that was read stays read. A status outside the ladder always counts. */
function higher(known: string, told: string): string {
  const before = kRank[known];
  const after = kRank[told];
  return before !== undefined && after !== undefined && after < before ? known : told;
}
