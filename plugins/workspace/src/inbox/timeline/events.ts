/** A badge in words. Unknown events still say who and when. */
import type { Entry } from '../../api/types';
import { t, texts } from '../../lib/i18n.svelte';

const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export function eventText(entry: Entry): string {
  const event = entry.event;
  const who = entry.author.name || t('author.system');
  if (!event) return t('event.unknown', { who });
  const word = (prefix: string, value: unknown) => (texts.has(`${prefix}.${String(value)}`) ? t(`${prefix}.${String(value)}`) : String(value ?? ''));
  switch (event.type) {
    case 'status_changed':
      return t('event.status', { who, to: word('status', event.to) });
    case 'assigned':
      return event.userId === entry.author.id && entry.author.type === 'agent'
        ? t('event.claimed', { who })
        : entry.author.type === 'system'
          ? t('event.assigned.routing', { name: String(event.userName ?? event.to ?? '') })
          : t('event.assigned', { who, name: String(event.userName ?? event.to ?? '') });
    case 'unassigned':
      return t('event.unassigned', { who });
    case 'tags_changed': {
      const added = list(event.added);
      const removed = list(event.removed);
      if (added.length && removed.length) return t('event.tags.both', { who, added: added.join(', '), removed: removed.join(', ') });
      if (removed.length) return t('event.tags.removed', { who, tags: removed.join(', ') });
      return t('event.tags.added', { who, tags: added.join(', ') });
    }
    case 'priority_changed':
      return t('event.priority', { who, to: word('priority', event.to) });
    case 'conversation_created':
      return t('event.created', { who });
    case 'routed':
      return t('event.routed', { to: String(event.inboxName ?? event.userName ?? event.to ?? '') });
    default:
      return t('event.other', { who, type: String(event.type).replaceAll('_', ' ') });
  }
}
