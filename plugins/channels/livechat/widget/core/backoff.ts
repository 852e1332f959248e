// When to try again: 0.5 s doubling to 30 s with full jitter, for ever.

export const kFirstDelayMs = 500;
export const kLastDelayMs = 30_000;

/** @param attempt 0 for the first failure; @param random in [0, 1). Never below 100 ms, so a refusal is no busy loop. */
export function delayFor(attempt: number, random: number): number {
  const ceiling = Math.min(kLastDelayMs, kFirstDelayMs * 2 ** Math.min(attempt, 10));
  return Math.max(100, Math.round(ceiling * random));
}
