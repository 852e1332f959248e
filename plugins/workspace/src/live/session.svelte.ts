/** Who I am here, what I may do, and whether I am available. */
import { get, post, put, serverNow, setCsrfToken, whenSignedOut } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Availability, Entry, Me } from '../api/types';
import { load, save } from '../lib/store';

type State = Me['availability'];

/** My availability is not what I chose. */
export interface Changed {
  status: Availability;
  since: string | null;
  /** What it was: one click goes back there. */
  before: Availability;
  /** Heard only later: no browser was connected then. */
  absent: boolean;
  /** How many of my conversations went back to the queue since, as far as the stream told. */
  returned: number;
}

/** What is told within this time was told at once. */
const atOnceMs = 5_000;
const moment = (at: string | null): number => (at === null ? 0 : Date.parse(at));

export class Session {
  me = $state.raw<Me | null>(null);
  /** The session ended while pages were open (revoked, expired). */
  lost = $state(false);
  error = $state.raw<ApiError | null>(null);
  changed = $state.raw<Changed | null>(null);
  /** Changes of mine that are on their way, and what was heard meanwhile. */
  #asking = 0;
  #heard: State | null = null;
  #returned = new Set<string>();
  #permissions = $derived(new Set(this.me?.permissions ?? []));

  constructor() {
    whenSignedOut(() => {
      if (this.me) this.lost = true;
    });
  }

  adopt(me: Me): void {
    setCsrfToken(me.csrfToken);
    this.error = null;
    this.lost = false;
    const before = this.me?.user.id === me.user.id ? this.me.availability : null;
    this.me = me;
    if (this.#asking === 0) this.#compare(before);
  }

  /** After giving the password: what I chose the last time has ended with that session. */
  signedIn(me: Me): void {
    save(`chosen.${me.user.id}`, null);
    this.adopt(me);
  }

  /** True when somebody is signed in. */
  async load(): Promise<boolean> {
    try {
      this.adopt(await get('/me'));
      return true;
    } catch (reason) {
      const error = toApiError(reason);
      if (error.status !== 401) {
        this.error = error;
        throw error;
      }
      return false;
    }
  }

  can(permission: string): boolean {
    return this.#permissions.has(permission);
  }

  any(...permissions: string[]): boolean {
    return permissions.some((p) => this.#permissions.has(p));
  }

  async setAvailability(status: Availability): Promise<void> {
    const me = this.me;
    if (!me) return;
    const before = me.availability;
    const chosen = this.#chosen();
    this.me = { ...me, availability: { status, since: new Date().toISOString() } };
    this.#choose(this.me.availability);
    this.#asking += 1;
    try {
      const availability = await put('/me/availability', { status });
      if (this.me) this.me = { ...this.me, availability };
      this.#choose(availability);
      this.changed = null;
    } catch (reason) {
      if (this.me) this.me = { ...this.me, availability: before };
      this.#choose(chosen);
      throw toApiError(reason);
    } finally {
      this.#asking -= 1;
      const heard = this.#heard;
      if (this.#asking === 0 && heard) {
        this.#heard = null;
        this.availabilityChanged(heard.status, heard.since ?? undefined);
      }
    }
  }

  /** It is seen and stays so. */
  acceptChange(): void {
    if (this.me) this.#choose(this.me.availability);
    this.changed = null;
  }

  /** A conversation that the system took from me while I am not available. */
  wentBack(entry: Entry): void {
    const change = this.changed;
    if (!change || change.status === 'available' || this.#returned.has(entry.id)) return;
    if (entry.event?.type !== 'unassigned' || entry.author.type !== 'system' || entry.event.from !== this.me?.user.id) return;
    if (moment(entry.createdAt) < moment(change.since)) return;
    this.#returned.add(entry.id);
    this.changed = { ...change, returned: this.#returned.size };
  }

  /** What was chosen in this browser, in any of its tabs. */
  #chosen(): State | null {
    return this.me ? load<State | null>(`chosen.${this.me.user.id}`, null) : null;
  }

  #choose(state: State | null): void {
    if (this.me) save(`chosen.${this.me.user.id}`, state);
  }

  /** Says so where my availability is neither what it was nor what I chose. */
  #compare(before: State | null): void {
    const now = this.me?.availability;
    if (!now) return;
    const chosen = this.#chosen();
    const known = chosen ?? before;
    if (!known || known.status === now.status) {
      this.changed = null;
      return;
    }
    if (this.changed?.status === now.status || moment(now.since) < moment(known.since)) return;
    this.#returned.clear();
    this.changed = { status: now.status, since: now.since, before: known.status, absent: serverNow() - moment(now.since) > atOnceMs, returned: 0 };
  }

  /** Told by the live stream (another tab, a supervisor, a rule). */
  availabilityChanged(status: Availability, at = new Date().toISOString()): void {
    const me = this.me;
    if (!me) return;
    if (this.#asking > 0) {
      this.#heard = { status, since: at };
      return;
    }
    const before = me.availability;
    if (before.status === status || moment(at) < moment(before.since)) return; // an echo, or older than what is known
    this.me = { ...me, availability: { status, since: at } };
    this.#compare(before);
  }

  async signOut(): Promise<void> {
    await post('/auth/logout');
    this.#choose(null);
    this.forget();
  }

  forget(): void {
    this.me = null;
    this.lost = false;
    this.changed = null;
    setCsrfToken(null);
  }
}

export const session = new Session();
