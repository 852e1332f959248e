/** The one door to the API: envelope, CSRF token, errors, and the server's clock. */
import { ApiError, readError } from './errors';
import type { Body, Data, Item, Method, QueryOf, Route, Whole } from './routes';

export const base = '/api/support';

let csrfToken: string | null = null;
let onSignedOut: () => void = () => {};
let clockOffset = 0;

export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

export function getCsrfToken(): string | null {
  return csrfToken;
}

/** Called when any call is answered 401 while a session was believed to exist. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler;
}

/** Milliseconds to add to this machine's clock to get the server's; zero while they agree within two seconds. */
export function serverClockOffset(): number {
  return clockOffset;
}

export function serverNow(): number {
  return Date.now() + clockOffset;
}

export type Query = Record<string, string | string[] | number | boolean | null | undefined>;

export interface CallOptions<P extends string, M extends Method> {
  method?: M;
  query?: QueryOf<P, M>;
  body?: Body<P, M>;
  idempotencyKey?: string;
  ifMatch?: string | null;
  signal?: AbortSignal;
  /** Sign-in pages handle 401 themselves. */
  anonymous?: boolean;
}

export interface Answer<D, W = unknown> {
  data: D;
  nextCursor: string | null;
  etag: string | null;
  status: number;
  /** The whole body, for the few answers that carry something beside their data. */
  body: W;
}

export function address(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) params.append(key, one);
    else if (value !== null && value !== undefined && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return base + path + (text ? `?${text}` : '');
}

export async function call<P extends string, M extends Method = 'GET'>(
  path: Route<P, M>, options: CallOptions<P, M> = {}
): Promise<Answer<Data<P, M>, Whole<P, M>>> {
  const method = options.method ?? 'GET';
  const headers: Record<string, string> = { Accept: 'application/json' };
  let body: string | undefined;
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  if (method !== 'GET' && csrfToken) headers['X-CSRF-Token'] = csrfToken;
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey;
  if (options.ifMatch) headers['If-Match'] = options.ifMatch;

  let response: Response;
  let text: string;
  try {
    response = await fetch(address(path, options.query as Query), {
      method, headers, body, signal: options.signal, credentials: 'same-origin', cache: 'no-store'
    });
    text = await response.text();
  } catch (reason) {
    if (options.signal?.aborted) throw reason;
    throw new ApiError(0, 'offline', (reason as Error).message);
  }
  readClock(response.headers.get('Date'));
  if (!response.ok) {
    const error = readError(response.status, text, (name) => response.headers.get(name));
    if (response.status === 401 && !options.anonymous) onSignedOut();
    throw error;
  }
  const parsed: { data?: unknown; nextCursor?: string | null } = text ? JSON.parse(text) : {};
  return {
    data: parsed.data as Data<P, M>,
    nextCursor: parsed.nextCursor ?? null,
    etag: response.headers.get('ETag'),
    status: response.status,
    body: parsed as Whole<P, M>
  };
}

function readClock(date: string | null): void {
  if (!date) return;
  const offset = Date.parse(date) + 500 - Date.now();
  clockOffset = Math.abs(offset) > 2000 ? offset : 0;
}

export const get = async <P extends string>(path: Route<P, 'GET'>, query?: QueryOf<P, 'GET'>, signal?: AbortSignal): Promise<Data<P, 'GET'>> =>
  (await call<P>(path, { query, signal })).data;
export const page = async <P extends string>(path: Route<P, 'GET'>, query?: QueryOf<P, 'GET'>, signal?: AbortSignal): Promise<Answer<Item<P>[]>> =>
  (await call<P>(path, { query, signal })) as Answer<Item<P>[]>;
export const post = async <P extends string>(path: Route<P, 'POST'>, body?: Body<P, 'POST'>, idempotencyKey?: string): Promise<Data<P, 'POST'>> =>
  (await call<P, 'POST'>(path as Route<P, 'POST'>, { method: 'POST', body: body ?? ({} as unknown as Body<P, 'POST'>), idempotencyKey })).data;
export const put = async <P extends string>(path: Route<P, 'PUT'>, body: Body<P, 'PUT'>, ifMatch?: string | null): Promise<Data<P, 'PUT'>> =>
  (await call<P, 'PUT'>(path, { method: 'PUT', body, ifMatch })).data;
export const patch = async <P extends string>(path: Route<P, 'PATCH'>, body: Body<P, 'PATCH'>, ifMatch?: string | null): Promise<Data<P, 'PATCH'>> =>
  (await call<P, 'PATCH'>(path, { method: 'PATCH', body, ifMatch })).data;
export const remove = async <P extends string>(path: Route<P, 'DELETE'>): Promise<Data<P, 'DELETE'>> =>
  (await call<P, 'DELETE'>(path, { method: 'DELETE' })).data;

/** Every page of a list that is known to be short (users, inboxes, roles). */
export async function all<P extends string>(path: Route<P, 'GET'>, query: Query = {}): Promise<Item<P>[]> {
  const found: Item<P>[] = [];
  let cursor: string | null = null;
  do {
    const answer: Answer<Item<P>[]> = await page<P>(path, { ...query, limit: 200, cursor } as unknown as QueryOf<P, 'GET'>);
    found.push(...answer.data);
    cursor = answer.nextCursor;
  } while (cursor && found.length < 2000);
  return found;
}

/** A key nobody else has, also where crypto.randomUUID is missing (plain http in a local network). */
export function uniqueKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** The key of a form's request: the same while it is sent again as it is, another once it says something else. */
export class Once {
  #body = '';
  #key = '';

  key(body: unknown): string {
    const text = JSON.stringify(body);
    if (text !== this.#body) {
      this.#body = text;
      this.#key = uniqueKey();
    }
    return this.#key;
  }
}

/** Is there a server that answers at all? */
export const reachable = (): Promise<boolean> =>
  fetch('/healthz', { cache: 'no-store' }).then(
    (answer) => answer.ok,
    () => false
  );
