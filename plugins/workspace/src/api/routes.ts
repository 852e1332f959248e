/**
 * What each route takes and answers, out of the generated schema: `/contacts/${id}` is the route `/contacts/{id}`. A route, a
 * field or a value the API does not have is refused when the workspace is checked.
 */
import type { paths } from './schema';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

type Key = keyof paths extends infer K ? (K extends `/api/support${infer R}` ? R : never) : never;
type Fill<P extends string> = P extends `${infer A}{${string}}${infer B}` ? `${A}${string}${Fill<B>}` : P;
type Match<P extends string> = { [K in Key]: P extends Fill<K> ? (Fill<K> extends P ? K : never) : never }[Key];
type Operation<P extends string, M extends Method> =
  Match<P> extends infer K extends Key ? (`/api/support${K}` extends keyof paths ? paths[`/api/support${K}`][Lowercase<M>] : never) : never;

/** A path this method knows; anything else is no argument. */
export type Route<P extends string, M extends Method> = [Operation<P, M>] extends [never] ? never : undefined extends Operation<P, M> ? never : P;

type Json<T> = T extends { content: { 'application/json': infer C } } ? C : undefined;
type Good<O> = O extends { responses: infer R } ? { [S in keyof R & (200 | 201 | 202 | 204)]: Json<R[S]> }[keyof R & (200 | 201 | 202 | 204)] : never;

/** The whole body of a good answer: `data`, and what stands beside it. */
export type Whole<P extends string, M extends Method> = Exclude<Good<Operation<P, M>>, undefined>;
export type Data<P extends string, M extends Method> = Whole<P, M> extends { data: infer D } ? D : undefined;
export type Item<P extends string> = Data<P, 'GET'> extends (infer I)[] ? I : never;
export type Body<P extends string, M extends Method> = Operation<P, M> extends { requestBody?: infer B } ? Json<NonNullable<B>> : undefined;
export type QueryOf<P extends string, M extends Method> =
  Operation<P, M> extends { parameters: { query?: infer Q } } ? { [K in keyof Q]?: Q[K] | string | string[] | number | boolean | null } : never;
