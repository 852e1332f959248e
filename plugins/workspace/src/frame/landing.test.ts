import { describe, expect, it } from 'vitest';
import { landing } from './landing';

describe('after signing in', () => {
  it('goes where the user wanted, on this site only', () => {
    expect(landing('/inbox/all/v1?tab=closed')).toBe('/inbox/all/v1?tab=closed');
    for (const bad of [null, '', 'https://evil.example', '//evil.example', '/\\evil.example', 'inbox']) expect(landing(bad)).toBe('/inbox/mine');
  });
});
