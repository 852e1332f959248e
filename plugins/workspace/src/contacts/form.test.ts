import { expect, it } from 'vitest';
import type { Contact } from '../api/types';
import { changesOf, toForm } from './form';

const contact: Contact = {
  id: '1', name: 'Ada', email: 'ada@example.test', phone: null, company: null, notes: null, ownerId: 'u1', tags: ['vip'],
  attributes: { plan: 'pro', seats: 12, flags: ['a', 'b'] }, blocked: false, identities: [], createdAt: '2026-01-01T00:00:00Z', version: 1
};

it('sends nothing when nothing changed, whatever the attributes hold', () => {
  expect(changesOf(toForm(contact), contact)).toEqual({});
});

it('sends only what changed; an emptied field is null, but a name', () => {
  const form = toForm(contact);
  form.name = ' ';
  form.email = '';
  form.phone = ' +49 30 1 ';
  form.ownerId = '';
  form.tags = [...form.tags, 'press'];
  expect(changesOf(form, contact)).toEqual({ name: '', email: null, phone: '+49 30 1', ownerId: null, tags: ['vip', 'press'] });
});

it('replaces the attributes whole, and keeps numbers and lists nobody touched', () => {
  const form = toForm(contact);
  form.attributes = [...form.attributes.slice(1), { key: ' since ', text: '2019' }, { key: '', text: 'lost' }];
  expect(changesOf(form, contact)).toEqual({ attributes: { seats: 12, flags: ['a', 'b'], since: '2019' } });
});

it('a new contact says what was written', () => {
  const form = toForm(null);
  form.name = 'Grace';
  form.tags = ['press'];
  expect(changesOf(form, null)).toEqual({ name: 'Grace', tags: ['press'] });
});

it('a name that is only a random address is an empty field, and stays as it is', () => {
  const visitor = { ...contact, name: 'anon-0123456789abcdef0123' };
  expect(toForm(visitor).name).toBe('');
  expect(changesOf(toForm(visitor), visitor)).toEqual({});
});
