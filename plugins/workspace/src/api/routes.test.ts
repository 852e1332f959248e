import { describe, expect, it } from 'vitest';
import { call, get, page, patch, post } from './client';

/** Never run: the check of types reads it, and fails where a mistake is not one any more. */
async function mistakes(id: string): Promise<void> {
  // @ts-expect-error there is no such route
  await get('/contact');
  // @ts-expect-error nor is what is no route made one by an id
  await get(`/contacts/${id}/friends`);
  // @ts-expect-error a contact is not deleted by this API
  await call(`/contacts/${id}`, { method: 'PUT', body: {} });
  // @ts-expect-error a contact has no nickname
  await patch(`/contacts/${id}`, { nickname: 'Ada' });
  // @ts-expect-error a new conversation needs words
  await post('/conversations', { accountId: 'desk', to: 'ada' });
  // @ts-expect-error lists have no offset
  await page('/contacts', { offset: 10 });
  const contact = await get(`/contacts/${id}`);
  // @ts-expect-error and what is answered has no such member either
  contact.surname;
  await patch(`/contacts/${id}`, { name: 'Ada', email: null });
}

describe('calls of the API', () => {
  it('are held against the schema', () => {
    expect(mistakes).toBeTypeOf('function');
  });
});
