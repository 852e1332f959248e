/** A contact as a form and back: only what differs is sent. */
import type { Contact } from '../api/types';
import { shownAddress } from '../inbox/contact';

export const textFields = ['name', 'email', 'phone', 'company', 'notes'] as const;
export type TextField = (typeof textFields)[number];

export interface ContactForm extends Record<TextField, string> {
  ownerId: string;
  tags: string[];
  attributes: { key: string; text: string }[];
}

/** What of a contact can be written. */
export type ContactInput = Partial<Omit<Contact, 'id' | 'identities' | 'createdAt' | 'version'>>;

export const shownValue = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export function toForm(contact: Contact | null): ContactForm {
  return {
    // A name that is only a random address is none.
    name: shownAddress(contact?.name ?? ''),
    email: contact?.email ?? '',
    phone: contact?.phone ?? '',
    company: contact?.company ?? '',
    notes: contact?.notes ?? '',
    ownerId: contact?.ownerId ?? '',
    tags: [...(contact?.tags ?? [])],
    attributes: Object.entries(contact?.attributes ?? {}).map(([key, value]) => ({ key, text: shownValue(value) }))
  };
}

function attributesOf(form: ContactForm, before: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const { key, text } of form.attributes) {
    const name = key.trim();
    if (name === '') continue;
    // What was a number or a list stays one while nobody touched it.
    out[name] = name in before && shownValue(before[name]) === text ? before[name] : text;
  }
  return out;
}

/** The members to send: of a new contact all that say something, else those that changed. */
export function changesOf(form: ContactForm, contact: Contact | null): ContactInput {
  const start = toForm(contact);
  const out: ContactInput = {};
  for (const name of textFields) {
    const value = form[name].trim();
    if (value === start[name]) continue;
    if (name === 'name') out.name = value;
    else out[name] = value === '' ? null : value;
  }
  if (form.ownerId !== start.ownerId) out.ownerId = form.ownerId || null;
  if (form.tags.join('\n') !== start.tags.join('\n')) out.tags = form.tags;
  const before = contact?.attributes ?? {};
  const attributes = attributesOf(form, before);
  if (JSON.stringify(attributes) !== JSON.stringify(before)) out.attributes = attributes;
  return out;
}
