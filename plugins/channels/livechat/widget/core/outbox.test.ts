import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Outbox } from './outbox.ts';
import { Memory, Store } from './storage.ts';

const page = { url: 'https://shop.example/', title: 'Shop' };
const draft = (clientId: string, at: number) => ({ clientId, text: clientId, uploads: [], page, at });

test('survives a reload, in the order of writing', () => {
  const memory = new Memory();
  const before = new Outbox(new Store(memory, 'web'));
  before.add(draft('z', 5));
  before.add(draft('a', 5)); // the same millisecond
  const after = new Outbox(new Store(memory, 'web'));
  assert.deepEqual(after.list().map((item) => item.clientId), ['z', 'a']);
  assert.equal(after.next()?.clientId, 'z');
});

test('an acknowledged message stays on screen until its entry comes, and is not sent again after a reload', () => {
  const memory = new Memory();
  const outbox = new Outbox(new Store(memory, 'web'));
  outbox.add(draft('m1', 1));
  outbox.acked('m1', '77');
  assert.equal(outbox.list()[0]?.state, 'sent');
  assert.equal(outbox.next(), undefined);
  assert.equal(new Outbox(new Store(memory, 'web')).list().length, 0);
  outbox.arrived({ id: '77' });
  assert.equal(outbox.list().length, 0);
});

test('an entry without acknowledgement settles it too: the line was lost in between', () => {
  const memory = new Memory();
  const outbox = new Outbox(new Store(memory, 'web'));
  outbox.add(draft('m1', 1));
  outbox.arrived({ id: '77', clientId: 'm1' });
  assert.equal(outbox.list().length, 0);
  assert.equal(memory.length, 0);
});

test('a refused one lets the next pass, and can be tried again', () => {
  const outbox = new Outbox(new Store(new Memory(), 'web'));
  outbox.add(draft('m1', 1));
  outbox.add(draft('m2', 2));
  outbox.failed('m1', 'too long');
  assert.equal(outbox.next()?.clientId, 'm2');
  outbox.retry('m1');
  assert.equal(outbox.next()?.clientId, 'm1');
});

test('storage that refuses loses nothing on screen', () => {
  const full = new Memory();
  full.setItem = () => {
    throw new Error('QuotaExceededError');
  };
  const outbox = new Outbox(new Store(full, 'web'));
  outbox.add(draft('m1', 1));
  assert.equal(outbox.next()?.clientId, 'm1');
});

test('accounts on one public origin do not see each other', () => {
  const memory = new Memory();
  new Outbox(new Store(memory, 'one')).add(draft('m1', 1));
  assert.equal(new Outbox(new Store(memory, 'two')).list().length, 0);
});
