/** The shapes of the API as the workspace uses them. */

export type Availability = 'available' | 'away' | 'offline';
export type ConversationStatus = 'unanswered' | 'active' | 'waiting' | 'solved' | 'closed';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type MessageStatus =
  | 'received' | 'scheduled' | 'held' | 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'unknown' | 'undone';
export type InboxRole = 'agent' | 'admin' | 'viewer';

export interface Me {
  user: { id: string; name: string; email: string; roles: string[]; seat: boolean };
  space: { id: string; name: string };
  permissions: string[];
  inboxes: { id: string; name: string; role: InboxRole }[];
  availability: { status: Availability; since: string | null };
  csrfToken: string | null;
  publicUrl: string;
  undoWindowSeconds: number;
  build: string;
}

export interface Conversation {
  id: string;
  inboxId: string;
  accountId: string;
  channel: string;
  contactId: string;
  contact: { id: string; name: string; address: string };
  status: ConversationStatus;
  priority: Priority;
  subject: string | null;
  assigneeId: string | null;
  assigneeName: string | null;
  teamIds: string[];
  participantIds: string[];
  tags: string[];
  lastMessage: { text: string; direction: 'inbound' | 'outbound'; at: string; authorType: AuthorType } | null;
  unreadCount: number;
  readSeq: number;
  lastSeq: number;
  snoozeUntil: string | null;
  capabilities: { attachments: boolean; typing: boolean; readReceipts: boolean; maxTextLength: number };
  attributes: Record<string, unknown>;
  createdAt: string;
  updatedAt: string;
  lastActivityAt: string;
  version: number;
}

export type AuthorType = 'contact' | 'agent' | 'bot' | 'system';

export interface Attachment {
  id: string;
  name: string;
  mimeType: string;
  sizeBytes: number;
  state?: 'ready' | 'fetching' | 'failed';
  inline: boolean;
}

export interface EntryEvent {
  type: string;
  from?: unknown;
  to?: unknown;
  userId?: string | null;
  userName?: string | null;
  [key: string]: unknown;
}

export interface Entry {
  id: string;
  conversationId: string;
  seq: number;
  kind: 'message' | 'note' | 'event';
  createdAt: string;
  version: number;
  author: { type: AuthorType; id: string | null; name: string };
  direction?: 'inbound' | 'outbound';
  text?: string;
  attachments?: Attachment[];
  status?: MessageStatus;
  failure?: { code: string; text: string };
  heldUntil?: string;
  providerTime?: string;
  replyToId?: string;
  event?: EntryEvent;
}

export interface Contact {
  id: string;
  name: string;
  email: string | null;
  phone: string | null;
  company: string | null;
  notes: string | null;
  ownerId: string | null;
  tags: string[];
  attributes: Record<string, unknown>;
  identities: { accountId: string; channel: string; address: string }[];
  createdAt: string;
  version: number;
}

export interface User {
  id: string;
  name: string;
  email: string;
  roles: string[];
  seat: boolean;
  active: boolean;
  invited: boolean;
  availability: { status: Availability };
  online: boolean;
  createdAt: string;
  version: number;
}

export interface Role {
  id: string;
  name: string;
  description: string;
  default: boolean;
  permissions: string[];
}

export interface Permission {
  id: string;
  module: string;
  title: string;
  description: string;
  needsSeat: boolean;
  needsBase: boolean;
}

export interface ApiKey {
  id: string;
  name: string;
  roles: string[];
  prefix: string;
  createdAt: string;
  lastUsedAt: string | null;
  key?: string;
}

export interface TimeRange {
  start: string;
  end: string;
}

export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export type Weekday = (typeof weekdays)[number];

export interface WorkingHours {
  enabled: boolean;
  timezone: string;
  schedule: Partial<Record<Weekday, TimeRange | TimeRange[] | null>>;
  holidays?: string[];
}

export interface RoutingRule {
  condition: Record<string, unknown>;
  inboxId: string;
}

export interface Inbox {
  id: string;
  spaceId: string;
  name: string;
  description: string | null;
  email: string | null;
  isDefault: boolean;
  color: string | null;
  icon: string | null;
  assignmentRules: {
    type: string;
    fallbackUserId?: string | null;
    onlyAvailable?: boolean;
    [key: string]: unknown;
  } | null;
  workingHours: WorkingHours | null;
  outsideHoursMessage: string | null;
  autoResponder: {
    enabled: boolean;
    message?: string;
    delaySeconds?: number;
    conditions?: { outsideWorkingHours?: boolean; [key: string]: unknown };
  } | null;
  routingRules: RoutingRule[] | null;
  forwardingAddress?: string | null;
  memberCount: number;
  createdAt: string;
  version: number;
}

export interface Member {
  userId: string;
  name: string;
  email: string;
  role: InboxRole;
  availability: Availability;
}

export interface Account {
  id: string;
  channel: string;
  name: string;
  spaceId: string;
  inboxId: string | null;
  enabled: boolean;
  config: Record<string, unknown>;
  state: 'ready' | 'degraded' | 'failed' | 'stopped';
  lastError: string | null;
  source: string | null;
  webhookUrl: string;
}

export interface Channel {
  id: string;
  name: string;
  version: string;
  kind: string;
  capabilities: Record<string, unknown>;
  configSchema: unknown;
  accounts: number;
}

export interface Counts {
  mine: { open: number; unread: number };
  unassigned: { open: number; unread: number };
  all: { open: number; unread: number };
}

/** A frame of the live stream. */
export interface Frame {
  type: string;
  cursor?: string;
  at?: string;
  version?: number;
  data?: {
    id?: string;
    conversation?: Conversation;
    entry?: Entry;
    conversationId?: string;
    author?: { type: AuthorType; id: string; name: string };
    userId?: string;
    status?: Availability;
    [key: string]: unknown;
  };
}
