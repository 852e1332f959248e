/** What a contact is called. A visitor nobody knows has only a long random address, which is no name to anybody. */
import type { Contact } from '../api/types';
import { t } from '../lib/i18n.svelte';

const random = /^anon-[0-9a-f]{16,}$/;

export function nameOf(name: string | null | undefined, address: string): string {
  const known = name && name !== address ? name : address;
  if (random.test(known)) return t('contact.visitor', { mark: known.slice(-4).toUpperCase() });
  return known || t('contact.unnamed');
}

export const contactName = (contact: { name: string; address: string }): string => nameOf(contact.name, contact.address);

/** The address, where a person can do something with it. */
export const shownAddress = (address: string): string => (random.test(address) ? '' : address);

/** The same of a whole contact, who may have several addresses or none. */
export const fullName = (contact: Contact): string => nameOf(contact.name, contact.identities[0]?.address ?? contact.name);
