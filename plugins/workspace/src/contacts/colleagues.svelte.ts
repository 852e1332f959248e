/** Names of colleagues, as far as one may know them: all users, else the members of one's inboxes. */
import { all } from '../api/client';
import { toApiError } from '../api/errors';
import type { Member, User } from '../api/types';
import { may } from '../lib/permissions';
import { session } from '../live/session.svelte';

class Colleagues {
  names = $state.raw<Map<string, string>>(new Map());
  loaded = $state(false);
  #of: string | null = null;

  load(): void {
    const me = session.me;
    if (!me || this.#of === me.user.id) return;
    this.#of = me.user.id;
    this.names = new Map([[me.user.id ?? '', me.user.name]]);
    this.loaded = false;
    const users = session.any(may.users, may.seats, may.inboxes)
      ? all('/users').then((found) => found.filter((u) => u.active).map((u): [string, string] => [u.id, u.name]))
      : Promise.all(me.inboxes.map((inbox) => all(`/inboxes/${inbox.id}/members`))).then((found) => found.flat().map((m): [string, string] => [m.userId, m.name]));
    users.then(
      (found) => {
        this.names = new Map([...this.names, ...found]);
        this.loaded = true;
      },
      (reason: unknown) => {
        this.#of = null; // asked again by the next page that needs it
        console.info('Colleagues could not be loaded:', toApiError(reason).message);
      }
    );
  }

  /** The choices of a field, mine first. */
  choices(): { id: string; name: string }[] {
    const me = session.me?.user.id;
    return [...this.names].map(([id, name]) => ({ id, name })).sort((a, b) => Number(b.id === me) - Number(a.id === me) || a.name.localeCompare(b.name));
  }
}

export const colleagues = new Colleagues();
