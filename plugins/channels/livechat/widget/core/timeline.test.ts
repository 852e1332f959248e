import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from './timeline.ts';
import type { Entry } from './types.ts';

const entry = (id: string, seq: number, direction: Entry['direction'], status: string): Entry => ({
  id, seq, direction, status, author: { type: direction === 'inbound' ? 'contact' : 'agent', name: 'Nadia' }, text: id,
  attachments: [], createdAt: '2026-11-20T10:00:00Z',
});

test('orders by seq, whatever the order of arrival, and counts a double once', () => {
  const timeline = new Timeline();
  assert.equal(timeline.apply(entry('b', 2, 'outbound', 'sent'), 'c2'), true);
  assert.equal(timeline.apply(entry('a', 1, 'inbound', 'received'), 'c1'), true);
  assert.equal(timeline.apply(entry('b', 2, 'outbound', 'sent'), 'c2'), false);
  assert.deepEqual(timeline.list().map((one) => one.id), ['a', 'b']);
});

test('a late status takes nothing back', () => {
  const timeline = new Timeline();
  timeline.apply(entry('a', 1, 'outbound', 'sent'), 'c1');
  timeline.setStatus('a', 'read');
  timeline.setStatus('a', 'delivered');
  timeline.apply(entry('a', 1, 'outbound', 'sent'), 'c1');
  assert.equal(timeline.list()[0]?.status, 'read');
});

test('read by an agent means everything of the visitor up to there', () => {
  const timeline = new Timeline();
  timeline.apply({ ...entry('a', 1, 'inbound', 'received'), clientId: 'x' }, 'c1');
  timeline.apply({ ...entry('b', 2, 'inbound', 'received'), clientId: 'y' }, 'c2');
  timeline.apply({ ...entry('c', 3, 'inbound', 'received'), clientId: 'z' }, 'c3');
  timeline.readUpTo({ clientId: 'y' });
  assert.deepEqual(timeline.list().map((one) => one.status), ['read', 'read', 'received']);
});

test('unread is what our side wrote after the last one seen', () => {
  const timeline = new Timeline();
  timeline.apply(entry('a', 1, 'outbound', 'sent'), 'c1');
  timeline.apply(entry('b', 2, 'inbound', 'received'), 'c2');
  timeline.apply(entry('c', 3, 'outbound', 'sent'), 'c3');
  timeline.apply(entry('d', 4, 'outbound', 'read'), 'c4');
  assert.deepEqual(timeline.unread(1).map((one) => one.id), ['c']);
  assert.deepEqual(timeline.unread(0).map((one) => one.id), ['a', 'c']);
});

test('knows the cursor before an entry, to ask for it anew', () => {
  const timeline = new Timeline();
  timeline.apply(entry('a', 1, 'outbound', 'sent'), 'c1');
  timeline.apply(entry('b', 2, 'outbound', 'sent'), 'c2');
  assert.equal(timeline.cursorBefore('b'), 'c1');
  assert.equal(timeline.cursorBefore('a'), '');
});
