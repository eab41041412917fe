// The rows that a tree of a JSON value shows: only what is open, so that its size does not matter.

export type Path = readonly (string | number)[];
export interface Row {
  id: string; // of its path
  path: Path;
  level: number; // from 1
  value: unknown;
  count?: number; // entries of an array or object
  open?: boolean;
  more?: number; // not the value itself, but that so many of its entries are not shown yet
  place: number; // among its siblings, from 1
  siblings: number;
}
/** How many entries of a place are shown; 0: closed. */
export type Opened = ReadonlyMap<string, number>;

export const STEP = 100;
export const MOST_LEVELS = 200;
export const MOST_ROWS = 5000;
const OPEN_AT_FIRST = 60; // rows

export const idOf = (path: Path) => JSON.stringify(path);

/** The keys of an object, found once: a huge one is asked for them again and again. */
const known = new WeakMap<object, string[]>();
export function keysOf(value: object): string[] {
  let keys = known.get(value);
  if (!keys) known.set(value, (keys = Object.keys(value)));
  return keys;
}

export function countOf(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return Array.isArray(value) ? value.length : keysOf(value).length;
}

export function entry(value: object, index: number): [string | number, unknown] {
  if (Array.isArray(value)) return [index, value[index]];
  const key = keysOf(value)[index] ?? '';
  return [key, Reflect.get(value, key)];
}

/** What is open at first: level by level, as long as it stays easy to see. */
export function openAtFirst(value: unknown): Opened {
  const opened = new Map<string, number>();
  let rows = 1;
  let level: [Path, unknown][] = [[[], value]];
  while (level.length) {
    const next: [Path, unknown][] = [];
    for (const [path, one] of level) {
      const count = countOf(one);
      if (!count || typeof one !== 'object' || one === null) continue;
      const isRoot = path.length === 0;
      if ((!isRoot && rows + count > OPEN_AT_FIRST) || path.length > 4) continue;
      opened.set(idOf(path), STEP);
      rows += Math.min(count, STEP);
      for (let index = 0; index < Math.min(count, STEP); index++) {
        const [key, inner] = entry(one, index);
        next.push([[...path, key], inner]);
      }
    }
    level = next;
  }
  return opened;
}

/** Everything that is to be seen, from top to bottom. */
export function rowsOf(value: unknown, opened: Opened): Row[] {
  const rows: Row[] = [];
  const visit = (path: Path, one: unknown, place: number, siblings: number): void => {
    if (rows.length >= MOST_ROWS) return;
    const id = idOf(path);
    const count = countOf(one);
    const level = path.length + 1;
    const row: Row = { id, path, level, value: one, place, siblings };
    rows.push(row);
    if (count === undefined) return;
    row.count = count;
    const shown = level >= MOST_LEVELS ? 0 : Math.min(count, opened.get(id) ?? 0);
    if (count) row.open = shown > 0;
    if (!shown || typeof one !== 'object' || one === null) return;
    for (let index = 0; index < shown; index++) {
      const [key, inner] = entry(one, index);
      visit([...path, key], inner, index + 1, count);
    }
    if (shown < count && rows.length < MOST_ROWS) {
      const more = { more: count - shown, open: undefined, place: count, siblings: count };
      rows.push({ ...row, ...more, id: `${id}+`, level: level + 1 });
    }
  };
  visit([], value, 1, 1);
  return rows;
}

/** The path as it is written in most languages: $.people[0]["first name"] */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `${text}.${key}` : `${text}[${JSON.stringify(key)}]`;
  }, '$');
}

/** A value as JSON; something that cannot be written (a cycle) as what it is called. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value, null, 2) ?? String(value);
  } catch {
    return String(value);
  }
}

const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Characters that are not seen but change what is, as the code that JSON has for them. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
