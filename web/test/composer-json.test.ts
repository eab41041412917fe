// Where JSON that a person wrote goes wrong.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJson } from '../src/composer/json';

const place = (text: string) => {
  const { wrong } = readJson(text);
  return wrong && [wrong.line, wrong.column, wrong.sign];
};

test.each([
  ['', [1, 1, '']],
  ['{"a": 1,}', [1, 9, '}']],
  ["{'a': 1}", [1, 2, "'"]],
  ['{\n  "a": 1\n  "b": 2\n}', [3, 3, '"']],
  ['{\r\n"a" 1}', [2, 5, '1']],
  ['[1, 2', [1, 6, '']],
  ['[1 2]', [1, 4, '2']],
  ['[01]', [1, 3, '1']],
  ['[1.]', [1, 4, ']']],
  ['[-]', [1, 3, ']']],
  ['[1e+]', [1, 5, ']']],
  ['tru', [1, 4, '']],
  ['nul1', [1, 4, '1']],
  ['{"😀": x}', [1, 7, 'x']],
  ['"a\nb"', [1, 3, '\n']],
  ['"\\x"', [1, 3, 'x']],
  ['"\\u12g4"', [1, 6, 'g']],
  ['{} {}', [1, 4, '{']],
  [']', [1, 1, ']']],
])('the first character that cannot stand in %j is told', (text, expected) => {
  expect(place(text)).toEqual(expected);
});

test('a value that can be read is given as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value, null, 1);
      expect(readJson(text)).toEqual({ value: JSON.parse(text) });
    }),
  );
});

/** Text before the place can go on to be JSON; with the character at the place it cannot. V8 tells the same place. */
test('the place is the one that the engine tells, for any text that was spoilt at one place', () => {
  const spoilt = fc
    .tuple(fc.jsonValue(), fc.nat(), fc.constantFrom('x', ',', '"', '}', ']', ':', '1', '-', '\\', '\n', '.', 'e', ''))
    .map(([value, at, sign]) => {
      const text = JSON.stringify(value, null, 1);
      const from = at % (text.length + 1);
      return text.slice(0, from) + sign + text.slice(from + 1);
    });
  fc.assert(
    fc.property(spoilt, (text) => {
      const { wrong } = readJson(text);
      if (!wrong) return;
      try {
        JSON.parse(text);
      } catch (error) {
        const told = /position (\d+)/.exec(String(error))?.[1];
        if (told !== undefined) expect(wrong.at).toBe(Number(told));
        else if (/end of JSON/.test(String(error))) expect(wrong.at).toBe(text.length);
      }
    }),
    { numRuns: 3000 },
  );
});

test('deep and long texts neither throw nor hang', () => {
  expect(readJson('['.repeat(200_000)).wrong?.at).toBe(200_000);
  expect(readJson(`["${'é\\n'.repeat(300_000)}"`).wrong?.sign).toBe('');
});
