// Usage as the charts want it: summed by a name, or stacked by day with the largest names apart and the rest together.

export type Measure = 'requests' | 'cost' | 'tokens' | 'failed';
export const MEASURES: Measure[] = ['requests', 'cost', 'tokens', 'failed'];

export interface Sums {
  requests: number;
  failed: number;
  refused: number;
  prompt_tokens: number;
  completion_tokens: number;
  cost: number;
  unpriced: number;
}

export interface Line extends Sums {
  day?: string;
  server?: string;
  model?: string;
  key?: string;
  key_name?: string;
}

export interface Report {
  from: string | null;
  lines: Line[];
  total: Sums;
}

export interface Group extends Sums {
  name: string;
}

export interface Column {
  day: string;
  /** One number for each of the names. */
  parts: number[];
  total: number;
}

export interface Stack {
  /** The largest first; "" stands for requests that have none. */
  names: string[];
  /** Whether one more part follows the names: all others. */
  rest: boolean;
  columns: Column[];
}

const SUMS = ['requests', 'failed', 'refused', 'prompt_tokens', 'completion_tokens', 'cost', 'unpriced'] as const;
const DAY = 86_400_000;

/** What a line counts. */
export const valueOf = (line: Sums, measure: Measure): number =>
  measure === 'tokens' ? line.prompt_tokens + line.completion_tokens : line[measure];

/** The days of a report, each written 2026-11-21. */
export function daysOf(from: string | null, days: number): string[] {
  const first = Date.parse(from ?? '');
  if (!Number.isFinite(first)) return [];
  return Array.from({ length: days }, (_, index) => new Date(first + index * DAY).toISOString().slice(0, 10));
}

/** Lines of the same name added up, the largest first. */
export function groupsOf(lines: readonly Line[], name: (line: Line) => string, measure: Measure): Group[] {
  const found = new Map<string, Group>();
  for (const line of lines) {
    const called = name(line);
    const group = found.get(called);
    if (!group) found.set(called, { ...line, name: called });
    else for (const one of SUMS) group[one] += line[one];
  }
  const order = (one: Group, two: Group) =>
    valueOf(two, measure) - valueOf(one, measure) || two.requests - one.requests || (one.name < two.name ? -1 : 1);
  return [...found.values()].sort(order);
}

/** The days as columns, in each the `most` largest names of the whole time and the rest of them together. */
export function stackOf(
  lines: readonly Line[],
  days: readonly string[],
  name: (line: Line) => string,
  measure: Measure,
  most = 5,
): Stack {
  const groups = groupsOf(lines, name, measure).filter((group) => valueOf(group, measure) > 0);
  const names = groups.slice(0, most).map((group) => group.name);
  const rest = groups.length > most;
  const places = new Map(names.map((one, index) => [one, index]));
  const columns = new Map<string, Column>();
  const parts = names.length + Number(rest);
  for (const day of days) columns.set(day, { day, parts: Array<number>(parts).fill(0), total: 0 });
  for (const line of lines) {
    const column = columns.get(line.day ?? '');
    const value = valueOf(line, measure);
    if (!column || !value) continue;
    const place = places.get(name(line)) ?? names.length;
    column.parts[place] = (column.parts[place] ?? 0) + value;
    column.total += value;
  }
  return { names, rest, columns: [...columns.values()] };
}

/** The sum of each part over all days. */
export const totalsOf = (stack: Stack): number[] =>
  [...stack.names, ...(stack.rest ? [''] : [])].map((_, place) =>
    stack.columns.reduce((sum, column) => sum + (column.parts[place] ?? 0), 0),
  );
