import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { entry } from '../../tests/samples';
import type { Availability, Me } from '../api/types';
import { Session } from './session.svelte';

const since = (minute: number) => `2026-01-01T10:${String(minute).padStart(2, '0')}:00.000000Z`;
const me = (status: Availability, minute: number) =>
  ({ user: { id: 'u1', name: 'Anna', seat: true }, permissions: [], inboxes: [], availability: { status, since: since(minute) }, csrfToken: 'c' }) as unknown as Me;

function server(status: Availability, minute: number) {
  return vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(JSON.stringify({ data: { status, since: since(minute) } }))));
}

async function available(): Promise<Session> {
  const session = new Session();
  session.signedIn(me('away', 0));
  server('available', 1);
  await session.setAvailability('available');
  return session;
}

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('localStorage', { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v), removeItem: (k: string) => kept.delete(k) });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('my availability', () => {
  it('is away after signing in, and nothing is said: nobody changed it', () => {
    const session = new Session();
    session.signedIn(me('away', 0));
    expect(session.changed).toBeNull();
  });

  it('changed by another is told with since when, and one call takes it back', async () => {
    const session = await available();
    session.availabilityChanged('available', since(1)); // the echo of what I chose
    expect(session.changed).toBeNull();
    session.availabilityChanged('away', since(42));
    expect(session.me?.availability).toEqual({ status: 'away', since: since(42) });
    expect(session.changed).toMatchObject({ status: 'away', since: since(42), before: 'available', absent: true, returned: 0 });
    server('available', 43);
    await session.setAvailability('available');
    expect(session.changed).toBeNull();
  });

  it('counts what the system took, each once, and nothing that I gave back', async () => {
    const session = await available();
    session.availabilityChanged('away', since(42));
    const took = (seq: number, type: 'system' | 'agent', from = 'u1', minute = 42) =>
      entry({ seq, kind: 'event', createdAt: since(minute), author: { type, id: null, name: '' }, event: { type: 'unassigned', from, to: null } });
    for (const one of [took(1, 'system'), took(1, 'system'), took(2, 'system'), took(3, 'agent'), took(4, 'system', 'u2'), took(5, 'system', 'u1', 3)]) session.wentBack(one);
    expect(session.changed?.returned).toBe(2);
  });

  it('is told after a reload too, until it is seen', async () => {
    await available();
    const reloaded = new Session();
    reloaded.adopt(me('away', 42));
    expect(reloaded.changed).toMatchObject({ status: 'away', before: 'available', since: since(42) });
    reloaded.acceptChange();
    const again = new Session();
    again.adopt(me('away', 42));
    expect(again.changed).toBeNull();
  });

  it('chosen in another tab says nothing here', async () => {
    const [one, other] = [await available(), new Session()];
    other.adopt(me('available', 1));
    server('away', 5);
    await one.setAvailability('away');
    other.availabilityChanged('away', since(5));
    expect([other.me?.availability.status, other.changed]).toEqual(['away', null]);
  });

  it('an old frame that comes while my choice is on its way changes nothing', async () => {
    const session = await available();
    server('offline', 9);
    const done = session.setAvailability('offline');
    session.availabilityChanged('away', since(8));
    await done;
    expect([session.me?.availability.status, session.changed]).toEqual(['offline', null]);
  });

  it('a choice that the server refuses leaves the notice', async () => {
    const session = await available();
    session.availabilityChanged('away', since(42));
    vi.spyOn(globalThis, 'fetch').mockImplementation(() => Promise.resolve(new Response(JSON.stringify({ error: { code: 'x', message: 'no' } }), { status: 403 })));
    await expect(session.setAvailability('available')).rejects.toThrow('no');
    expect(session.changed).toMatchObject({ status: 'away', before: 'available' });
  });
});
