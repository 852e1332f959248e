/** Drafts: one per conversation and tab, kept on this machine, never swapped. */
import { SvelteMap } from 'svelte/reactivity';
import type { Attachment } from '../../api/types';
import { load, save } from '../../lib/store';
import { session } from '../../live/session.svelte';

export type ComposerTab = 'reply' | 'note';

export interface Draft {
  text: string;
  attachments: Attachment[];
  /** Newest seq when the writing began: what colleagues answered since is shown before sending. */
  sinceSeq: number | null;
}

const none: Draft = { text: '', attachments: [], sinceSeq: null };

class Drafts {
  #drafts = new SvelteMap<string, Draft>();
  /** Which tab is open per conversation, for this visit. */
  tabs = new SvelteMap<string, ComposerTab>();
  /** Moves when text was given back: the composer takes the focus. */
  focusWanted = $state(0);

  #name(conversationId: string, tab: ComposerTab): string {
    return `draft.${session.me?.user.id ?? 'nobody'}.${conversationId}.${tab}`;
  }

  of(conversationId: string, tab: ComposerTab): Draft {
    const name = this.#name(conversationId, tab);
    return this.#drafts.get(name) ?? load<Draft>(name, none);
  }

  set(conversationId: string, tab: ComposerTab, change: Partial<Draft>): void {
    const name = this.#name(conversationId, tab);
    const draft = { ...this.of(conversationId, tab), ...change };
    const empty = draft.text === '' && draft.attachments.length === 0;
    this.#drafts.set(name, empty ? none : draft);
    save(name, empty ? null : draft);
  }

  /** Undone, failed or dropped text comes back in front of what was written meanwhile. */
  giveBack(conversationId: string, tab: ComposerTab, text: string, attachments: Attachment[]): void {
    const now = this.of(conversationId, tab);
    const known = new Set(now.attachments.map((a) => a.id));
    this.set(conversationId, tab, {
      text: [text, now.text].filter(Boolean).join('\n'),
      attachments: [...attachments.filter((a) => !known.has(a.id)), ...now.attachments]
    });
    this.tabs.set(conversationId, tab);
    this.focusWanted += 1;
  }
}

export const drafts = new Drafts();
