/**
 * One connection to the live stream: connect, resume, ping, reset, back off for ever.
 * A plain state machine; what it needs from the browser is handed in.
 */
import type { Frame } from '../api/types';
import { Cursor } from './cursor';

export type SocketState = 'idle' | 'connecting' | 'open' | 'waiting';

export interface Wire {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  send(text: string): void;
  close(): void;
}

export interface SocketHooks {
  connect(after: string | null): Wire;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(timer: unknown): void;
  random(): number;
  /** `resumed`: the stream goes on where it was; otherwise everything on screen has to be loaded. */
  onReady(resumed: boolean): void;
  onFrame(frame: Frame): void;
  /** The cursor was refused, or my rights changed. */
  onReset(): void;
  onState(state: SocketState): void;
  /** The connection was refused before it opened; true if there is still a session. */
  stillSignedIn(): Promise<boolean>;
  onSignedOut(): void;
}

export const firstDelay = 500;
export const longestDelay = 30_000;
export const pingEvery = 20_000;

export class LiveSocket {
  state: SocketState = 'idle';
  readonly cursor = new Cursor();
  #wire: Wire | null = null;
  #retry: unknown = null;
  #ping: unknown = null;
  #unanswered = 0;
  #attempt = 0;
  #resuming = false;
  #resets = 0;

  constructor(private readonly hooks: SocketHooks) {}

  start(): void {
    if (this.state === 'idle') this.#open();
  }

  stop(): void {
    this.#drop();
    this.#clear('retry');
    this.#to('idle');
  }

  /** The network came back or the tab became visible: do not wait for the timer. */
  retryNow(): void {
    if (this.state !== 'waiting') return;
    this.#clear('retry');
    this.#attempt = 0;
    this.#open();
  }

  /** Never queued: without a connection it is simply not said. */
  say(frame: { type: string; conversationId?: string }): void {
    if (this.state === 'open') this.#wire?.send(JSON.stringify(frame));
  }

  #open(): void {
    this.#to('connecting');
    const after = this.cursor.value;
    this.#resuming = after !== null;
    const wire = this.hooks.connect(after);
    this.#wire = wire;
    let opened = false;
    wire.onopen = () => {
      opened = true;
    };
    wire.onmessage = (event) => {
      if (this.#wire === wire) this.#receive(event.data);
    };
    wire.onclose = (event) => {
      if (this.#wire !== wire) return;
      this.#drop();
      void this.#closed(opened && event.code !== 4401);
    };
  }

  #receive(data: unknown): void {
    let frame: Frame;
    try {
      frame = JSON.parse(String(data)) as Frame;
    } catch (reason) {
      console.warn('A live frame was not JSON:', (reason as Error).message);
      return;
    }
    if (frame.type === 'pong') {
      this.#unanswered = 0;
    } else if (frame.type === 'ready') {
      this.cursor.ready(frame.cursor);
      this.#attempt = 0;
      this.#resets = 0;
      this.#unanswered = 0;
      this.#to('open');
      this.#schedulePing();
      this.hooks.onReady(this.#resuming);
    } else if (frame.type === 'reset') {
      this.cursor.reset();
      this.#drop();
      this.hooks.onReset();
      // A fresh connection without a cursor answers "ready", and after it the screen is loaded anew.
      this.#resets += 1;
      if (this.#resets === 1) this.#open();
      else this.#wait();
    } else {
      this.#unanswered = 0;
      this.hooks.onFrame(frame);
      this.cursor.applied(frame.cursor);
    }
  }

  async #closed(hadOpened: boolean): Promise<void> {
    this.#wait();
    if (hadOpened && this.#attempt <= 1) return;
    if (!(await this.hooks.stillSignedIn())) {
      this.stop();
      this.hooks.onSignedOut();
    }
  }

  #wait(): void {
    const ceiling = Math.min(longestDelay, firstDelay * 2 ** this.#attempt);
    this.#attempt += 1;
    this.#to('waiting');
    this.#clear('retry');
    this.#retry = this.hooks.setTimer(() => this.#open(), Math.round(ceiling * this.hooks.random()));
  }

  #schedulePing(): void {
    this.#clear('ping');
    this.#ping = this.hooks.setTimer(() => {
      if (this.#unanswered >= 2) {
        this.#drop();
        this.#wait();
        return;
      }
      this.#unanswered += 1;
      this.say({ type: 'ping' });
      this.#schedulePing();
    }, pingEvery);
  }

  #drop(): void {
    this.#clear('ping');
    const wire = this.#wire;
    this.#wire = null;
    if (wire) {
      wire.onmessage = null;
      wire.onclose = null;
      wire.close();
    }
  }

  #clear(which: 'retry' | 'ping'): void {
    const timer = which === 'retry' ? this.#retry : this.#ping;
    if (timer !== null) this.hooks.clearTimer(timer);
    if (which === 'retry') this.#retry = null;
    else this.#ping = null;
  }

  #to(state: SocketState): void {
    if (this.state === state) return;
    this.state = state;
    this.hooks.onState(state);
  }
}
