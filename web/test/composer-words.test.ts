// The words of the composer: each language has all that the code asks for, and no other.
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

const src = resolve(import.meta.dirname, '../src');
const words = (language: string): Record<string, string> =>
  Object.assign(
    {},
    ...['composer', 'composer_late'].map((name) =>
      JSON.parse(readFileSync(`${src}/text/${language}/${name}.json`, 'utf8')),
    ),
  );
const english = words('en');
const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

test.each(['de', 'tr', 'zh'])('%s has the keys of English, with the same values in them', (language) => {
  const found = words(language);
  expect(Object.keys(found).sort()).toEqual(Object.keys(english).sort());
  for (const [key, text] of Object.entries(found))
    expect([key, values(text)]).toEqual([key, values(english[key] ?? '')]);
});

test('every word is used, and every word that is used is there', () => {
  const code = readdirSync(`${src}/composer`)
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(`${src}/composer/${name}`, 'utf8'))
    .join('\n');
  const asked = new Set([...code.matchAll(/'(composer\.\w+)'/g)].map((found) => found[1]));
  const starts = [...code.matchAll(/`(composer\.\w*)\$\{/g)].map((found) => found[1] ?? '');
  for (const key of asked) expect(english).toHaveProperty([key ?? '']);
  const isUsed = (key: string) =>
    asked.has(key) || starts.some((start) => key.startsWith(start) && start !== 'composer.');
  const fields = ['temperature', 'top_p', 'max_tokens', 'seed', 'extra'].map((name) => `composer.${name}`);
  expect(Object.keys(english).filter((key) => !isUsed(key) && !fields.includes(key))).toEqual([]);
});
