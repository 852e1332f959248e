// Between the loader on the site's page and the frame on the public origin. Both name the other's exact origin and
// check origin and source of what comes in; neither can read the other's page.
import type { Identity, Page } from './types.ts';

export type Attributes = Record<string, string | number | boolean>;

export type ToFrame =
  | { type: 'init'; language: string; page: Page; identity: Identity | null; attributes: Attributes; open: boolean }
  | { type: 'open'; focus: boolean }
  | { type: 'close' }
  | { type: 'identify'; identity: Identity }
  | { type: 'attributes'; attributes: Attributes }
  | { type: 'page'; page: Page }
  | { type: 'shutdown' };

export type ToPage =
  | { type: 'hello' } // the frame's script runs; it wants init
  | { type: 'ready' }
  | { type: 'close' } // Esc or the close button
  | { type: 'unread'; count: number }
  | { type: 'message' } // something new from our side; never its text
  | { type: 'history' } // this visitor has a conversation: make the frame on the next page, too
  | { type: 'error'; text: string }
  | { type: 'gone' }; // shutdown is done

/** Marks our messages among whatever else pages post. */
export interface Envelope<T> {
  usher: string; // the account
  message: T;
}
