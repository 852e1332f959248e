/** Joins the parts: the leading tab's socket, the entity cache, presence, outbox, and what pages reload on. */
import { base, call, get, post } from '../api/client';
import { toApiError } from '../api/errors';
import type { Entry, Frame, Me } from '../api/types';
import { load, save } from '../lib/store';
import { entities } from './entities.svelte';
import { Outbox } from './outbox.svelte';
import { presence } from './presence.svelte';
import { session } from './session.svelte';
import { LiveSocket, type SocketState, type Wire } from './socket';
import { Tabs } from './tabs';

type TabMessage =
  | { kind: 'frame'; frame: Frame }
  | { kind: 'state'; state: SocketState }
  | { kind: 'reset' }
  | { kind: 'hello' }
  | { kind: 'say'; frame: { type: string; conversationId?: string } };

class Live {
  state = $state<SocketState>('idle');
  /** Since when there is no connection. */
  downSince = $state<number | null>(null);
  /** Moves when pages have to load what they show: after the first "ready" and after every reset. */
  generation = $state(0);
  #socket: LiveSocket | null = null;
  #tabs: Tabs | null = null;
  #entryListeners = new Set<(entry: Entry) => void>();
  #contactListeners = new Set<(contactId: string) => void>();
  #pendingReset = false;

  onEntry(listener: (entry: Entry) => void): () => void {
    this.#entryListeners.add(listener);
    return () => this.#entryListeners.delete(listener);
  }

  /** A contact was changed: by a colleague, or by what a channel told. */
  onContact(listener: (contactId: string) => void): () => void {
    this.#contactListeners.add(listener);
    return () => this.#contactListeners.delete(listener);
  }

  start(me: Me): () => void {
    this.#tabs = new Tabs(`usher-live-${me.user.id}`, {
      lead: () => this.#lead(),
      heard: (message) => this.#heard(message as TabMessage)
    });
    this.#tabs.tell({ kind: 'hello' });
    const wake = () => {
      if (document.hidden) return;
      this.#socket?.retryNow();
      outbox.flush();
    };
    const stored = (event: StorageEvent) => {
      if (event.key === `usher.${outboxName()}`) outbox.follow(new Set(load<{ key: string }[]>(outboxName(), []).map((i) => i.key)));
    };
    addEventListener('online', wake);
    addEventListener('storage', stored);
    document.addEventListener('visibilitychange', wake);
    outbox.restore();
    return () => {
      removeEventListener('online', wake);
      removeEventListener('storage', stored);
      document.removeEventListener('visibilitychange', wake);
      this.#socket?.stop();
      this.#socket = null;
      this.#tabs?.close();
      this.#tabs = null;
      this.state = 'idle';
      this.downSince = null;
      this.generation = 0;
      outbox.clear();
      entities.clear();
      presence.clear();
    };
  }

  say(frame: { type: string; conversationId?: string }): void {
    if (this.#socket) this.#socket.say(frame);
    else this.#tabs?.tell({ kind: 'say', frame });
  }

  retryNow(): void {
    this.#socket?.retryNow();
  }

  #lead(): void {
    this.#socket = new LiveSocket({
      connect: (after) => {
        const url = new URL(`${base}/realtime`, location.href);
        url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
        if (after) url.searchParams.set('after', after);
        return new WebSocket(url) as unknown as Wire;
      },
      setTimer: (run, ms) => setTimeout(run, ms),
      clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
      random: Math.random,
      onReady: (resumed) => this.#ready(resumed),
      onFrame: (frame) => {
        this.#apply(frame);
        this.#tabs?.tell({ kind: 'frame', frame });
      },
      onReset: () => {
        this.#reset();
        this.#tabs?.tell({ kind: 'reset' });
      },
      onState: (state) => {
        this.#to(state);
        this.#tabs?.tell({ kind: 'state', state });
      },
      stillSignedIn: async () => {
        try {
          await call('/me', { anonymous: true });
          return true;
        } catch (reason) {
          return toApiError(reason).status !== 401;
        }
      },
      onSignedOut: () => {
        session.lost = true;
      }
    });
    this.#socket.start();
  }

  #heard(message: TabMessage): void {
    if (message.kind === 'frame') this.#apply(message.frame);
    else if (message.kind === 'reset') {
      this.#reset();
    } else if (message.kind === 'state') {
      const before = this.state;
      this.#to(message.state);
      if (message.state === 'open' && before !== 'open') this.#ready(this.generation > 0);
    } else if (message.kind === 'hello' && this.#socket) this.#tabs?.tell({ kind: 'state', state: this.state });
    else if (message.kind === 'say') this.#socket?.say(message.frame);
  }

  #to(state: SocketState): void {
    this.state = state;
    if (state === 'open' || state === 'idle') this.downSince = null;
    else this.downSince ??= Date.now();
  }

  #ready(resumed: boolean): void {
    if (!resumed || this.generation === 0 || this.#pendingReset) {
      this.#pendingReset = false;
      entities.reset();
      this.generation += 1;
    }
    outbox.flush();
  }

  #reset(): void {
    this.#pendingReset = true;
    get('/me').then(
      (me) => session.adopt(me),
      (reason: unknown) => console.warn('The session could not be read after a reset:', toApiError(reason).message)
    );
  }

  #apply(frame: Frame): void {
    const data = frame.data;
    if (!data) return;
    if (frame.type === 'conversation.gone' && data.id) {
      entities.remove(data.id);
      return;
    }
    if (frame.type === 'typing' || frame.type === 'viewing') {
      const me = session.me?.user.id;
      if (data.conversationId && data.author && !(data.author.type === 'agent' && data.author.id === me)) {
        presence.heard(frame.type, data.conversationId, data.author);
      }
      return;
    }
    if (frame.type === 'agent.availability' && data.userId === session.me?.user.id && data.status) {
      session.availabilityChanged(data.status, frame.at);
    }
    if (frame.type === 'contact.updated' && data.contact) {
      entities.rename(data.contact);
      for (const listener of this.#contactListeners) listener(data.contact.id);
    }
    if (data.conversation) entities.put(data.conversation);
    if (data.entry) {
      const entry = data.entry;
      outbox.seen(entry);
      session.wentBack(entry);
      if (entry.kind === 'message') presence.wrote(entry.conversationId, entry.author.type, entry.author.id);
      entities.putEntry(entry);
      for (const listener of this.#entryListeners) listener(entry);
    }
  }
}

const outboxName = () => `outbox.${session.me?.user.id ?? 'nobody'}`;

export const outbox = new Outbox({
  send: (item) =>
    item.kind === 'note'
      ? post(`/conversations/${item.conversationId}/notes`, { text: item.text }, item.key)
      : post(
          `/conversations/${item.conversationId}/messages`,
          { text: item.text, ...(item.attachments.length ? { attachmentIds: item.attachments.map((a) => a.id) } : {}) },
          item.key
        ),
  sent: (entry) => {
    entities.putEntry(entry);
  },
  keep: (items) => save(outboxName(), items.length ? items : null),
  restore: () => load(outboxName(), []),
  setTimer: (run, ms) => setTimeout(run, ms),
  myId: () => session.me?.user.id ?? null
});

export const live = new Live();
