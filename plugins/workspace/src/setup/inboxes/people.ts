/** Whom one can name here: all users, or as an inbox's admin the members of one's inboxes. */
import { all } from '../../api/client';
import type { Member, User } from '../../api/types';
import { may } from '../../lib/permissions';
import { session } from '../../live/session.svelte';

export type Person = Pick<User, 'id' | 'name' | 'email' | 'active'>;

/** Each once, by name. */
export function fromMembers(members: Pick<Member, 'userId' | 'name' | 'email'>[]): Person[] {
  const people = new Map(members.map((m) => [m.userId, { id: m.userId, name: m.name, email: m.email, active: true }]));
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
}

export async function people(): Promise<Person[]> {
  if (session.any(may.users, may.seats, may.inboxes)) return all('/users');
  const mine = session.me?.inboxes ?? [];
  return fromMembers((await Promise.all(mine.map((inbox) => all(`/inboxes/${inbox.id}/members`)))).flat());
}
