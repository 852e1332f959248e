/** Dates and durations as people read them. */
import { texts } from './i18n.svelte';

const cache = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${texts.region}:${name}`;
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(texts.region, options);
    cache.set(key, found);
  }
  return found;
}

export const clockTime = (at: string | number | Date): string =>
  format('clock', { hour: '2-digit', minute: '2-digit' }).format(new Date(at));

export const fullTime = (at: string | number | Date): string =>
  format('full', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));

export const dayKey = (at: string): string => {
  const d = new Date(at);
  return `${d.getFullYear()}-${d.getMonth()}-${d.getDate()}`;
};

export function dayName(at: string, now = Date.now()): string {
  const date = new Date(at);
  const today = new Date(now);
  const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((midnight(today) - midnight(date)) / 86_400_000);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(texts.region, { numeric: 'auto' }).format(-days, 'day');
    return word.charAt(0).toLocaleUpperCase(texts.region) + word.slice(1);
  }
  if (date.getFullYear() === today.getFullYear()) {
    return format('day', { weekday: 'long', day: 'numeric', month: 'long' }).format(date);
  }
  return format('year', { day: 'numeric', month: 'long', year: 'numeric' }).format(date);
}

/** In a list: the time today, the weekday this week, else the date. */
export function shortTime(at: string, now = Date.now()): string {
  const date = new Date(at);
  if (dayKey(at) === dayKey(new Date(now).toISOString())) return clockTime(at);
  if (now - date.getTime() < 6 * 86_400_000) return format('weekday', { weekday: 'short' }).format(date);
  if (date.getFullYear() === new Date(now).getFullYear()) return format('short', { day: 'numeric', month: 'short' }).format(date);
  return format('shortYear', { day: 'numeric', month: 'short', year: '2-digit' }).format(date);
}

export function fileSize(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(texts.region, {
    style: 'unit', unit: units[unit], unitDisplay: 'short', maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0
  }).format(value);
}
