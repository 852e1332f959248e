// The workspace's types of the API are those of the daemon: src/api/schema.d.ts is what its OpenAPI document says. With
// USHER_WRITE_SCHEMA=1 (`npm run schema` in plugins/workspace) the file is written instead.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startUsher } from './harness.mjs';
import { schemaOf } from '../../plugins/workspace/schema.mjs';

const kFile = join(root, 'plugins/workspace/src/api/schema.d.ts');

test('the workspace has the types of the API that is served', { timeout: 60_000 }, async (t) => {
  let usher;
  try {
    usher = await startUsher({ database: 'sqlite' });
  } catch (error) {
    if (error.missing && !process.env.USHER_TEST_REQUIRE) return t.skip(error.message);
    throw error;
  }
  t.after(() => usher.close());
  const answer = await fetch(`${usher.url}/api/support/openapi.json`);
  const wanted = await schemaOf(await answer.json());
  if (process.env.USHER_WRITE_SCHEMA) return writeFileSync(kFile, wanted);
  const lines = (text) => text.split('\n');
  const [is, should] = [lines(readFileSync(kFile, 'utf8')), lines(wanted)];
  const at = should.findIndex((line, i) => line !== is[i]);
  assert.ok(at < 0 && is.length === should.length,
    `src/api/schema.d.ts is not what the daemon serves, from line ${at + 1} on ("${is[at]?.trim()}" should be "${should[at]?.trim()}"): run \`npm run schema\` in plugins/workspace`);
});
