import { loadTexts } from '../lib/i18n.svelte';

export const ssr = false;
export const prerender = false;

let ready: Promise<void> | null = null;

export async function load(): Promise<void> {
  ready ??= loadTexts();
  try {
    await ready;
  } catch (reason) {
    ready = null;
    throw reason;
  }
}
