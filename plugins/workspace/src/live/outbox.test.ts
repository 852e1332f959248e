import { describe, expect, it } from 'vitest';
import { entry } from '../../tests/samples';
import { ApiError } from '../api/errors';
import type { Entry } from '../api/types';
import { Outbox, type OutboxItem } from './outbox.svelte';

interface Call {
  item: OutboxItem;
  resolve: (entry: Entry) => void;
  reject: (reason: unknown) => void;
}

function make(kept: OutboxItem[] = []) {
  const calls: Call[] = [];
  const timers: { run: () => void; ms: number }[] = [];
  const sent: Entry[] = [];
  let stored: OutboxItem[] = kept;
  const outbox = new Outbox({
    send: (item) => new Promise((resolve, reject) => calls.push({ item, resolve, reject })),
    sent: (e) => sent.push(e),
    keep: (items) => (stored = items),
    restore: () => stored,
    setTimer: (run, ms) => timers.push({ run, ms }),
    myId: () => 'me'
  });
  return { outbox, calls, timers, sent, stored: () => stored };
}

const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 0));
const item = { key: 'k1', conversationId: 'v1', kind: 'message' as const, text: 'Hello', attachments: [], seenSeq: 4 };
const mine = (change: Partial<Entry> = {}) =>
  entry({ seq: 5, text: 'Hello', direction: 'outbound', status: 'held', author: { type: 'agent', id: 'me', name: 'Me' }, ...change });

describe('the outbox', () => {
  it('shows an item at once and takes it out when the server has it', async () => {
    const { outbox, calls, sent, stored } = make();
    outbox.add(item);
    expect(outbox.of('v1').map((i) => i.state)).toEqual(['sending']);
    expect(stored()).toHaveLength(1);
    calls[0]?.resolve(mine());
    await settle();
    expect(outbox.items).toEqual([]);
    expect(stored()).toEqual([]);
    expect(sent).toHaveLength(1);
  });

  it('keeps it without a connection and sends it again with the same key', async () => {
    const { outbox, calls, timers } = make();
    outbox.add(item);
    calls[0]?.reject(new ApiError(0, 'offline', 'no network'));
    await settle();
    expect(outbox.items[0]?.state).toBe('waiting');
    outbox.flush();
    expect(calls.map((c) => c.item.key)).toEqual(['k1', 'k1']);
    calls[1]?.resolve(mine());
    await settle();
    expect(outbox.items).toEqual([]);
    timers[0]?.run();
    expect(calls).toHaveLength(2);
  });

  it('honours Retry-After', async () => {
    const { outbox, calls, timers } = make();
    outbox.add(item);
    calls[0]?.reject(new ApiError(503, 'draining', 'busy', [], null, 7));
    await settle();
    expect(timers[0]?.ms).toBe(7000);
  });

  it('never sends an item twice at the same time', () => {
    const { outbox, calls } = make();
    outbox.add(item);
    outbox.flush();
    outbox.retry('k1');
    expect(calls).toHaveLength(1);
    expect(outbox.drop('k1')).toBeNull();
  });

  it('a refusal is final, with the words of the server; it can be edited or dropped', async () => {
    const { outbox, calls } = make();
    outbox.add(item);
    calls[0]?.reject(new ApiError(422, 'validation_failed', 'Not valid.', [{ path: '/text', message: 'is too long' }]));
    await settle();
    expect(outbox.items[0]).toMatchObject({ state: 'failed', error: 'Not valid. is too long' });
    outbox.flush();
    expect(calls).toHaveLength(1);
    expect(outbox.drop('k1')?.text).toBe('Hello');
    expect(outbox.items).toEqual([]);
  });

  it('survives a reload', () => {
    const { outbox, calls } = make([{ ...item, createdAt: '2026-01-01T00:00:00Z', state: 'sending' }]);
    outbox.restore();
    expect(calls[0]?.item.key).toBe('k1');
  });

  it('a frame that is faster than the answer never shows the message twice', async () => {
    const { outbox, calls } = make();
    outbox.add(item);
    outbox.add({ ...item, key: 'k2' });
    outbox.seen(mine());
    expect(outbox.of('v1').map((i) => i.key)).toEqual(['k2']);
    outbox.seen(mine());
    expect(outbox.of('v1').map((i) => i.key)).toEqual(['k2']);
    calls[0]?.resolve(mine());
    await settle();
    expect(outbox.of('v1').map((i) => i.key)).toEqual(['k2']);
  });

  it('what others wrote, or what was there before, is not mistaken for mine', () => {
    const { outbox } = make();
    outbox.add(item);
    outbox.seen(mine({ author: { type: 'agent', id: 'other', name: 'O' } }));
    outbox.seen(mine({ seq: 3, id: 'old' }));
    expect(outbox.of('v1')).toHaveLength(1);
  });

  it('follows another tab that confirmed an item', async () => {
    const { outbox, calls } = make();
    outbox.add(item);
    calls[0]?.reject(new ApiError(0, 'offline', 'x'));
    await settle();
    outbox.follow(new Set());
    expect(outbox.items).toEqual([]);
  });
});
