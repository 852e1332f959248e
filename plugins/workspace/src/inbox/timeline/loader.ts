/** Brings a conversation and its timeline from the server into the cache. */
import { call, get } from '../../api/client';
import { toApiError } from '../../api/errors';
import type { Conversation, Entry } from '../../api/types';
import { entities } from '../../live/entities.svelte';

const pageSize = 50;

/** The conversation and its newest page; a gap to what is shown never stays. */
export async function loadConversation(id: string): Promise<void> {
  const timeline = entities.timeline(id);
  const [conversation, newest] = await Promise.all([
    get(`/conversations/${encodeURIComponent(id)}`),
    call(`/conversations/${encodeURIComponent(id)}/timeline`, { query: { limit: pageSize } })
  ]);
  entities.put(conversation);
  const first = newest.data[0]?.seq ?? 0;
  // Frames that came meanwhile are newer than the page and stay; older pages stay only if they join it.
  const arrived = timeline.entries.filter((e) => e.seq > (newest.data[newest.data.length - 1]?.seq ?? 0));
  const joins = timeline.loaded && timeline.entries.some((e) => e.seq >= first) && timeline.entries.some((e) => e.seq < first);
  const kept = joins ? timeline.entries.filter((e) => e.seq < first) : [];
  timeline.replace([...kept, ...newest.data, ...arrived], joins ? timeline.older : newest.nextCursor);
}

/** True when a page came. */
export async function loadOlder(id: string): Promise<boolean> {
  const timeline = entities.timeline(id);
  if (!timeline.older) return false;
  const answer = await call(`/conversations/${encodeURIComponent(id)}/timeline`, { query: { limit: pageSize, before: timeline.older } });
  timeline.apply(answer.data);
  timeline.older = answer.nextCursor;
  return answer.data.length > 0;
}

/** Entries between what is here and a frame that came out of line. */
export async function fillGap(id: string, after: number): Promise<void> {
  try {
    const answer = await call(`/conversations/${encodeURIComponent(id)}/timeline`, { query: { limit: 200, after } });
    entities.timeline(id).apply(answer.data);
  } catch (reason) {
    console.info('A gap in a timeline could not be filled:', toApiError(reason).message);
  }
}
