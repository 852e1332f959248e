/** Something a set-up page shows: loading, there, or failed. Reloading keeps what is there. */
import { toApiError, type ApiError } from '../api/errors';

export class Resource<T> {
  data = $state.raw<T | null>(null);
  error = $state.raw<ApiError | null>(null);
  loading = $state(false);
  #run = 0;

  constructor(private readonly fetcher: () => Promise<T>) {}

  async load(): Promise<void> {
    const run = ++this.#run;
    this.loading = true;
    try {
      const data = await this.fetcher();
      if (run !== this.#run) return;
      this.data = data;
      this.error = null;
    } catch (reason) {
      if (run === this.#run) this.error = toApiError(reason);
    } finally {
      if (run === this.#run) this.loading = false;
    }
  }
}
