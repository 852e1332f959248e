/** A conversation about to begin: to whom, from which account, with what words. It survives closing the dialog. */
import { may } from '../../lib/permissions';
import { session } from '../../live/session.svelte';

export interface Addressee {
  accountId: string;
  to: string;
  name: string;
}

class Beginning {
  open = $state(false);
  accountId = $state('');
  to = $state('');
  /** Of a contact that is known; of another it may be given. */
  known = $state('');
  name = $state('');
  inboxId = $state('');
  text = $state('');

  get allowed(): boolean {
    return session.can(may.start) && session.can(may.reply);
  }

  start(whom?: Addressee): void {
    if (whom) this.choose(whom);
    this.open = true;
  }

  choose(whom: Addressee): void {
    this.accountId = whom.accountId;
    this.to = whom.to;
    this.known = whom.name;
    this.name = '';
  }

  /** The address was written by hand: whose it is nobody knows yet. */
  write(to: string): void {
    this.to = to;
    this.known = '';
  }

  done(): void {
    this.open = false;
    this.accountId = this.to = this.known = this.name = this.inboxId = this.text = '';
  }
}

export const beginning = new Beginning();
