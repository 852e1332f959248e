// Working hours of the account, computed in the browser from the server's clock: are we there, and when are we back?
import type { Hours, Slot, Weekday } from './types.ts';

const kDays: Weekday[] = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const kMinute = 60_000;
const kDay = 24 * 60 * kMinute;

interface Local {
  year: number;
  month: number;
  day: number;
  minutes: number;
}

function localTime(at: number, timezone: string): Local {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  });
  const parts: Record<string, number> = {};
  for (const part of format.formatToParts(at)) parts[part.type] = Number(part.value);
  return { year: parts.year!, month: parts.month!, day: parts.day!, minutes: parts.hour! * 60 + parts.minute! };
}

function minutesOf(clock: string): number {
  const [hour, minute] = clock.split(':').map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
}

function slotsOf(hours: Hours, local: Local): Slot[] {
  const pad = (value: number) => String(value).padStart(2, '0');
  if (hours.holidays.includes(`${local.year}-${pad(local.month)}-${pad(local.day)}`)) return [];
  const weekday = kDays[new Date(Date.UTC(local.year, local.month - 1, local.day)).getUTCDay()]!;
  return hours.schedule[weekday] ?? [];
}

/** The moment at which the wall clock of the zone shows this; twice, for the days on which the offset changes. */
function momentOf(local: Local, minutes: number, timezone: string): number {
  const wanted = Date.UTC(local.year, local.month - 1, local.day) + minutes * kMinute;
  let guess = wanted;
  for (let round = 0; round < 2; round++) {
    const shown = localTime(guess, timezone);
    guess += wanted - (Date.UTC(shown.year, shown.month - 1, shown.day) + shown.minutes * kMinute);
  }
  return guess;
}

/** A time zone that this browser does not know counts as none set: better open than shut for ever. */
export function known(hours: Hours | null): Hours | null {
  try {
    if (hours) localTime(0, hours.timezone);
    return hours;
  } catch {
    console.error(`Usher: no such time zone: ${hours?.timezone}`);
    return null;
  }
}

export function isOpen(hours: Hours | null, now: number): boolean {
  if (!hours) return true;
  const local = localTime(now, hours.timezone);
  return slotsOf(hours, local).some((slot) => local.minutes >= minutesOf(slot.start) && local.minutes < minutesOf(slot.end));
}

/** The next opening within 30 days, else null. */
export function nextOpening(hours: Hours | null, now: number): number | null {
  if (!hours) return null;
  const today = localTime(now, hours.timezone);
  const midnight = Date.UTC(today.year, today.month - 1, today.day);
  for (let day = 0; day <= 30; day++) {
    const date = new Date(midnight + day * kDay);
    const local: Local = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), minutes: 0 };
    const openings = slotsOf(hours, local)
      .map((slot) => momentOf(local, minutesOf(slot.start), hours.timezone))
      .filter((moment) => moment > now)
      .sort((one, other) => one - other);
    if (openings[0] !== undefined) return openings[0];
  }
  return null;
}
