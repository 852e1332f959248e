import { expect, it } from 'vitest';
import { ApiError } from '../api/errors';
import type { Contact } from '../api/types';
import { ContactList, listOf } from './list.svelte';

const contact = (id: number, name = `Contact ${id}`): Contact => ({
  id: String(id), name, email: null, phone: null, company: null, notes: null, ownerId: null, tags: [], attributes: {}, blocked: false, identities: [],
  createdAt: '2026-01-01T00:00:00Z', version: 1
});
const pages = (...answers: ({ data: Contact[]; nextCursor: string | null } | ApiError)[]) => {
  const asked: (string | null)[] = [];
  const list = new ContactList('', 'me', (_q, cursor) => {
    asked.push(cursor);
    const next = answers.shift();
    return next instanceof Error || !next ? Promise.reject(next ?? new Error('asked too often')) : Promise.resolve(next);
  });
  return { list, asked };
};
const ids = (list: ContactList) => list.rows.map((r) => r.id);

it('pages by the cursor and never shows a contact twice', async () => {
  const { list, asked } = pages({ data: [contact(4), contact(3)], nextCursor: 'a' }, { data: [contact(3), contact(2)], nextCursor: null });
  await list.load();
  await list.loadMore();
  await list.loadMore();
  expect(ids(list)).toEqual(['4', '3', '2']);
  expect(asked).toEqual([null, 'a']);
  expect(list.more).toBe(false);
});

it('a list asked for again keeps what was paged to, where the new page joins it', async () => {
  const { list } = pages(
    { data: [contact(4), contact(3)], nextCursor: 'a' }, { data: [contact(2)], nextCursor: null },
    { data: [contact(5), contact(4, 'Renamed'), contact(3)], nextCursor: 'b' }
  );
  await list.load();
  await list.loadMore();
  await list.load();
  expect(ids(list)).toEqual(['5', '4', '3', '2']);
  expect(list.rows[1]?.name).toBe('Renamed');
  expect(list.more).toBe(false);
});

it('a page that fails keeps what is there and stops paging until asked again', async () => {
  const { list, asked } = pages({ data: [contact(2)], nextCursor: 'a' }, new ApiError(503, 'unavailable', 'Not now.'));
  await list.load();
  await list.loadMore();
  await list.loadMore();
  expect(ids(list)).toEqual(['2']);
  expect(list.error?.message).toBe('Not now.');
  expect(asked.length).toBe(2);
});

it('another search or another person gets a list of their own', () => {
  const first = listOf('ada', 'u1');
  expect(listOf('ada', 'u1')).toBe(first);
  expect(listOf('ada', 'u2')).not.toBe(first);
});
