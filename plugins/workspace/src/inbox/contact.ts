/** What a contact is called. A visitor nobody knows has only a long random address, which is no name to anybody. */
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
