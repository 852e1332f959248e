import { afterEach, describe, expect, it, vi } from 'vitest';
import { conversation } from '../../../tests/samples';
import type { Conversation } from '../../api/types';
import { Entities } from '../../live/entities.svelte';
import { belongs, href, readFilter, type Filter } from './filter';
import { ConversationList } from './list.svelte';

const filter = (change: Partial<Filter> = {}): Filter => ({ view: 'all', tab: 'all', unread: false, q: '', ...change });
const at = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`;
const make = (id: string, minute: number, change: Partial<Conversation> = {}) => conversation({ id, lastActivityAt: at(minute), ...change });

function answer(rows: Conversation[], nextCursor: string | null = null) {
  const body = JSON.stringify({ data: rows, nextCursor });
  return vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(body)));
}
afterEach(() => vi.restoreAllMocks());

describe('the filter', () => {
  it('lives in the address and comes back the same', () => {
    const wanted = filter({ view: 'mine', tab: 'closed', unread: true, q: 'ada & co' });
    const url = new URL(href(wanted, 'v1'), 'http://127.0.0.1');
    expect(url.pathname).toBe('/inbox/mine/v1');
    expect(readFilter('mine', url.searchParams)).toEqual(wanted);
    expect(href(filter())).toBe('/inbox/all');
  });

  it('knows what belongs into a view and a tab', () => {
    const c = conversation({ assigneeId: 'me', status: 'waiting', unreadCount: 0 });
    expect(belongs(filter({ view: 'mine' }), c, 'me', false)).toBe(true);
    expect(belongs(filter({ view: 'unassigned' }), c, 'me', false)).toBe(false);
    expect(belongs(filter({ tab: 'active' }), c, 'me', false)).toBe(true);
    expect(belongs(filter({ tab: 'closed' }), c, 'me', false)).toBe(false);
    expect(belongs(filter({ unread: true }), c, 'me', false)).toBe(false);
    expect(belongs(filter({ q: 'zoe' }), c, 'me', false)).toBe(false);
    expect(belongs(filter({ q: 'zoe' }), c, 'me', true)).toBe(true);
  });
});

describe('the list', () => {
  it('after a reset loses what the server no longer gives, also what waited behind the pointer', async () => {
    const store = new Entities();
    answer([make('a', 1), make('b', 2)]);
    const list = new ConversationList(filter(), 'me', () => null, store);
    await list.load();
    list.freeze(true);
    store.reset();
    expect(list.visible).toEqual(['b', 'a']);
    answer([make('a', 1)]);
    await list.load();
    expect(list.visible).toEqual(['a']);
    expect([...store.conversations.keys()]).toEqual(['a']);
    list.destroy();
  });

  it('after a reset that took the right to see any loses them all', async () => {
    const store = new Entities();
    answer([make('a', 1)]);
    const list = new ConversationList(filter(), 'me', () => null, store);
    await list.load();
    store.reset();
    vi.spyOn(globalThis, 'fetch').mockImplementation(() =>
      Promise.resolve(new Response(JSON.stringify({ error: { code: 'forbidden', message: 'no' } }), { status: 403 })));
    await list.load();
    expect(list.error?.status).toBe(403);
    expect(store.conversations.size).toBe(0);
    list.destroy();
  });

  it('orders by activity and follows what the stream brings', async () => {
    const store = new Entities();
    answer([make('a', 3), make('b', 2)]);
    const list = new ConversationList(filter(), 'me', () => null, store);
    await list.load();
    expect(list.visible).toEqual(['a', 'b']);
    store.put(make('b', 5, { version: 2 }));
    store.put(make('c', 4));
    expect(list.visible).toEqual(['b', 'c', 'a']);
  });

  it('a frame that is faster than the answer of the list is not lost', async () => {
    const store = new Entities();
    let give: (r: Response) => void = () => {};
    vi.spyOn(globalThis, 'fetch').mockImplementation(() => new Promise((resolve) => (give = resolve)));
    const list = new ConversationList(filter({ view: 'mine' }), 'me', () => null, store);
    const loading = list.load();
    store.put(make('new', 9, { assigneeId: 'me' }));
    give(new Response(JSON.stringify({ data: [make('a', 3, { assigneeId: 'me' })], nextCursor: null })));
    await loading;
    expect(list.visible).toEqual(['new', 'a']);
  });

  it('what stops belonging leaves, except the open one', async () => {
    const store = new Entities();
    answer([make('a', 3), make('b', 2)]);
    const list = new ConversationList(filter({ tab: 'active' }), 'me', () => 'a', store);
    await list.load();
    store.put(make('a', 6, { version: 2, status: 'closed' }));
    store.put(make('b', 7, { version: 2, status: 'closed' }));
    expect(list.visible).toEqual(['a']);
  });

  it('while frozen rows stand still and new ones wait; what is gone leaves at once', async () => {
    const store = new Entities();
    answer([make('a', 3), make('b', 2)]);
    const list = new ConversationList(filter(), 'me', () => null, store);
    await list.load();
    list.freeze(true);
    store.put(make('c', 9));
    expect(list.visible).toEqual(['a', 'b']);
    expect(list.waiting).toBe(1);
    store.remove('b');
    expect(list.visible).toEqual(['a']);
    list.catchUp();
    expect(list.visible).toEqual(['c', 'a']);
    list.freeze(false);
    expect(list.waiting).toBe(0);
  });

  it('leaves older rows to paging', async () => {
    const store = new Entities();
    answer([make('a', 9), make('b', 8)], 'next');
    const list = new ConversationList(filter(), 'me', () => null, store);
    await list.load();
    store.put(make('old', 1));
    expect(list.visible).toEqual(['a', 'b']);
    answer([make('old', 1), make('b', 8)]);
    await list.loadMore();
    expect(list.visible).toEqual(['a', 'b', 'old']);
  });

  it('keeps what is shown when a refresh fails', async () => {
    const store = new Entities();
    answer([make('a', 9)]);
    const list = new ConversationList(filter(), 'me', () => null, store);
    await list.load();
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('Failed to fetch'));
    await list.load();
    expect(list.visible).toEqual(['a']);
    expect(list.error?.offline).toBe(true);
  });
});
