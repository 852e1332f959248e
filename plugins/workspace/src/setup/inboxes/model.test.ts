import { describe, expect, it } from 'vitest';
import type { Inbox } from '../../api/types';
import { changes, toBody, toForm } from './model';

const inbox: Partial<Inbox> = {
  name: 'Support', description: null, email: null, isDefault: false, color: '#1f53b8', icon: 'inbox',
  assignmentRules: { type: 'round_robin', fallbackUserId: null, onlyAvailable: true, workingHours: null, advanced: { enabled: true, owner: false, previousAgent: true } },
  workingHours: { enabled: true, timezone: 'Europe/Berlin', schedule: { monday: { start: '09:00', end: '17:00' }, tuesday: [{ start: '09:00', end: '12:00' }, { start: '13:00', end: '17:00' }], sunday: null }, holidays: ['2026-12-25'] },
  outsideHoursMessage: null,
  autoResponder: { enabled: true, message: 'Hi', delaySeconds: 5, conditions: { outsideWorkingHours: true, weekend: true } as { outsideWorkingHours: boolean } },
  routingRules: [
    { condition: { url: { contains: '/pricing' } }, inboxId: 'i2' },
    { condition: { message: { contains: ['buy', 'offer'] } }, inboxId: 'i2' },
    { condition: { userAttribute: { key: 'plan', value: 'enterprise', unverified: true } }, inboxId: 'i3' },
    { condition: { language: 'es' } as object, inboxId: 'i4' }
  ]
};

describe('the inbox form', () => {
  it('changes nothing by being opened', () => {
    expect(changes(toForm(inbox, 'UTC'), toForm(inbox, 'UTC'), inbox)).toEqual({});
  });

  it('sends only the top-level members that changed, each whole', () => {
    const form = toForm(inbox, 'UTC');
    form.name = 'Help';
    form.hours.schedule.monday = [];
    const sent = changes(form, toForm(inbox, 'UTC'), inbox);
    expect(Object.keys(sent)).toEqual(['name', 'workingHours']);
    expect(sent.workingHours).toMatchObject({ timezone: 'Europe/Berlin', holidays: ['2026-12-25'], schedule: { monday: null, tuesday: [{ start: '09:00', end: '12:00' }, { start: '13:00', end: '17:00' }] } });
  });

  it('keeps what it does not know: other members and other conditions', () => {
    const body = toBody(toForm(inbox, 'UTC'), inbox);
    expect(body.assignmentRules).toMatchObject({ advanced: { enabled: true } });
    expect(body.autoResponder).toMatchObject({ conditions: { weekend: true, outsideWorkingHours: true } });
    expect(body.routingRules).toEqual(inbox.routingRules);
  });

  it('clears an optional text with null', () => {
    const form = toForm({ ...inbox, description: 'old' }, 'UTC');
    form.description = ' ';
    expect(changes(form, toForm({ ...inbox, description: 'old' }, 'UTC'), inbox)).toEqual({ description: null });
  });
});
