/**
 * The schema language of plugins' settings, as a form needs it: which members there are now, what is wrong with a value, and
 * what of it is sent. A secret that is set and was not touched is absent, and keeps its value on the server.
 */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Schema {
  type?: 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';
  title?: string;
  description?: string;
  default?: Json;
  examples?: Json[];
  order?: number;
  group?: string;
  secret?: boolean;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  enum?: Json[];
  const?: Json;
  minimum?: number;
  maximum?: number;
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  oneOf?: Schema[];
  if?: Schema;
  then?: Schema;
}

export interface Fault {
  path: string;
  message: string;
}

export interface Member {
  name: string;
  schema: Schema;
  required: boolean;
}

/** Words for what is wrong; the form gives them, so that this file knows no language. */
export type Words = (keyword: string, values?: Record<string, string | number>) => string;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

export function typeOf(schema: Schema): NonNullable<Schema['type']> {
  if (schema.type) return schema.type;
  if (schema.oneOf || schema.properties) return 'object';
  return typeof schema.const === 'number' ? 'number' : typeof schema.const === 'boolean' ? 'boolean' : 'string';
}

/** Write-only: a secret itself, or a list of them. */
export const isSecret = (schema: Schema): boolean => schema.secret === true || schema.items?.secret === true;

export const pointer = (path: string, key: string | number): string => `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The property that tells the branches of oneOf apart, and its values with their titles. */
export function branchesOf(schema: Schema): { name: string; branches: { value: Json; title: string; schema: Schema }[] } | null {
  const first = schema.oneOf?.[0];
  const name = Object.keys(first?.properties ?? {}).find((key) => schema.oneOf?.every((b) => b.properties?.[key]?.const !== undefined));
  if (!schema.oneOf || name === undefined) return null;
  return {
    name,
    branches: schema.oneOf.map((branch) => {
      const value = branch.properties?.[name]?.const ?? null;
      return { value, title: branch.title ?? branch.properties?.[name]?.title ?? String(value), schema: branch };
    })
  };
}

function holds(condition: Schema, object: JsonObject, properties: Record<string, Schema>): boolean {
  const [name, rule] = Object.entries(condition.properties ?? {})[0] ?? [];
  if (name === undefined || !rule) return false;
  const value = object[name] ?? properties[name]?.default;
  if (value === undefined) return !(condition.required ?? []).includes(name);
  return rule.const !== undefined ? value === rule.const : (rule.enum ?? []).includes(value);
}

/** The members that an object has now, in their order: its own, those of the chosen branch, those of then. */
export function membersOf(schema: Schema, value: Json | undefined): Member[] {
  const object = isObject(value) ? value : {};
  const own = schema.properties ?? {};
  const required = new Set(schema.required ?? []);
  const found: [string, Schema][] = Object.entries(own);
  const choice = branchesOf(schema);
  if (choice) {
    const branch = choice.branches.find((b) => b.value === object[choice.name])?.schema;
    for (const entry of Object.entries(branch?.properties ?? {})) if (entry[0] !== choice.name) found.push(entry);
    for (const name of branch?.required ?? []) required.add(name);
  }
  if (schema.if && schema.then && holds(schema.if, object, own)) {
    found.push(...Object.entries(schema.then.properties ?? {}));
    for (const name of schema.then.required ?? []) required.add(name);
  }
  return found
    .map(([name, part], at) => ({ name, schema: part, required: required.has(name), at }))
    .sort((a, b) => (a.schema.order ?? 1000) - (b.schema.order ?? 1000) || a.at - b.at)
    .map(({ name, schema: part, required: must }) => ({ name, schema: part, required: must }));
}

/** Members by their group, in the order in which groups first appear. */
export function groupsOf(members: Member[]): { group: string; members: Member[] }[] {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const group = member.schema.group ?? '';
    groups.set(group, [...(groups.get(group) ?? []), member]);
  }
  return [...groups].map(([group, list]) => ({ group, members: list }));
}

/** Absent unless somebody asks for it: an object that would be wrong if it were only there. */
export const isOptIn = (member: Member): boolean =>
  !member.required && typeOf(member.schema) === 'object' && ((member.schema.required?.length ?? 0) > 0 || !!member.schema.oneOf);

const titleOf = (name: string, schema: Schema): string => schema.title ?? name.replaceAll('_', ' ');
export { titleOf };

const blank = (value: Json | undefined): boolean => value === undefined || value === null || value === '';

/** What is sent: without members that say nothing, or that this choice does not have. A secret's null stays: it clears. */
export function clean(schema: Schema, value: Json | undefined): Json | undefined {
  const type = typeOf(schema);
  if (type === 'object') {
    if (!isObject(value)) return undefined;
    const out: JsonObject = {};
    const choice = branchesOf(schema);
    if (choice && value[choice.name] !== undefined) out[choice.name] = value[choice.name] as Json;
    for (const member of membersOf(schema, value)) {
      const part = value[member.name];
      if (part === null && isSecret(member.schema)) out[member.name] = null;
      else {
        // What must be there, and has nothing to say, is there and empty.
        const kept = clean(member.schema, part ?? (member.required && typeOf(member.schema) === 'object' ? {} : undefined));
        if (kept !== undefined && !(isObject(kept) && Object.keys(kept).length === 0 && !member.required)) out[member.name] = kept;
      }
    }
    return out;
  }
  if (type === 'array') {
    if (!Array.isArray(value)) return undefined;
    const items = schema.items ?? {};
    return value.map((item) => clean(items, item)).filter((item): item is Json => item !== undefined);
  }
  return blank(value) ? undefined : value;
}

function textFaults(schema: Schema, value: string, path: string, say: Words): Fault[] {
  const length = Array.from(value).length;
  if (schema.minLength !== undefined && length < schema.minLength) return [{ path, message: say('minLength', { min: schema.minLength }) }];
  if (schema.maxLength !== undefined && length > schema.maxLength) return [{ path, message: say('maxLength', { max: schema.maxLength }) }];
  if (schema.format === 'uri' && !URL.canParse(value)) return [{ path, message: say('uri') }];
  if (schema.format === 'email' && !/^[^@\s]+@[^@\s]+$/.test(value)) return [{ path, message: say('email') }];
  if (schema.pattern !== undefined) {
    try {
      if (!new RegExp(schema.pattern).test(value)) return [{ path, message: schema.examples?.length ? say('patternLike', { example: String(schema.examples[0]) }) : say('pattern') }];
    } catch (reason) {
      // The plugin's dialect is not ours: the server decides.
      console.info(`The pattern of ${path} cannot be tried here:`, (reason as Error).message);
    }
  }
  return [];
}

/** What is wrong with a cleaned value, most of it before the server says so. `set`: the pointers of secrets that are there. */
export function faultsOf(schema: Schema, value: Json | undefined, say: Words, set: ReadonlySet<string> = new Set(), path = ''): Fault[] {
  const type = typeOf(schema);
  if (type === 'object') {
    const object = isObject(value) ? value : {};
    const faults: Fault[] = [];
    const choice = branchesOf(schema);
    if (choice && object[choice.name] === undefined) faults.push({ path: pointer(path, choice.name), message: say('required') });
    for (const member of membersOf(schema, value)) {
      const at = pointer(path, member.name);
      const part = object[member.name];
      if (part === undefined || part === null) {
        const kept = part === undefined && set.has(at);
        if (member.required && !kept && member.schema.default === undefined) {
          if (typeOf(member.schema) === 'object') faults.push(...faultsOf(member.schema, {}, say, set, at));
          else faults.push({ path: at, message: say('required') });
        }
      } else faults.push(...faultsOf(member.schema, part, say, set, at));
    }
    return faults;
  }
  if (type === 'array') {
    const list = Array.isArray(value) ? value : [];
    const faults = list.flatMap((item, i) => faultsOf(schema.items ?? {}, item, say, set, pointer(path, i)));
    if (schema.minItems !== undefined && list.length < schema.minItems) faults.unshift({ path, message: say('minItems', { min: schema.minItems }) });
    if (schema.maxItems !== undefined && list.length > schema.maxItems) faults.unshift({ path, message: say('maxItems', { max: schema.maxItems }) });
    return faults;
  }
  if (typeof value === 'string' && (type === 'integer' || type === 'number')) return [{ path, message: say('number') }];
  if (typeof value === 'number') {
    if (type === 'integer' && !Number.isInteger(value)) return [{ path, message: say('integer') }];
    if (schema.minimum !== undefined && value < schema.minimum) return [{ path, message: say('minimum', { min: schema.minimum }) }];
    if (schema.maximum !== undefined && value > schema.maximum) return [{ path, message: say('maximum', { max: schema.maximum }) }];
  }
  if (schema.enum && value !== undefined && !schema.enum.includes(value)) return [{ path, message: say('enum') }];
  if (typeof value === 'string') return textFaults(schema, value, path, say);
  return [];
}
