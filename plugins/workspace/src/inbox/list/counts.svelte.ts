/** The unread and open figures: always the server's, asked for again shortly after anything moved. */
import { get } from '../../api/client';
import { toApiError } from '../../api/errors';
import type { Counts } from '../../api/types';
import { entities } from '../../live/entities.svelte';
import { live } from '../../live/live.svelte';

class CountsStore {
  value = $state.raw<Counts | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;

  get unread(): number {
    return (this.value?.mine.unread ?? 0) + (this.value?.unassigned.unread ?? 0);
  }

  start(): () => void {
    const stop = entities.onChange(() => this.#soon());
    const root = $effect.root(() => {
      $effect(() => {
        if (live.generation > 0) void this.#load();
      });
    });
    return () => {
      stop();
      root();
      if (this.#timer) clearTimeout(this.#timer);
      this.#timer = null;
      this.value = null;
    };
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#load();
    }, 700);
  }

  async #load(): Promise<void> {
    try {
      this.value = await get('/conversations/counts');
    } catch (reason) {
      console.info('The counts could not be read:', toApiError(reason).message);
    }
  }
}

export const counts = new CountsStore();
