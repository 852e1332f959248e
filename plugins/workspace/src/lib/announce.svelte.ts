/** One polite voice for screen readers: at most one sentence every two seconds, the newest wins. */
class Announcer {
  text = $state('');
  #waiting: string | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;

  say(sentence: string): void {
    if (this.#timer) {
      this.#waiting = sentence;
      return;
    }
    this.text = sentence;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const next = this.#waiting;
      this.#waiting = null;
      if (next) this.say(next);
      else this.text = '';
    }, 2000);
  }
}

export const announcer = new Announcer();
