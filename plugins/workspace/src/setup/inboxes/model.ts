/** An inbox as a form and back: only what was changed is sent, unknown members survive. */
import { weekdays, type Inbox, type InboxInput, type RoutingRule, type TimeRange, type Weekday, type WorkingHours } from '../../api/types';

export interface RuleForm {
  key: number;
  kind: 'url' | 'message' | 'attribute' | 'other';
  /** A part of the address, or keywords separated by commas, or the attribute's value. */
  text: string;
  attribute: string;
  inboxId: string;
  original: RoutingRule['condition'];
}

export interface InboxForm {
  name: string;
  description: string;
  email: string;
  color: string;
  icon: string;
  isDefault: boolean;
  assignment: { type: string; fallbackUserId: string; onlyAvailable: boolean };
  hours: { enabled: boolean; timezone: string; schedule: Record<Weekday, TimeRange[]>; holidays: string[] };
  outsideHoursMessage: string;
  responder: { enabled: boolean; message: string; delaySeconds: number; outsideWorkingHours: boolean };
  rules: RuleForm[];
}

let nextKey = 1;

function ranges(value: TimeRange | TimeRange[] | null | undefined): TimeRange[] {
  if (!value) return [];
  return (Array.isArray(value) ? value : [value]).map((r) => ({ start: r.start, end: r.end }));
}

function ruleForm(rule: RoutingRule): RuleForm {
  const c = rule.condition;
  const base = { key: nextKey++, text: '', attribute: '', inboxId: rule.inboxId, original: rule.condition };
  const only = Object.keys(rule.condition).length === 1;
  if (only && typeof c.url?.contains === 'string') return { ...base, kind: 'url', text: c.url.contains };
  if (only && Array.isArray(c.message?.contains)) return { ...base, kind: 'message', text: c.message.contains.join(', ') };
  if (only && c.userAttribute?.key !== undefined) {
    return { ...base, kind: 'attribute', attribute: c.userAttribute.key, text: String(c.userAttribute.value ?? '') };
  }
  return { ...base, kind: 'other', text: JSON.stringify(rule.condition) };
}

export function emptyRule(inboxId: string): RuleForm {
  return { key: nextKey++, kind: 'url', text: '', attribute: '', inboxId, original: {} };
}

export function toForm(inbox: Partial<Inbox>, localZone: string): InboxForm {
  const hours = inbox.workingHours;
  return {
    name: inbox.name ?? '',
    description: inbox.description ?? '',
    email: inbox.email ?? '',
    color: inbox.color ?? '#1f53b8',
    icon: inbox.icon ?? 'inbox',
    isDefault: inbox.isDefault ?? false,
    assignment: {
      type: inbox.assignmentRules?.type ?? 'round_robin',
      fallbackUserId: inbox.assignmentRules?.fallbackUserId ?? '',
      onlyAvailable: inbox.assignmentRules?.onlyAvailable ?? true
    },
    hours: {
      enabled: hours?.enabled ?? false,
      timezone: hours?.timezone ?? localZone,
      schedule: Object.fromEntries(weekdays.map((d) => [d, ranges(hours?.schedule?.[d])])) as Record<Weekday, TimeRange[]>,
      holidays: [...(hours?.holidays ?? [])]
    },
    outsideHoursMessage: inbox.outsideHoursMessage ?? '',
    responder: {
      enabled: inbox.autoResponder?.enabled ?? false,
      message: inbox.autoResponder?.message ?? '',
      delaySeconds: inbox.autoResponder?.delaySeconds ?? 0,
      outsideWorkingHours: inbox.autoResponder?.conditions?.outsideWorkingHours ?? false
    },
    rules: (inbox.routingRules ?? []).map(ruleForm)
  };
}

function ruleBody(rule: RuleForm): RoutingRule {
  const text = rule.text.trim();
  const condition: RoutingRule['condition'] =
    rule.kind === 'url'
      ? { url: { contains: text } }
      : rule.kind === 'message'
        ? { message: { contains: text.split(',').map((w) => w.trim()).filter(Boolean) } }
        : rule.kind === 'attribute'
          ? { userAttribute: { unverified: false, ...rule.original.userAttribute, key: rule.attribute.trim(), value: text } }
          : rule.original;
  return { condition, inboxId: rule.inboxId };
}

function hoursBody(form: InboxForm): WorkingHours {
  const schedule: WorkingHours['schedule'] = {};
  for (const day of weekdays) {
    const list = form.hours.schedule[day];
    schedule[day] = list.length === 0 ? null : list.length === 1 ? (list[0] ?? null) : list;
  }
  return { enabled: form.hours.enabled, timezone: form.hours.timezone.trim(), schedule, holidays: form.hours.holidays };
}

/** The whole inbox as the API takes it. */
export function toBody(form: InboxForm, original: Partial<Inbox>): InboxInput & { name: string } {
  return {
    name: form.name.trim(),
    description: form.description.trim() || null,
    email: form.email.trim() || null,
    color: form.color,
    icon: form.icon,
    isDefault: form.isDefault,
    assignmentRules: {
      ...original.assignmentRules,
      type: form.assignment.type,
      fallbackUserId: form.assignment.fallbackUserId || null,
      onlyAvailable: form.assignment.onlyAvailable
    },
    workingHours: { ...original.workingHours, ...hoursBody(form) },
    outsideHoursMessage: form.outsideHoursMessage.trim() || null,
    autoResponder: {
      ...original.autoResponder,
      enabled: form.responder.enabled,
      message: form.responder.message,
      delaySeconds: form.responder.delaySeconds,
      conditions: { ...original.autoResponder?.conditions, outsideWorkingHours: form.responder.outsideWorkingHours }
    },
    routingRules: form.rules.map(ruleBody)
  };
}

/** Only the members that differ from what the form started with. */
export function changes(form: InboxForm, started: InboxForm, original: Partial<Inbox>): InboxInput {
  const now = toBody(form, original);
  const before = toBody(started, original);
  return Object.fromEntries(Object.entries(now).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key as keyof InboxInput])));
}
