/** What an agent does to a conversation: shown at once, taken back with a word when the server refuses. */
import { post, put, patch } from '../api/client';
import { toApiError } from '../api/errors';
import type { Conversation, ConversationStatus, Priority } from '../api/types';
import { t } from '../lib/i18n.svelte';
import { fullTime } from '../lib/time';
import { may } from '../lib/permissions';
import { toasts } from '../lib/toast.svelte';
import { entities } from '../live/entities.svelte';
import { session } from '../live/session.svelte';
import type { MenuItem } from '../ui/Menu.svelte';

const allowed: Record<ConversationStatus, ConversationStatus[]> = {
  unanswered: ['active', 'waiting', 'solved', 'closed'],
  active: ['waiting', 'solved', 'closed'],
  waiting: ['active', 'solved', 'closed'],
  solved: ['active', 'closed'],
  closed: ['active']
};

export const nextStatuses = (status: ConversationStatus): ConversationStatus[] => allowed[status];

/** Why this person cannot answer here; null when they can. */
export function readOnlyReason(c: Conversation): string | null {
  if (!session.me?.user.seat) return t('composer.noseat');
  if (c.status === 'closed') return t('composer.closed');
  if (!session.any(may.reply, may.noteWrite)) return t('composer.noright');
  return null;
}

/** An agent here: raises the shared read mark only as assignee, or while nobody is. */
export function marksRead(c: Conversation): boolean {
  const me = session.me?.user.id;
  return session.can(may.reply) && (c.assigneeId === me || c.assigneeId === null);
}

/** Another's conversation needs the right to assign; one's own is handed over with the right to transfer. */
export function mayAssign(c: Conversation): boolean {
  if (c.status === 'closed') return false;
  return session.can(may.assignOthers) || (c.assigneeId === session.me?.user.id && session.can(may.transferAgent));
}

async function change(c: Conversation, shown: Partial<Conversation>, send: () => Promise<Conversation>): Promise<boolean> {
  try {
    await entities.optimistic(c.id, shown, send);
    return true;
  } catch (reason) {
    const error = toApiError(reason);
    toasts.error(error.offline ? t('error.notsaved') : error.message);
    return false;
  }
}

export function setStatus(c: Conversation, status: ConversationStatus, snoozeUntil: string | null = null): Promise<boolean> {
  const body = snoozeUntil ? { status, snoozeUntil } : { status };
  return change(c, { status, snoozeUntil }, () => put(`/conversations/${c.id}/status`, body));
}

export function setPriority(c: Conversation, priority: Priority): Promise<boolean> {
  return change(c, { priority }, () => patch(`/conversations/${c.id}`, { priority }));
}

export function setTags(c: Conversation, tags: string[]): Promise<boolean> {
  return change(c, { tags }, () => put(`/conversations/${c.id}/tags`, { tags }));
}

export function claim(c: Conversation): Promise<boolean> {
  const me = session.me?.user;
  if (!me) return Promise.resolve(false);
  return change(c, { assigneeId: me.id, assigneeName: me.name }, () => post(`/conversations/${c.id}/claim`));
}

export function assign(c: Conversation, userId: string | null, name: string | null): Promise<boolean> {
  return change(c, { assigneeId: userId, assigneeName: name }, () => post(`/conversations/${c.id}/assign`, { userId }));
}

/** Says so when it is done: the conversation may leave the list, or go where one cannot see it. */
export async function handOver(c: Conversation, userId: string | null, name: string | null): Promise<void> {
  const mine = c.assigneeId === session.me?.user.id;
  const done = await assign(c, userId, name);
  if (done && mine && !session.can(may.assignOthers)) toasts.ok(name ? t('action.handedover', { name }) : t('action.givenback'));
}

/** In an hour, this evening, tomorrow at nine. */
export function snoozeTimes(now = new Date()): { label: string; at: Date }[] {
  const hour = new Date(now.getTime() + 3_600_000);
  const tomorrow = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1, 9);
  const week = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 7, 9);
  return [
    { label: 'snooze.hour', at: hour },
    { label: 'snooze.tomorrow', at: tomorrow },
    { label: 'snooze.week', at: week }
  ];
}

export function snoozeItems(c: Conversation, after: () => void = () => {}): MenuItem[] {
  return snoozeTimes().map(({ label, at }) => ({
    label: t(label),
    hint: fullTime(at),
    run: () => {
      void setStatus(c, 'waiting', at.toISOString());
      after();
    }
  }));
}

export function statusItems(c: Conversation): MenuItem[] {
  return [
    ...nextStatuses(c.status).map((status) => ({ label: t(`action.${status}`), run: () => void setStatus(c, status) })),
    ...(nextStatuses(c.status).includes('waiting') ? snoozeItems(c).map((item, i) => ({ ...item, apart: i === 0 })) : [])
  ];
}
