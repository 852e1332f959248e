import { error, redirect } from '@sveltejs/kit';
import { toApiError } from '../../api/errors';
import { session } from '../../live/session.svelte';

export async function load({ url, parent, untrack }): Promise<void> {
  await parent();
  if (session.me) return;
  let known = false;
  try {
    known = await session.load();
  } catch (reason) {
    const fault = toApiError(reason);
    error(fault.status || 503, { message: fault.message, requestId: fault.requestId ?? undefined });
  }
  if (!known) {
    const next = untrack(() => url.pathname + url.search);
    redirect(307, `/login?next=${encodeURIComponent(next)}`);
  }
}
