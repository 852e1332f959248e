/** A week among the settings: seven days, each a list of spans; it is drawn as the grid that inboxes have. */
import { weekdays, type TimeRange, type Weekday } from '../../api/types';
import { isObject, typeOf, type Json, type Schema } from './schema';

export function isWeek(schema: Schema): boolean {
  const days = schema.properties ?? {};
  return (
    Object.keys(days).length === 7 &&
    weekdays.every((day) => {
      const span = days[day]?.items?.properties;
      return days[day] && typeOf(days[day]) === 'array' && span?.start && span.end && Object.keys(span).length === 2;
    })
  );
}

/** null for what the grid cannot show, such as a span until 24:00. */
export function asWeek(value: Json | undefined): Record<Weekday, TimeRange[]> | null {
  const out = Object.fromEntries(weekdays.map((day) => [day, [] as TimeRange[]])) as Record<Weekday, TimeRange[]>;
  if (value === undefined) return out;
  if (!isObject(value)) return null;
  for (const day of weekdays) {
    const spans = value[day] ?? [];
    if (!Array.isArray(spans)) return null;
    for (const span of spans) {
      if (!isObject(span) || typeof span.start !== 'string' || typeof span.end !== 'string' || span.end === '24:00') return null;
      out[day].push({ start: span.start, end: span.end });
    }
  }
  return out;
}
