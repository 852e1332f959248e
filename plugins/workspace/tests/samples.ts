import type { Conversation, Entry } from '../src/api/types';

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    id: 'v1', inboxId: 'i1', accountId: 'a1', channel: 'livechat', contactId: 'c1', contact: { id: 'c1', name: 'Ada', address: 'ada' },
    status: 'active', priority: 'normal', subject: null, assigneeId: null, assigneeName: null, teamIds: [], participantIds: [], tags: [],
    lastMessage: null, unreadCount: 0, readSeq: 0, lastSeq: 0, snoozeUntil: null,
    capabilities: { attachments: true, typing: true, readReceipts: true, maxTextLength: 4000 }, attributes: {},
    previousId: null, createdAt: '2026-01-01T00:00:00Z', updatedAt: '2026-01-01T00:00:00Z', lastActivityAt: '2026-01-01T00:00:00Z', version: 1,
    ...change
  };
}

export function entry(change: Partial<Entry> = {}): Entry {
  const seq = change.seq ?? 1;
  return {
    id: `m${seq}`, conversationId: 'v1', seq, kind: 'message', createdAt: `2026-01-01T10:00:${String(seq).padStart(2, '0')}Z`, version: 1,
    author: { type: 'contact', id: 'c1', name: 'Ada' }, direction: 'inbound', text: `text ${seq}`, attachments: [], status: 'received',
    ...change
  };
}
