import { expect, it } from 'vitest';
import type { Schema } from '../schema-form/schema';
import { changesOf, idFrom, toForm } from './account';

const schema: Schema = { type: 'object', properties: { url: { type: 'string' }, token: { type: 'string', secret: true } } };

it('proposes an id that the API takes', () => {
  expect(idFrom('  Über uns & Co. ')).toBe('uber-uns-co');
  expect(idFrom('Web site')).toBe('web-site');
  expect(idFrom('a'.repeat(39) + ' b')).toBe('a'.repeat(39));
  expect(idFrom('漢字')).toBe('');
});

it('sends what changed, the settings whole, untouched secrets never', () => {
  const started = { ...toForm(null, 'open'), config: { url: 'https://a.example' } };
  expect(changesOf(started, started, schema)).toEqual({});
  expect(changesOf({ ...started, name: 'Desk ', config: { ...started.config, token: 'abc' } }, started, schema)).toEqual({ name: 'Desk', config: { url: 'https://a.example', token: 'abc' } });
  expect(changesOf({ ...started, config: { ...started.config, token: null } }, started, schema)).toEqual({ config: { url: 'https://a.example', token: null } });
  expect(changesOf({ ...started, enabled: false, allowCidrs: ['10.0.0.0/8'] }, started, schema)).toEqual({ enabled: false, egress: { allowCidrs: ['10.0.0.0/8'] } });
});
