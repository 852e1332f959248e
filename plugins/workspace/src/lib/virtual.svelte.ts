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
      this.core.setOptions(full());
      this.core._willUpdate();
      this.#bump();
    });
    $effect(() => {
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
