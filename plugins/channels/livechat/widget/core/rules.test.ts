import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delayFor, kLastDelayMs } from './backoff.ts';
import { isOpen, nextOpening } from './hours.ts';
import { kTexts, languageOf } from './texts.ts';
import type { Hours } from './types.ts';
import { problemOf } from '../frame/form.tsx';
import { typeAllowed } from '../frame/uploads.ts';

test('back-off doubles to 30 s with full jitter and is never a busy loop', () => {
  assert.equal(delayFor(0, 0.9999), 500);
  assert.equal(delayFor(3, 0.5), 2000);
  assert.equal(delayFor(40, 0.9999999), kLastDelayMs);
  assert.equal(delayFor(5, 0), 100);
});

const hours: Hours = {
  timezone: 'Europe/Berlin',
  schedule: { monday: [{ start: '09:00', end: '12:00' }, { start: '13:00', end: '17:00' }], friday: [{ start: '09:00', end: '24:00' }] },
  holidays: ['2026-03-30'],
};

test('working hours are those of their time zone', () => {
  assert.equal(isOpen(hours, Date.parse('2026-11-23T08:00:00Z')), true); // Monday 09:00 in Berlin
  assert.equal(isOpen(hours, Date.parse('2026-11-23T07:59:00Z')), false);
  assert.equal(isOpen(hours, Date.parse('2026-11-23T11:30:00Z')), false); // lunch
  assert.equal(isOpen(hours, Date.parse('2026-11-20T22:59:00Z')), true); // Friday, a minute to midnight
  assert.equal(isOpen(null, 0), true);
});

test('says when we are back, over holidays and the change of the clock', () => {
  assert.equal(nextOpening(hours, Date.parse('2026-11-23T11:30:00Z')), Date.parse('2026-11-23T12:00:00Z'));
  // After Friday 27 March comes the night to summer time (29th), then a holiday (Monday 30th): Friday 3 April, 09:00 CEST.
  assert.equal(nextOpening(hours, Date.parse('2026-03-28T12:00:00Z')), Date.parse('2026-04-03T07:00:00Z'));
  assert.equal(nextOpening({ ...hours, schedule: {} }, Date.parse('2026-03-28T12:00:00Z')), null);
});

test('the language is the account\'s, else the page\'s, else the browser\'s, else English', () => {
  assert.equal(languageOf('de', 'en', 'en'), 'de');
  assert.equal(languageOf('auto', 'de-AT', 'en'), 'de');
  assert.equal(languageOf('auto', 'fi', 'de'), 'de');
  assert.equal(languageOf('auto', 'fi', 'sv'), 'en');
  assert.deepEqual(Object.keys(kTexts.de!).sort(), Object.keys(kTexts.en!).sort());
});

test('the form says what is wrong with an answer', () => {
  const texts = kTexts.en!;
  const field = { key: 'email', label: 'E-mail', type: 'email' as const, required: true, options: [] };
  assert.equal(problemOf(field, '', texts), texts.required);
  assert.equal(problemOf(field, 'ada@', texts), texts.badEmail);
  assert.equal(problemOf(field, 'ada@example.com', texts), '');
  assert.equal(problemOf({ ...field, required: false }, '', texts), '');
  assert.equal(problemOf({ ...field, type: 'consent' }, false, texts), texts.consentNeeded);
  assert.equal(problemOf({ ...field, type: 'phone' }, 'call me', texts), texts.badPhone);
});

test('allowed types are matched as an <input accept> does', () => {
  assert.equal(typeAllowed(['image/*'], 'a.png', 'image/png'), true);
  assert.equal(typeAllowed(['image/*'], 'a.svgz', 'application/x'), false);
  assert.equal(typeAllowed(['.CSV'], 'list.csv', ''), true);
  assert.equal(typeAllowed(['application/pdf'], 'a.pdf', 'application/pdf'), true);
  assert.equal(typeAllowed([], 'a.bin', ''), true);
});
