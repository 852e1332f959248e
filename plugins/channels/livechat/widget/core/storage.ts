// The frame's own partitioned storage, one name space per account. Refused or full storage is no error: the chat then
// lives as long as the page.

export interface KeyValue {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  readonly length: number;
  key(index: number): string | null;
}

export class Memory implements KeyValue {
  private values_ = new Map<string, string>();
  get length() {
    return this.values_.size;
  }
  key(index: number) {
    return [...this.values_.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.values_.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    this.values_.set(key, value);
  }
  removeItem(key: string) {
    this.values_.delete(key);
  }
}

export function browserStorage(): KeyValue {
  try {
    const probe = 'usher:probe';
    localStorage.setItem(probe, '1');
    localStorage.removeItem(probe);
    return localStorage;
  } catch {
    return new Memory();
  }
}

export class Store {
  readonly prefix: string;

  constructor(
    private values_: KeyValue,
    account: string,
  ) {
    this.prefix = `usher:${account}:`;
  }

  get(key: string): string {
    return this.values_.getItem(this.prefix + key) ?? '';
  }

  set(key: string, value: string): void {
    try {
      if (value === '') this.values_.removeItem(this.prefix + key);
      else this.values_.setItem(this.prefix + key, value);
    } catch {
      // Full: what is on screen stays right, a reload will not find it.
    }
  }

  getJson<T>(key: string): T | null {
    try {
      return JSON.parse(this.get(key) || 'null') as T | null;
    } catch {
      return null;
    }
  }

  keys(start: string): string[] {
    const found: string[] = [];
    for (let index = 0; index < this.values_.length; index++) {
      const key = this.values_.key(index);
      if (key?.startsWith(this.prefix + start)) found.push(key.slice(this.prefix.length));
    }
    return found.sort();
  }

  clear(): void {
    for (const key of this.keys('')) this.set(key, '');
  }
}
