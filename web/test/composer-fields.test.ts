// What is written into the parameters, and what of it may be sent.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import english from '../src/text/en/composer_late.json';
import { extraFault, readNumber, readStops, readTexts, textsOf, writeStops } from '../src/composer/fields';
import { EXAMPLES, isName, isSchema, nameFor, unwrap } from '../src/composer/wanted';

test('nothing written is nothing sent', () => {
  expect(readTexts(textsOf({}))).toEqual({ params: {}, faults: {} });
});

test.each([
  ['temperature', '0.7', 0.7],
  ['temperature', ' 0,7 ', 0.7],
  ['temperature', '.5', 0.5],
  ['temperature', '0', 0],
  ['max_tokens', '1e3', 1000],
  ['seed', '-3', -3],
  ['top_p', '', undefined],
] as const)('%s %j is read', (field, text, value) => {
  expect(readNumber(field, text)).toBe(value);
});

test.each([
  ['temperature', '2.1', 'composer.out_of_range'],
  ['temperature', 'warm', 'composer.no_number'],
  ['temperature', '1.2.3', 'composer.no_number'],
  ['temperature', 'Infinity', 'composer.no_number'],
  ['temperature', '0x1', 'composer.no_number'],
  ['max_tokens', '0', 'composer.out_of_range'],
  ['max_tokens', '1.5', 'composer.no_whole'],
  ['seed', '1e300', 'composer.out_of_range'],
] as const)('%s %j is refused, told, and not sent', (field, text, key) => {
  const { params, faults } = readTexts({ ...textsOf({}), [field]: text });
  expect(faults[field]?.key).toBe(key);
  expect(english).toHaveProperty([key]);
  expect(params).toEqual({});
});

test('parameters survive the form', () => {
  const params = fc.record(
    {
      temperature: fc.double({ min: 0, max: 2, noNaN: true }).map(Math.abs),
      top_p: fc.double({ min: 0, max: 1, noNaN: true }).map(Math.abs),
      max_tokens: fc.integer({ min: 1, max: 10_000_000 }),
      seed: fc.maxSafeInteger(),
      stop: fc.uniqueArray(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1, maxLength: 16 }),
      reasoning_effort: fc.constantFrom('none', 'low', 'xhigh'),
    },
    { requiredKeys: [] },
  );
  fc.assert(fc.property(params, (one) => void expect(readTexts(textsOf(one))).toEqual({ params: one, faults: {} })));
});

test('stop sequences survive being written, one a line', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1, unit: 'grapheme' })), (stops) => {
      expect(readStops(writeStops(stops))).toEqual(stops);
    }),
  );
  expect(readStops('END\n\\n\\n\n\n a ')).toEqual(['END', '\n\n', ' a ']);
});

const OWN = ['model', 'messages', 'stream', 'temperature', '__proto__'];
test.each(OWN)('the further field %s is refused by name', (name) => {
  expect(extraFault(`{"${name}": 1}`)).toEqual({ key: 'composer.own_field', values: { name } });
});

test('further fields must be an object, and what is wrong is told with its place', () => {
  expect(extraFault('[1]')?.key).toBe('composer.no_object');
  expect(extraFault('null')?.key).toBe('composer.no_object');
  expect(extraFault('{"a": 1,\n}')).toEqual({ key: 'composer.json_wrong', values: { line: 2, column: 1, sign: '}' } });
  expect(extraFault(' ')).toBeUndefined();
  expect(extraFault('{"top_k": 40, "tools": []}')).toBeUndefined();
});

test.each([
  [{ type: 'object', properties: {} }, true],
  [{ type: 'string' }, true],
  [{ type: ['string', 'null'] }, true],
  [{ $ref: '#/x' }, true],
  [{ anyOf: [] }, true],
  [{ type: 'object', size: 3 }, false],
  [{ type: 'banana', properties: {} }, false],
  [{ name: 'Ada' }, false],
  [{ properties: 4 }, false],
  [[1], false],
  [null, false],
])('%j: a schema? %s', (value, expected) => {
  expect(isSchema(value)).toBe(expected);
});

test('a schema is found in what requests wrap around it, with its name', () => {
  const schema = { type: 'object', properties: {} };
  const inside = { name: 'my answer!', strict: true, schema };
  expect(unwrap(inside)).toEqual({ schema, name: 'my_answer' });
  expect(unwrap({ type: 'json_schema', json_schema: inside })).toEqual({ schema, name: 'my_answer' });
  expect(unwrap({ a: 1 })).toEqual({ schema: { a: 1 } });
});

test('any text becomes a name that may be one', () => {
  fc.assert(fc.property(fc.anything(), (text) => isName(nameFor(text))));
  expect(nameFor('名前')).toBe('answer');
});

test('the ready examples are taken for schemas', () => {
  for (const one of Object.values(EXAMPLES)) expect(isSchema(one)).toBe(true);
});
