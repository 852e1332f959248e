/** What can be done to a message after it was sent. */
import { post, remove } from '../../api/client';
import { toApiError } from '../../api/errors';
import type { Entry } from '../../api/types';
import { t } from '../../lib/i18n.svelte';
import { toasts } from '../../lib/toast.svelte';
import { announcer } from '../../lib/announce.svelte';
import { entities } from '../../live/entities.svelte';
import { session } from '../../live/session.svelte';
import { drafts } from '../composer/drafts.svelte';

const path = (e: Entry) => `/conversations/${e.conversationId}/messages/${e.id}` as const;

/** The row's state decides, not the countdown: 200 takes it back, 409 says it is on its way. */
export async function undoMessage(entry: Entry): Promise<void> {
  try {
    const answer = await remove(path(entry));
    entities.putEntry(answer);
    drafts.giveBack(entry.conversationId, 'reply', entry.text ?? '', entry.attachments ?? []);
    announcer.say(t('message.undone'));
  } catch (reason) {
    const error = toApiError(reason);
    toasts.info(error.status === 409 ? t('message.toolate') : error.message);
  }
}

/** The newest message of mine that can still be taken back, here. */
export function lastHeld(conversationId: string): Entry | null {
  const me = session.me?.user.id;
  const held = entities.timelines.get(conversationId)?.entries.filter((e) => e.status === 'held' && e.author.id === me) ?? [];
  return held[held.length - 1] ?? null;
}

export async function retryMessage(entry: Entry): Promise<void> {
  try {
    entities.putEntry(await post(`${path(entry)}/retry`));
  } catch (reason) {
    toasts.error(toApiError(reason).message);
  }
}

export async function markSent(entry: Entry): Promise<void> {
  try {
    entities.putEntry(await post(`${path(entry)}/mark-sent`));
  } catch (reason) {
    toasts.error(toApiError(reason).message);
  }
}

export function copyToComposer(entry: Entry): void {
  drafts.giveBack(entry.conversationId, 'reply', entry.text ?? '', []);
}
