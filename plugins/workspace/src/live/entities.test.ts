import { describe, expect, it } from 'vitest';
import { conversation, entry } from '../../tests/samples';
import { Entities } from './entities.svelte';

describe('entities by version', () => {
  it('applies a higher version and ignores the same or a lower one', () => {
    const store = new Entities();
    expect(store.put(conversation({ version: 2, status: 'waiting' }))).toBe(true);
    expect(store.put(conversation({ version: 1, status: 'closed' }))).toBe(false);
    expect(store.put(conversation({ version: 2, status: 'closed' }))).toBe(false);
    expect(store.conversation('v1')?.status).toBe('waiting');
    expect(store.put(conversation({ version: 3, status: 'closed' }))).toBe(true);
    expect(store.conversation('v1')?.status).toBe('closed');
  });

  it('frames late, twice and out of order give one timeline in seq order', () => {
    const store = new Entities();
    store.timeline('v1').replace([], null);
    for (const seq of [2, 1, 3, 2, 3]) store.putEntry(entry({ seq }));
    store.putEntry(entry({ seq: 2, version: 3, status: 'read' }));
    store.putEntry(entry({ seq: 2, version: 2, status: 'sent' }));
    const timeline = store.timeline('v1');
    expect(timeline.entries.map((e) => e.seq)).toEqual([1, 2, 3]);
    expect(timeline.entries[1]?.status).toBe('read');
  });

  it('drops entries of timelines that are not loaded', () => {
    const store = new Entities();
    expect(store.putEntry(entry())).toBe(false);
    expect(store.timelines.has('v1')).toBe(false);
  });

  it('news of a page that is not here makes no row alone, and is not lost', () => {
    const store = new Entities();
    const timeline = store.timeline('v1');
    timeline.replace([entry({ seq: 50 }), entry({ seq: 51 })], '50');
    expect(store.putEntry(entry({ seq: 3, version: 4, status: 'read' }))).toBe(false);
    expect(timeline.entries.map((e) => e.seq)).toEqual([50, 51]);
    timeline.apply([entry({ seq: 2 }), entry({ seq: 3, version: 2, status: 'sent' })]);
    expect(timeline.entries.map((e) => [e.seq, e.status])).toContainEqual([3, 'read']);
    timeline.older = null;
    expect(store.putEntry(entry({ seq: 1 }))).toBe(true);
  });

  it('a page that is older than a frame does not take it back', () => {
    const store = new Entities();
    const timeline = store.timeline('v1');
    timeline.replace([entry({ seq: 1, version: 5, status: 'read' })], null);
    timeline.replace([entry({ seq: 1, version: 2, status: 'sent' })], null);
    expect(timeline.entries[0]?.status).toBe('read');
  });

  it('what is gone leaves cache and timeline and is remembered until it comes back', () => {
    const store = new Entities();
    store.put(conversation());
    store.timeline('v1').replace([entry()], null);
    store.remove('v1');
    expect(store.conversation('v1')).toBeUndefined();
    expect(store.timelines.has('v1')).toBe(false);
    expect(store.gone.has('v1')).toBe(true);
    store.put(conversation({ version: 9 }));
    expect(store.gone.has('v1')).toBe(false);
  });

  it('after a reset keeps what is on a screen until it was asked for again, and nothing else', () => {
    const store = new Entities();
    for (const id of ['listed', 'open', 'elsewhere']) {
      store.put(conversation({ id }));
      store.timeline(id).replace([entry({ conversationId: id })], null);
    }
    let listed = ['listed'];
    const leave = store.show(() => ['open']);
    store.show(() => listed);
    store.reset();
    expect([...store.conversations.keys()]).toEqual(['listed', 'open']);
    expect([...store.timelines.keys()]).toEqual(['listed', 'open']);
    expect(store.timeline('open').stale).toBe(true);
    store.settle();
    expect(store.conversations.has('listed')).toBe(true);
    listed = []; // the list came back without it
    store.settle();
    expect([...store.conversations.keys()]).toEqual(['open']);
    leave();
    expect(store.conversations.size + store.timelines.size).toBe(0);
  });

  it('after a reset a row that comes back in the same version stays', () => {
    const store = new Entities();
    const leave = store.show(() => ['v1']);
    store.put(conversation());
    store.reset();
    expect(store.put(conversation())).toBe(false);
    leave();
    expect(store.conversation('v1')?.version).toBe(1);
  });

  it('shows an optimistic change at once and keeps the answer', async () => {
    const store = new Entities();
    store.put(conversation());
    let answer: (c: ReturnType<typeof conversation>) => void = () => {};
    const done = store.optimistic('v1', { tags: ['vip'] }, () => new Promise((resolve) => (answer = resolve)));
    expect(store.conversation('v1')?.tags).toEqual(['vip']);
    expect(store.conversations.get('v1')?.tags).toEqual([]);
    answer(conversation({ version: 2, tags: ['vip'] }));
    await done;
    expect(store.conversation('v1')?.tags).toEqual(['vip']);
    expect(store.conversation('v1')?.version).toBe(2);
  });

  it('rolls back when the server refuses, and only that change', async () => {
    const store = new Entities();
    store.put(conversation());
    let refuse: (reason: Error) => void = () => {};
    const first = store.optimistic('v1', { assigneeId: 'me' }, () => new Promise((_, reject) => (refuse = reject)));
    const second = store.optimistic('v1', { priority: 'high' }, () => new Promise(() => {}));
    void second;
    refuse(new Error('409'));
    await expect(first).rejects.toThrow('409');
    expect(store.conversation('v1')).toMatchObject({ assigneeId: null, priority: 'high' });
  });
});
