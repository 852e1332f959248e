/** Small things kept on this machine. A browser that refuses storage only forgets; it never breaks. */

export function load<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`usher.${key}`);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch (reason) {
    console.info(`Usher: "${key}" could not be read:`, (reason as Error).message);
    return otherwise;
  }
}

/** True if it was kept. */
export function save(key: string, value: unknown): boolean {
  try {
    if (value === null || value === undefined) localStorage.removeItem(`usher.${key}`);
    else localStorage.setItem(`usher.${key}`, JSON.stringify(value));
    return true;
  } catch (reason) {
    console.info(`Usher: "${key}" could not be kept:`, (reason as Error).message);
    return false;
  }
}

export function saveText(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`usher.${key}`);
    else localStorage.setItem(`usher.${key}`, value);
  } catch (reason) {
    console.info(`Usher: "${key}" could not be kept:`, (reason as Error).message);
  }
}

export function loadText(key: string): string | null {
  try {
    return localStorage.getItem(`usher.${key}`);
  } catch (reason) {
    console.info(`Usher: "${key}" could not be read:`, (reason as Error).message);
    return null;
  }
}

export function keysWith(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((k) => k.startsWith(`usher.${prefix}`)).map((k) => k.slice(6));
  } catch (reason) {
    console.info('Usher: storage could not be listed:', (reason as Error).message);
    return [];
  }
}
