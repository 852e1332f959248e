/** Who I am here, what I may do, and whether I am available. */
import { get, post, put, setCsrfToken, whenSignedOut } from '../api/client';
import { toApiError, type ApiError } from '../api/errors';
import type { Availability, Me } from '../api/types';

class Session {
  me = $state.raw<Me | null>(null);
  /** The session ended while pages were open (revoked, expired). */
  lost = $state(false);
  error = $state.raw<ApiError | null>(null);
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
    this.me = me;
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
    this.me = { ...me, availability: { status, since: new Date().toISOString() } };
    try {
      const availability = await put('/me/availability', { status });
      if (this.me) this.me = { ...this.me, availability };
    } catch (reason) {
      if (this.me) this.me = { ...this.me, availability: before };
      throw toApiError(reason);
    }
  }

  /** Told by the live stream (another tab, a supervisor, a rule). */
  availabilityChanged(status: Availability): void {
    if (this.me && this.me.availability.status !== status) {
      this.me = { ...this.me, availability: { status, since: new Date().toISOString() } };
    }
  }

  async signOut(): Promise<void> {
    await post('/auth/logout');
    this.forget();
  }

  forget(): void {
    this.me = null;
    this.lost = false;
    setCsrfToken(null);
  }
}

export const session = new Session();
