/** One timer per second for the whole page, none while it is hidden. */
import { serverNow } from '../api/client';

class Clock {
  /** The server's time, moved once a second. */
  now = $state(serverNow());
  #timer: ReturnType<typeof setInterval> | null = null;
  #listeners = new Set<() => void>();

  onTick(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  start(): () => void {
    const tick = () => {
      this.now = serverNow();
      for (const listener of this.#listeners) listener();
    };
    const follow = () => {
      if (document.hidden) {
        if (this.#timer) clearInterval(this.#timer);
        this.#timer = null;
      } else if (!this.#timer) {
        tick();
        this.#timer = setInterval(tick, 1000);
      }
    };
    document.addEventListener('visibilitychange', follow);
    follow();
    return () => {
      document.removeEventListener('visibilitychange', follow);
      if (this.#timer) clearInterval(this.#timer);
      this.#timer = null;
    };
  }
}

export const clock = new Clock();
