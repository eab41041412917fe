// The tree of a JSON value, whatever the value is.
import fc from 'fast-check';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, expect, test } from 'vitest';
import { jsonText, MOST_LEVELS, MOST_ROWS, openAtFirst, pathText, rowsOf, STEP, visible } from '../src/composer/rows';
import ValueTree from '../src/composer/tree';

const place = document.createElement('div');
document.body.append(place);
afterEach(() => act(() => render(null, place)));

const show = (value: unknown) => act(() => render(<ValueTree value={value} />, place));
const lines = () => [...place.querySelectorAll<HTMLElement>('[role=treeitem]')];
const press = (key: string) =>
  act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })));

test('whatever is open, rows are bounded, have ids of their own, and know their level', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.array(fc.nat()), (value, opens) => {
      let opened = openAtFirst(value);
      for (const open of opens) {
        const rows = rowsOf(value, opened);
        const row = rows[open % rows.length];
        if (row) opened = new Map(opened).set(row.id, row.open ? 0 : STEP);
      }
      const rows = rowsOf(value, opened);
      expect(rows.length).toBeLessThanOrEqual(MOST_ROWS + 1);
      expect(new Set(rows.map((row) => row.id)).size).toBe(rows.length);
      for (const [at, row] of rows.entries()) {
        expect(row.level).toBeLessThanOrEqual((rows[at - 1]?.level ?? 0) + 1);
      }
    }),
  );
});

test('a path leads to its value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      for (const { path, value: found, more } of rowsOf(value, openAtFirst(value))) {
        if (more !== undefined) continue;
        const got = path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], value);
        expect(got).toBe(found);
      }
    }),
  );
  expect(pathText(['people', 0, 'first name', 'naïve', '"', '__proto__'])).toBe(
    '$.people[0]["first name"].naïve["\\""].__proto__',
  );
});

test('large, deep and circular values stay within bounds', () => {
  const many = Array.from({ length: 200_000 }, (_, index) => ({ index }));
  expect(rowsOf(many, openAtFirst(many)).length).toBe(STEP + 2);
  let deep: unknown = 1;
  const opened = new Map<string, number>();
  for (let level = 0; level < 2000; level++) deep = [deep];
  for (let path: number[] = []; path.length < 2000; path = [...path, 0]) {
    if (path.length < 300) opened.set(JSON.stringify(path), STEP);
  }
  expect(rowsOf(deep, opened).length).toBe(MOST_LEVELS);
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  expect(rowsOf(circle, openAtFirst(circle)).length).toBeLessThan(20);
  expect(jsonText(circle)).toBe('[object Object]');
});

test('texts are only text, and what cannot be seen is shown as a code', () => {
  show({ '<img src=x onerror=alert(1)>': '<script>alert(1)</script>\u202e\u0000', nothing: null });
  expect(place.querySelector('img, script')).toBeNull();
  expect(lines()[1]?.textContent).toContain('<script>alert(1)</script>\\u202e\\u0000');
  expect(visible('a\tb\nc👩‍👩‍👧')).toBe('a\tb\nc👩‍👩‍👧');
});

test('a long text is cut and can be had', async () => {
  show(['x'.repeat(100_000)]);
  expect(place.textContent?.length).toBeLessThan(1000);
  act(() => lines()[1]?.querySelector<HTMLElement>('.word')?.click());
  expect(place.textContent?.length).toBeGreaterThan(20_000);
});

test('entries come in steps', () => {
  show(Array.from({ length: 250 }, (_, index) => index));
  expect(lines()).toHaveLength(102);
  act(() => lines().at(-1)?.click());
  expect(lines()).toHaveLength(202);
  act(() => lines().at(-1)?.click());
  expect(lines()).toHaveLength(251);
});

test('arrows walk, open and close; one line has the focus', () => {
  show({ a: { b: [1, 2] }, c: 'd' });
  act(() => lines()[0]?.focus());
  press('ArrowDown');
  expect(document.activeElement?.textContent).toContain('a');
  press('ArrowLeft'); // closes
  expect(document.activeElement?.getAttribute('aria-expanded')).toBe('false');
  expect(lines()).toHaveLength(3);
  press('ArrowRight'); // opens
  press('ArrowRight'); // goes in
  expect(document.activeElement?.getAttribute('aria-level')).toBe('3');
  press('End');
  expect(document.activeElement?.textContent).toContain('"d"');
  press('ArrowLeft'); // to its parent
  expect(document.activeElement?.getAttribute('aria-level')).toBe('1');
  expect(lines().filter((line) => line.tabIndex === 0)).toHaveLength(1);
});
