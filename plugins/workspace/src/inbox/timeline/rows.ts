/** Entries as rows of the timeline: day separators, the "new" line, folded badges. */
import type { Entry } from '../../api/types';
import { dayKey } from '../../lib/time';
import type { OutboxItem } from '../../live/outbox.svelte';

export type Row = {
  key: string;
  /** The first of its day carries the day. */
  day: string | null;
  /** The line above what is new stands above it. */
  fresh: boolean;
  /** Follows one of the same author closely: no second name and avatar. */
  joined: boolean;
} & (
  | { kind: 'entry'; entry: Entry }
  | { kind: 'events'; entries: Entry[] }
  | { kind: 'outbox'; item: OutboxItem }
);

/** More than this many badges in a row fold into one line. */
export const foldAfter = 3;

/** With `me`, whatever others wrote after `freshAfter` counts as new, notes too; else what the customer wrote. */
export function timelineRows(entries: Entry[], outbox: OutboxItem[], freshAfter: number | null, me: string | null = null): Row[] {
  const rows: Row[] = [];
  let day = '';
  let marked = freshAfter === null;
  let run: Entry[] = [];

  const place = (row: Omit<Row, 'day' | 'fresh' | 'joined'> & Record<string, unknown>, at: string, fresh: boolean, joined: boolean) => {
    const today = dayKey(at);
    rows.push({ ...row, day: today === day ? null : at, fresh, joined: joined && today === day && !fresh } as unknown as Row);
    day = today;
  };
  const endRun = () => {
    const first = run[0];
    if (!first) return;
    if (run.length > foldAfter) place({ key: `run:${first.id}`, kind: 'events', entries: run }, first.createdAt, false, false);
    else for (const entry of run) place({ key: entry.id, kind: 'entry', entry }, entry.createdAt, false, false);
    run = [];
  };

  let before: Entry | null = null;
  for (const entry of entries) {
    if (entry.status === 'undone') continue;
    if (entry.kind === 'event') {
      run.push(entry);
      before = null;
      continue;
    }
    endRun();
    const others = me === null ? entry.direction === 'inbound' : entry.author.id !== me;
    const fresh: boolean = !marked && others && entry.seq > (freshAfter ?? 0);
    if (fresh) marked = true;
    const joined =
      before !== null &&
      before.kind === entry.kind &&
      before.author.type === entry.author.type &&
      before.author.id === entry.author.id &&
      Date.parse(entry.createdAt) - Date.parse(before.createdAt) < 5 * 60_000;
    place({ key: entry.id, kind: 'entry', entry }, entry.createdAt, fresh, joined);
    before = entry;
  }
  endRun();
  for (const item of outbox) place({ key: `out:${item.key}`, kind: 'outbox', item }, item.createdAt, false, false);
  return rows;
}
