/** The set-up sections and what each needs; sections a user may not use are absent. */
import { may } from '../lib/permissions';

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

export function firstSettings(can: (permission: string) => boolean): string | null {
  return sections.find((s) => s.permissions.some(can))?.href ?? null;
}
