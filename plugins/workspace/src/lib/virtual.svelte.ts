/** virtual-core for runes: options are read in an effect, a counter moves on every change. */
import {
  elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem, type VirtualizerOptions
} from '@tanstack/virtual-core';
import { untrack } from 'svelte';

type Options = Partial<VirtualizerOptions<HTMLElement, HTMLElement>> &
  Pick<VirtualizerOptions<HTMLElement, HTMLElement>, 'count' | 'getScrollElement' | 'estimateSize'>;

export class VirtualList {
  #version = $state(0);
  readonly core: Virtualizer<HTMLElement, HTMLElement>;

  constructor(options: () => Options) {
    const full = (): VirtualizerOptions<HTMLElement, HTMLElement> => ({
      observeElementRect,
      observeElementOffset,
      scrollToFn: elementScroll,
      ...options(),
      onChange: (instance, sync) => {
        this.#bump();
        untrack(() => options().onChange?.(instance, sync));
      }
    });
    this.core = new Virtualizer(full());
    $effect(() => this.core._didMount());
    $effect.pre(() => {
      // The place is taken from the element itself: its event may still be on the way, and rows put in
      // above would then be held against where it was before, undoing what was scrolled.
      const { scrollElement } = this.core;
      if (scrollElement && this.core['_holdOffset'] === 0 && scrollElement.scrollTop >= 0) this.core.scrollOffset = scrollElement.scrollTop;
      this.core.setOptions(full());
      this.#bump();
    });
    // Only after the rows and the size are in the document: a place written earlier is cut off at the old end.
    $effect(() => {
      void this.#version;
      this.core._willUpdate();
    });
  }

  #bump(): void {
    untrack(() => (this.#version += 1));
  }

  get items(): VirtualItem[] {
    void this.#version;
    return this.core.getVirtualItems();
  }

  get size(): number {
    void this.#version;
    return this.core.getTotalSize();
  }

  /** Use on a row: {@attach list.measure}; the row carries data-index. */
  measure = (node: HTMLElement): (() => void) => {
    this.core.measureElement(node);
    return () => this.core.measureElement(null);
  };
}
