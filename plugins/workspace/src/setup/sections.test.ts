import { afterEach, describe, expect, it } from 'vitest';
import type { Me } from '../api/types';
import { may } from '../lib/permissions';
import { session } from '../live/session.svelte';
import { fromMembers } from './inboxes/people';
import { firstSettings, maySee, maySetUp, sections } from './sections';

const as = (role: string, permissions: string[] = []) => {
  session.me = { user: { id: 'u1' }, permissions, inboxes: [{ id: 'i1', name: 'One', role }, { id: 'i2', name: 'Two', role: 'agent' }] } as unknown as Me;
};
const seen = () => sections.filter(maySee).map((s) => s.id);
afterEach(() => (session.me = null));

describe('who sets up what', () => {
  it('an agent nothing', () => {
    as('agent');
    expect([seen(), firstSettings(), maySetUp('i1')]).toEqual([[], null, false]);
  });

  it("an inbox's admin that inbox, and no other section", () => {
    as('admin');
    expect([seen(), firstSettings()]).toEqual([['inboxes'], '/settings/inboxes']);
    expect([maySetUp('i1'), maySetUp('i2'), maySetUp('i3')]).toEqual([true, false, false]);
  });

  it('who has the permission every inbox', () => {
    as('agent', [may.inboxes]);
    expect([maySetUp('i1'), maySetUp('i3'), seen()]).toEqual([true, true, ['inboxes']]);
  });

  it('names each colleague of two inboxes once', () => {
    const member = (userId: string, name: string) => ({ userId, name, email: `${userId}@example.test` });
    expect(fromMembers([member('2', 'Ben'), member('1', 'Anna'), member('2', 'Ben')]).map((p) => p.name)).toEqual(['Anna', 'Ben']);
  });
});
