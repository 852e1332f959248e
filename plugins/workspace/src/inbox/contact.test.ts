import { beforeAll, expect, it } from 'vitest';
import english from '../../texts/en.json';
import { texts } from '../lib/i18n.svelte';
import { contactName, shownAddress } from './contact';

const unknown = 'anon-64538cfc5223503b558a775eb7820873';
beforeAll(() => texts.use('en', english));

it('a visitor nobody knows is called by a short mark, not by the random address', () => {
  expect(contactName({ name: unknown, address: unknown })).toBe('Visitor 0873');
  expect(contactName({ name: '', address: unknown })).toBe('Visitor 0873');
  expect(shownAddress(unknown)).toBe('');
});

it('everybody else keeps their name, or else their address', () => {
  expect(contactName({ name: 'Grace Lin', address: unknown })).toBe('Grace Lin');
  expect(contactName({ name: '+491701234567', address: '+491701234567' })).toBe('+491701234567');
  expect(contactName({ name: '', address: 'anon-smith' })).toBe('anon-smith');
  expect(contactName({ name: '', address: '' })).toBe('Unnamed contact');
  expect(shownAddress('user-42')).toBe('user-42');
});
