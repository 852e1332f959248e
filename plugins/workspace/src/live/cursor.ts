/**
 * The place in the stream: the cursor of the last frame that was applied.
 * "ready" gives the first one; after that only applied frames move it, so a resume never skips anything.
 */
export class Cursor {
  #value: string | null = null;

  get value(): string | null {
    return this.#value;
  }

  ready(cursor: string | undefined): void {
    if (this.#value === null && cursor) this.#value = cursor;
  }

  applied(cursor: string | undefined): void {
    if (cursor) this.#value = cursor;
  }

  reset(): void {
    this.#value = null;
  }
}
