// Taking values of unknown make apart: each function gives what is surely of its kind, or undefined.

export type Record_ = { readonly [name: string]: unknown };

export const isRecord = (value: unknown): value is Record_ =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own field: never what an object inherits. */
export const field = (of: Record_, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined);

export const textOf = (value: unknown, most: number): string | undefined =>
  typeof value === 'string' ? value.slice(0, most) : undefined;

export const numberOf = (value: unknown, least = -Infinity, most = Infinity): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= least && value <= most ? value : undefined;

export const yesOf = (value: unknown): true | undefined => (value === true ? true : undefined);

export const oneOf = <T extends string>(value: unknown, all: readonly T[]): T | undefined =>
  all.find((one) => one === value);

/** What `read` makes of each of the first `most` entries; those of which it makes nothing are left out. */
export function listOf<T>(value: unknown, most: number, read: (one: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.slice(0, most).flatMap((one) => {
    const made = read(one);
    return made === undefined ? [] : [made];
  });
}

export const textsOf = (value: unknown, most: number, length: number): string[] | undefined =>
  listOf(value, most, (one) => textOf(one, length));

/** Only the fields that are there. */
export function given<T extends object>(all: T): T {
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T;
}

const MOST_DEPTH = 60;
const MOST_VALUES = 50_000;

/** A JSON value of bounded depth and size, copied; undefined where it is larger. */
export function plainOf(value: unknown): unknown {
  let left = MOST_VALUES;
  const copy = (one: unknown, depth: number): unknown => {
    if (depth > MOST_DEPTH || --left < 0) throw new RangeError('too large');
    if (Array.isArray(one)) return one.map((entry) => copy(entry, depth + 1));
    if (!isRecord(one)) return one;
    return Object.fromEntries(
      Object.entries(one)
        .filter(([name]) => name !== '__proto__')
        .map(([name, entry]) => [name, copy(entry, depth + 1)]),
    );
  };
  try {
    return copy(value, 0);
  } catch {
    return undefined;
  }
}
