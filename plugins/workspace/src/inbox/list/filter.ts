/** What a list shows, how the server is asked for it, and whether a conversation belongs in it. */
import type { Query } from '../../api/client';
import type { Conversation, ConversationStatus } from '../../api/types';

export const views = ['mine', 'all', 'unassigned'] as const;
export type View = (typeof views)[number];
export const tabs = ['all', 'active', 'unanswered', 'closed'] as const;
export type Tab = (typeof tabs)[number];

export interface Filter {
  view: View;
  tab: Tab;
  unread: boolean;
  q: string;
}

const statuses: Record<Tab, ConversationStatus[]> = {
  all: [],
  active: ['active', 'waiting'],
  unanswered: ['unanswered'],
  closed: ['solved', 'closed']
};

export function readFilter(view: string, params: URLSearchParams): Filter {
  const tab = params.get('tab') ?? 'all';
  return {
    view: (views as readonly string[]).includes(view) ? (view as View) : 'mine',
    tab: (tabs as readonly string[]).includes(tab) ? (tab as Tab) : 'all',
    unread: params.get('unread') === '1',
    q: params.get('q') ?? ''
  };
}

/** The address of a list, with or without an open conversation; only what differs from the plain view is written. */
export function href(filter: Filter, id?: string | null): string {
  const params = new URLSearchParams();
  if (filter.tab !== 'all') params.set('tab', filter.tab);
  if (filter.unread) params.set('unread', '1');
  if (filter.q) params.set('q', filter.q);
  const text = params.toString();
  return `/inbox/${filter.view}${id ? `/${encodeURIComponent(id)}` : ''}${text ? `?${text}` : ''}`;
}

export function query(filter: Filter): Query {
  return {
    status: statuses[filter.tab],
    assigneeId: filter.view === 'mine' ? 'me' : filter.view === 'unassigned' ? 'none' : null,
    unread: filter.unread ? true : null,
    q: filter.q.trim() || null
  };
}

/** A search matches what the server says; of what arrives live only the name and address can be judged here. */
export function belongs(filter: Filter, c: Conversation, me: string, known: boolean): boolean {
  if (filter.view === 'mine' && c.assigneeId !== me) return false;
  if (filter.view === 'unassigned' && c.assigneeId !== null) return false;
  const allowed = statuses[filter.tab];
  if (allowed.length > 0 && !allowed.includes(c.status)) return false;
  if (filter.unread && c.unreadCount === 0) return false;
  const q = filter.q.trim().toLowerCase();
  if (q && !known) {
    const text = `${c.contact.name} ${c.contact.address} ${c.lastMessage?.text ?? ''}`.toLowerCase();
    return text.includes(q);
  }
  return true;
}

/** Newest activity first; the id breaks ties so that the order never flickers. */
export function newestFirst(a: Conversation, b: Conversation): number {
  return b.lastActivityAt < a.lastActivityAt ? -1 : b.lastActivityAt > a.lastActivityAt ? 1 : a.id < b.id ? 1 : a.id > b.id ? -1 : 0;
}
