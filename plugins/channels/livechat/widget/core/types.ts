// What the widget and the plugin say to each other. README.md of the plugin describes the same protocol in words.

export interface Field {
  key: string;
  label: string;
  type: 'text' | 'email' | 'phone' | 'choice' | 'consent';
  required: boolean;
  options: string[];
}

export interface Slot {
  start: string; // "09:00", in the time zone of the hours
  end: string; // "17:00"; "24:00" is midnight
}

export interface Hours {
  timezone: string;
  schedule: Partial<Record<Weekday, Slot[]>>;
  holidays: string[]; // "2026-12-25"
}

export type Weekday = 'sunday' | 'monday' | 'tuesday' | 'wednesday' | 'thursday' | 'friday' | 'saturday';

/** The account's public settings, as the plugin serves them with the loader, the frame and GET config. */
export interface Settings {
  account: string;
  title: string;
  subtitle: string;
  greeting: string;
  offlineText: string;
  accent: { light: string; dark: string }; // the account's colour, readable in either look
  theme: 'system' | 'light' | 'dark';
  position: 'right' | 'left';
  language: string; // "auto" or a language the widget has texts for
  sound: boolean;
  requireIdentity: boolean;
  preChatForm: Field[];
  attachments: { enabled: boolean; maxBytes: number; types: string[] };
  maxTextLength: number;
  workingHours: Hours | null;
  now: number; // the server's clock when this was served, ms since the epoch
}

export interface Attachment {
  id: string;
  name: string;
  mimeType: string;
  sizeBytes: number;
  url: string; // signed and short-lived
  inline: boolean;
}

export interface Entry {
  id: string;
  seq: number;
  direction: 'inbound' | 'outbound'; // as the agents see it: inbound is what the visitor wrote
  author: { type: 'contact' | 'agent' | 'bot' | 'system'; name: string };
  text: string;
  attachments: Attachment[];
  clientId?: string;
  createdAt: string;
  status: string;
}

export type ServerFrame =
  | { type: 'ready'; cursor: string }
  | { type: 'entry'; cursor: string; entry: Entry }
  | { type: 'status'; cursor?: string; id: string; status: string }
  | { type: 'reset' }
  | { type: 'ack'; clientId: string; id: string }
  | { type: 'nack'; clientId: string; code: string; message: string; retryAfterMs?: number }
  | { type: 'typing'; state?: 'started' | 'stopped'; author?: { type: string; name: string } }
  | { type: 'read'; clientId?: string; id?: string }
  | { type: 'closed' }
  | { type: 'pong' };

export interface Page {
  url: string;
  title: string;
}

/** What the visitor, or the page on their behalf, claims about them. Never counted as verified. */
export interface Claims {
  name?: string;
  email?: string;
  phone?: string;
  attributes?: Record<string, string | number | boolean>;
}

export type ClientFrame =
  | { type: 'message'; id: string; text: string; uploadIds?: string[]; page?: Page; visitor?: Claims; sentAt?: string }
  | { type: 'profile'; visitor: Claims }
  | { type: 'typing' }
  | { type: 'read'; id: string } // our message, and everything of ours before it
  | ({ type: 'page' } & Page)
  | { type: 'ping' };

export interface Session {
  token: string; // the visitor's, kept in the frame's partitioned storage
  ticket: string; // for one WebSocket, good for two minutes
  visitor: { id: string; verified: boolean; name?: string; email?: string };
}

/** A proof of who the visitor is, made by the site's server: a signed token, or the plain HMAC of the id. */
export type Identity = { token: string } | { id: string; hash: string; name?: string; email?: string };
