/** Texts: catalogues are JSON files fetched when needed; numbers and dates come from Intl. */
import { IntlMessageFormat } from 'intl-messageformat';

const files = import.meta.glob('../../texts/*.json', { query: '?url', import: 'default', eager: true }) as Record<string, string>;
const addresses: Record<string, string> = {};
for (const [path, url] of Object.entries(files)) addresses[path.replace(/^.*\/(.+)\.json$/, '$1')] = url;

export const languages = Object.keys(addresses).sort();

type Catalogue = Record<string, string>;
export type Values = Record<string, string | number | Date | null | undefined>;

export class Texts {
  locale = $state('en');
  /** The browser's own variant of that language: en-GB writes times otherwise than en-US. */
  region = $derived(typeof navigator === 'undefined' ? this.locale : (navigator.languages.find((x) => x.toLowerCase().split('-')[0] === this.locale) ?? this.locale));
  #catalogue = $state.raw<Catalogue>({});
  #fallback: Catalogue = {};
  #formats = new Map<string, IntlMessageFormat>();

  use(locale: string, catalogue: Catalogue, fallback: Catalogue = catalogue): void {
    this.#formats.clear();
    this.#fallback = fallback;
    this.#catalogue = catalogue;
    this.locale = locale;
  }

  get(key: string, values?: Values): string {
    const text = this.#catalogue[key] ?? this.#fallback[key];
    if (text === undefined) return key;
    if (!text.includes('{')) return text;
    let format = this.#formats.get(key);
    if (!format) {
      format = new IntlMessageFormat(text, this.locale, undefined, { ignoreTag: true });
      this.#formats.set(key, format);
    }
    return String(format.format(values as Record<string, string>));
  }

  has(key: string): boolean {
    return key in this.#catalogue || key in this.#fallback;
  }
}

export const texts = new Texts();

export function t(key: string, values?: Values): string {
  return texts.get(key, values);
}

/** The chosen language, else the first of the browser's that we have, else English. */
export function preferredLanguage(): string {
  const wanted = [stored(), ...navigator.languages].filter((x): x is string => !!x);
  for (const tag of wanted) {
    const short = tag.toLowerCase().split('-')[0] ?? '';
    if (languages.includes(short)) return short;
  }
  return 'en';
}

function stored(): string | null {
  try {
    return localStorage.getItem('usher.language');
  } catch (reason) {
    console.info('No storage for the language:', (reason as Error).message);
    return null;
  }
}

async function fetchCatalogue(language: string): Promise<Catalogue> {
  const response = await fetch(addresses[language] ?? '');
  if (!response.ok) throw new Error(`Texts for "${language}" could not be loaded (HTTP ${response.status}).`);
  return (await response.json()) as Catalogue;
}

export async function loadTexts(language = preferredLanguage()): Promise<void> {
  const [wanted, english] = await Promise.all([
    fetchCatalogue(language),
    language === 'en' ? Promise.resolve(null) : fetchCatalogue('en')
  ]);
  texts.use(language, wanted, english ?? wanted);
  document.documentElement.lang = language;
}
