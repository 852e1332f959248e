/** Up to where I looked at each conversation that I opened: my own mark, kept on this machine. */
import { load, save } from '../../lib/store';
import { session } from '../../live/session.svelte';

type Marks = [conversationId: string, seq: number][];
const most = 1000;
const name = () => `looked.${session.me?.user.id ?? 'nobody'}`;

/** null: never opened here. */
export function lookedAt(conversationId: string): number | null {
  return load<Marks>(name(), []).find(([id]) => id === conversationId)?.[1] ?? null;
}

/** The conversations looked at last stand last; of too many the first are forgotten. */
export function lookAt(conversationId: string, seq: number): void {
  const marks = load<Marks>(name(), []);
  const before = marks.find(([id]) => id === conversationId)?.[1] ?? -1;
  if (before >= seq) return;
  save(name(), [...marks.filter(([id]) => id !== conversationId), [conversationId, seq]].slice(-most));
}
