/** Files on their way up, per conversation: progress, cancel, retry. */
import { toApiError } from '../../api/errors';
import { upload, type Upload } from '../../api/upload';
import { drafts, type ComposerTab } from './drafts.svelte';

export interface Pending {
  id: number;
  file: File;
  fraction: number;
  error: string | null;
}

export class Uploads {
  items = $state<Pending[]>([]);
  #calls = new Map<number, Upload>();
  #next = 1;

  constructor(private readonly conversationId: string, private readonly tab: ComposerTab = 'reply') {}

  get busy(): boolean {
    return this.items.some((i) => i.error === null);
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const id = this.#next++;
      this.items = [...this.items, { id, file, fraction: 0, error: null }];
      void this.#run(id, file);
    }
  }

  retry(id: number): void {
    const item = this.items.find((i) => i.id === id);
    if (!item) return;
    this.#change(id, { error: null, fraction: 0 });
    void this.#run(id, item.file);
  }

  cancel(id: number): void {
    this.#calls.get(id)?.cancel();
    this.items = this.items.filter((i) => i.id !== id);
  }

  async #run(id: number, file: File): Promise<void> {
    const call = upload(file, (fraction) => this.#change(id, { fraction }));
    this.#calls.set(id, call);
    try {
      const attachment = await call.done;
      const draft = drafts.of(this.conversationId, this.tab);
      drafts.set(this.conversationId, this.tab, { attachments: [...draft.attachments, attachment] });
      this.items = this.items.filter((i) => i.id !== id);
    } catch (reason) {
      const error = toApiError(reason);
      if (error.code !== 'cancelled') this.#change(id, { error: error.message });
    } finally {
      this.#calls.delete(id);
    }
  }

  #change(id: number, change: Partial<Pending>): void {
    this.items = this.items.map((i) => (i.id === id ? { ...i, ...change } : i));
  }
}
