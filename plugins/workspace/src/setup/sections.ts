/** The set-up sections and what each needs; sections a user may not use are absent. */
import { may } from '../lib/permissions';
import { session } from '../live/session.svelte';

export interface Section {
  id: string;
  href: string;
  label: string;
  permissions: string[];
}

export const sections: Section[] = [
  { id: 'inboxes', href: '/settings/inboxes', label: 'settings.inboxes', permissions: [may.inboxes] },
  { id: 'channels', href: '/settings/channels', label: 'settings.channels', permissions: [may.channels] },
  { id: 'plugins', href: '/settings/plugins', label: 'settings.plugins', permissions: [may.plugins] },
  { id: 'users', href: '/settings/users', label: 'settings.users', permissions: [may.users] },
  { id: 'roles', href: '/settings/roles', label: 'settings.roles', permissions: [may.roles, may.users] },
  { id: 'api-keys', href: '/settings/api-keys', label: 'settings.apikeys', permissions: [may.apiKeys] }
];

/** Sets this inbox up: everybody's with the permission, one's own as its admin. */
export const maySetUp = (inboxId: string): boolean =>
  session.can(may.inboxes) || (session.me?.inboxes.some((x) => x.id === inboxId && x.role === 'admin') ?? false);

export const maySee = (section: Section): boolean =>
  session.any(...section.permissions) || (section.id === 'inboxes' && (session.me?.inboxes.some((x) => maySetUp(x.id)) ?? false));

export const firstSettings = (): string | null => sections.find(maySee)?.href ?? null;
