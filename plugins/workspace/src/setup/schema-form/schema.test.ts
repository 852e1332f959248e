import { describe, expect, it } from 'vitest';
import { clean, faultsOf, groupsOf, isOptIn, membersOf, type Schema } from './schema';

const say = (keyword: string) => keyword;
const names = (schema: Schema, value?: Parameters<typeof membersOf>[1]) => membersOf(schema, value).map((m) => m.name);

const channel: Schema = {
  type: 'object',
  required: ['inbound'],
  properties: {
    inbound: { type: 'object', required: ['secrets'], properties: { secrets: { type: 'array', minItems: 1, items: { type: 'string', secret: true, minLength: 3 } }, rate: { type: 'number', default: 50, minimum: 1 } } },
    token: { type: 'string', secret: true },
    address: { type: 'string', format: 'uri', group: 'Where', order: 1 },
    hours: { type: 'object', required: ['zone'], properties: { zone: { type: 'string' } } }
  }
};
const login: Schema = {
  type: 'object',
  properties: { name: { type: 'string' } },
  oneOf: [
    { title: 'Password', properties: { kind: { const: 'password' }, password: { type: 'string', secret: true } }, required: ['password'] },
    { title: 'Key', properties: { kind: { const: 'key' }, file: { type: 'string' } }, required: ['file'] }
  ]
};
const proxy: Schema = {
  type: 'object',
  properties: { mode: { type: 'string', enum: ['none', 'http'], default: 'none' } },
  if: { properties: { mode: { const: 'http' } } },
  then: { properties: { host: { type: 'string' } }, required: ['host'] }
};

describe('the settings form', () => {
  it('knows the members of the chosen branch, and of a condition that holds', () => {
    expect(names(login)).toEqual(['name']);
    expect(names(login, { kind: 'key' })).toEqual(['name', 'file']);
    expect(names(proxy)).toEqual(['mode']);
    expect(names(proxy, { mode: 'http' })).toEqual(['mode', 'host']);
  });

  it('orders and groups as the schema says', () => {
    expect(names(channel)).toEqual(['address', 'inbound', 'token', 'hours']);
    expect(groupsOf(membersOf(channel, {})).map((g) => g.group)).toEqual(['Where', '']);
  });

  it('offers what would be wrong by being there', () => {
    expect(membersOf(channel, {}).filter(isOptIn).map((m) => m.name)).toEqual(['hours']);
  });

  it('sends what says something, and null only to clear a secret', () => {
    expect(clean(channel, { inbound: { secrets: ['k1:abc', ''], rate: '' }, token: null, address: null, hours: {} })).toEqual({ inbound: { secrets: ['k1:abc'] }, token: null });
    expect(clean(channel, {})).toEqual({ inbound: {} });
    expect(clean(login, { kind: 'key', file: '/a', password: 'left over' })).toEqual({ kind: 'key', file: '/a' });
  });

  it('tells each fault at its place', () => {
    expect(faultsOf(channel, { inbound: { secrets: ['k1'], rate: 0 }, address: 'here' }, say)).toEqual([
      { path: '/address', message: 'uri' },
      { path: '/inbound/secrets/0', message: 'minLength' },
      { path: '/inbound/rate', message: 'minimum' }
    ]);
    expect(faultsOf(login, {}, say)).toEqual([{ path: '/kind', message: 'required' }]);
    expect(faultsOf(proxy, { mode: 'http' }, say)).toEqual([{ path: '/host', message: 'required' }]);
  });

  it('misses no secret that is set and was left alone, but one that was cleared', () => {
    expect(faultsOf(channel, {}, say)).toEqual([{ path: '/inbound/secrets', message: 'required' }]);
    expect(faultsOf(channel, { inbound: {} }, say, new Set(['/inbound/secrets']))).toEqual([]);
    expect(faultsOf(channel, { inbound: { secrets: null } }, say, new Set(['/inbound/secrets']))).toEqual([{ path: '/inbound/secrets', message: 'required' }]);
  });
});
