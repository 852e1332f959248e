import { error, redirect } from '@sveltejs/kit';
import { firstSettings } from '../../../setup/sections';

export async function load({ parent }: { parent: () => Promise<unknown> }): Promise<never> {
  await parent();
  const first = firstSettings();
  if (!first) error(403, 'Nothing to set up.');
  redirect(307, first);
}
