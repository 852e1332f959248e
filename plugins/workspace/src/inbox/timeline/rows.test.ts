import { describe, expect, it } from 'vitest';
import { entry } from '../../../tests/samples';
import { timelineRows } from './rows';

const event = (seq: number) => entry({ seq, kind: 'event', direction: undefined, event: { type: 'assigned' } });

describe('rows of the timeline', () => {
  it('folds badges when more than three stand in a row', () => {
    expect(timelineRows([event(1), event(2), event(3)], [], null).map((r) => r.kind)).toEqual(['entry', 'entry', 'entry']);
    const folded = timelineRows([event(1), event(2), event(3), event(4), entry({ seq: 5 })], [], null);
    expect(folded.map((r) => r.kind)).toEqual(['events', 'entry']);
  });

  it('the first row of a day carries it', () => {
    const rows = timelineRows([entry({ seq: 1, createdAt: '2026-01-01T10:00:00Z' }), entry({ seq: 2, createdAt: '2026-01-01T11:00:00Z' }), entry({ seq: 3, createdAt: '2026-01-03T10:00:00Z' })], [], null);
    expect(rows.map((r) => r.day !== null)).toEqual([true, false, true]);
  });

  it('the line stands once, above the first inbound message that was not read', () => {
    const rows = timelineRows([entry({ seq: 1 }), entry({ seq: 2, direction: 'outbound' }), entry({ seq: 3 }), entry({ seq: 4 })], [], 1);
    expect(rows.map((r) => r.fresh)).toEqual([false, false, true, false]);
  });

  it('with my own mark the line stands above the first that somebody else wrote, a note too', () => {
    const mine = { author: { type: 'agent' as const, id: 'u1', name: 'Me' }, direction: 'outbound' as const };
    const note = { author: { type: 'agent' as const, id: 'u2', name: 'Ben' }, kind: 'note' as const, direction: undefined };
    const rows = timelineRows([entry({ seq: 1 }), entry({ seq: 2, ...mine }), entry({ seq: 3, ...note }), entry({ seq: 4 })], [], 1, 'u1');
    expect(rows.map((r) => r.fresh)).toEqual([false, false, true, false]);
  });

  it('undone messages are not there', () => {
    expect(timelineRows([entry({ seq: 1, status: 'undone' })], [], null)).toEqual([]);
  });

  it('joins messages of one author within minutes, and ends with what was not confirmed', () => {
    const rows = timelineRows([entry({ seq: 1 }), entry({ seq: 2 })], [{ key: 'k', conversationId: 'v1', kind: 'message', text: 'x', attachments: [], createdAt: '2026-01-01T10:00:09Z', state: 'sending', seenSeq: 2 }], null);
    expect(rows.map((r) => r.joined)).toEqual([false, true, false]);
    expect(rows.at(-1)?.kind).toBe('outbox');
  });
});
