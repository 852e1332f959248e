import { describe, expect, it } from 'vitest';
import { Presence } from './presence.svelte';

describe('presence', () => {
  const ben = { type: 'agent' as const, id: 'u2', name: 'Ben' };

  it('forgets typing five seconds after the last frame', () => {
    const p = new Presence();
    p.heard('typing', 'v1', ben, 1000);
    p.heard('typing', 'v1', ben, 3000);
    p.sweep(7999);
    expect(p.typing.get('v1')).toHaveLength(1);
    p.sweep(8001);
    expect(p.typing.has('v1')).toBe(false);
  });

  it('a message ends the typing of its author only', () => {
    const p = new Presence();
    p.heard('typing', 'v1', ben, 0);
    p.heard('typing', 'v1', { type: 'contact', id: 'c1', name: 'Ada' }, 0);
    p.wrote('v1', 'agent', 'u2');
    expect(p.typing.get('v1')?.map((x) => x.id)).toEqual(['c1']);
  });

  it('says typing at most every three seconds', () => {
    const p = new Presence();
    expect([10_000, 11_000, 13_001].map((now) => p.maySayTyping('v1', now))).toEqual([true, false, true]);
  });
});
