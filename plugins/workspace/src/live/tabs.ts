/**
 * One socket per browser: whoever holds the lock leads, the others hear its frames over a channel.
 * When the leader goes, the browser hands the lock to the next tab. Without locks (plain http in a
 * local network) every tab leads itself.
 */
export interface Peer {
  lead(): void;
  heard(message: unknown): void;
}

export class Tabs {
  #channel: BroadcastChannel | null = null;
  #release: (() => void) | null = null;
  #stop = new AbortController();
  leading = false;

  constructor(name: string, private readonly peer: Peer) {
    if (typeof BroadcastChannel === 'undefined' || !navigator.locks) {
      this.leading = true;
      queueMicrotask(() => peer.lead());
      return;
    }
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = (event) => peer.heard(event.data);
    navigator.locks
      .request(name, { signal: this.#stop.signal }, () => {
        this.leading = true;
        peer.lead();
        return new Promise<void>((resolve) => {
          this.#release = resolve;
        });
      })
      .catch((reason: unknown) => {
        if ((reason as Error).name !== 'AbortError') throw reason;
      });
  }

  tell(message: unknown): void {
    this.#channel?.postMessage(message);
  }

  close(): void {
    this.#stop.abort();
    this.#release?.();
    this.#channel?.close();
    this.#channel = null;
    this.leading = false;
  }
}
