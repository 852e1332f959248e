import { error } from '@sveltejs/kit';
import { views } from '../../../../../inbox/list/filter';

export function load({ params }: { params: { view: string } }): void {
  if (!(views as readonly string[]).includes(params.view)) error(404, 'No such view.');
}
