/** The shapes of the API as the workspace uses them, named here and defined by the generated schema. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Me = Schemas['Me'];
export type Availability = Me['availability']['status'];
export type InboxRole = Me['inboxes'][number]['role'];
export type Conversation = Schemas['ConversationView'];
export type ConversationStatus = Conversation['status'];
export type Priority = Conversation['priority'];
export type Entry = Schemas['EntryView'];
export type AuthorType = Entry['author']['type'];
export type MessageStatus = NonNullable<Entry['status']>;
/** One that was just uploaded has no state yet. */
export type Attachment = Omit<Schemas['AttachmentView'], 'state'> & Partial<Pick<Schemas['AttachmentView'], 'state'>>;
export type Contact = Schemas['ContactView'];
export type User = Schemas['User'];
export type Role = Schemas['Role'];
export type Permission = Schemas['PermissionInfo'];
export type ApiKey = Schemas['ApiKey'];
export type Inbox = Schemas['Inbox'];
/** What of an inbox can be written. */
export type InboxInput = Schemas['InboxInput'];
export type Member = Schemas['MemberView'];
export type Account = Schemas['Account'];
export type Channel = Schemas['Channel'];
export type Plugin = Schemas['Plugin'];
export type Counts = Schemas['ConversationCounts'];

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];
export interface TimeRange {
  start: string;
  end: string;
}
export type WorkingHours = NonNullable<Inbox['workingHours']>;
export type RoutingRule = NonNullable<Inbox['routingRules']>[number];

/** A frame of the live stream. */
export interface Frame {
  type: string;
  cursor?: string;
  at?: string;
  version?: number;
  data?: {
    id?: string;
    conversation?: Conversation;
    contact?: { id: string; name: string; version: number };
    entry?: Entry;
    conversationId?: string;
    author?: { type: AuthorType; id: string; name: string };
    userId?: string;
    status?: Availability;
    [key: string]: unknown;
  };
}
