// The API's types out of its OpenAPI document: `node schema.mjs openapi.json > src/api/schema.d.ts`. `npm run schema` asks a
// daemon of its own for the document; the browser test "schema" fails where the file is not what the daemon serves.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';

/** The same document in words the generator understands. */
function plain(value) {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const out = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
  // What is demanded of a body stands beside its type.
  if (Array.isArray(out.allOf) && out.allOf.length === 2 && Object.keys(out.allOf[1]).join() === 'required') {
    return { ...out, allOf: [out.allOf[0]], required: out.allOf[1].required };
  }
  // An object of which nothing is said may hold anything.
  const object = out.type === 'object' || (Array.isArray(out.type) && out.type.includes('object'));
  if (object && !out.properties && out.additionalProperties === undefined) out.additionalProperties = true;
  return out;
}

export async function schemaOf(document) {
  const types = astToString(await openapiTS(plain(document), { defaultNonNullable: false }));
  return `/** Generated from the API's OpenAPI document by schema.mjs; change the API, then \`npm run schema\`. */\n${types}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(await schemaOf(JSON.parse(fs.readFileSync(process.argv[2] ?? 0, 'utf8'))));
}
