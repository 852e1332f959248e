import { beforeAll, expect, it } from 'vitest';
import english from '../../../texts/en.json';
import { entry } from '../../../tests/samples';
import { texts } from '../../lib/i18n.svelte';
import { eventText } from './events';

beforeAll(() => texts.use('en', english));
const told = (event: object) =>
  eventText(entry({ kind: 'event', author: { type: 'agent', id: '4', name: 'Nadia' }, event: event as never }));

it('a change of tags names them', () => {
  expect(told({ type: 'tags_changed', added: ['refund', 'vip'], removed: [] })).toBe('Nadia added the tags refund, vip');
  expect(told({ type: 'tags_changed', added: [], removed: ['vip'] })).toBe('Nadia removed the tags vip');
  expect(told({ type: 'tags_changed', added: ['a'], removed: ['b'] })).toBe('Nadia added a and removed b');
});

it('what is not known here still says who and what', () => {
  expect(told({ type: 'something_else' })).toContain('something else');
});

it('routing and people are told apart', () => {
  const by = (author: object) =>
    eventText(entry({ kind: 'event', author: author as never, event: { type: 'assigned', from: null, to: '4', userId: '4', userName: 'Nadia' } as never }));
  expect(by({ type: 'system', id: null, name: '' })).toBe('Assigned to Nadia');
  expect(by({ type: 'agent', id: '4', name: 'Nadia' })).toBe('Nadia took this conversation');
  expect(by({ type: 'agent', id: '9', name: 'Vera' })).toBe('Vera assigned this to Nadia');
});
