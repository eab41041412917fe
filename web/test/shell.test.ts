// The small rules of the shell: shortcuts, the search for models, which servers may be added, and the words.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Model } from '../src/model/types';
import { grouped, matching } from '../src/models/match';
import { allowed } from '../src/settings/allowed';
import { shortcutOf } from '../src/shell/keys';

const press = (key: string, more: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

describe('shortcuts', () => {
  it('Ctrl and Command are the same', () => {
    expect(shortcutOf(press('k', { ctrlKey: true }), true)?.run).toBe('search');
    expect(shortcutOf(press('k', { metaKey: true }), true)?.run).toBe('search');
    expect(shortcutOf(press('O', { ctrlKey: true, shiftKey: true }), true)?.run).toBe('new');
    expect(shortcutOf(press(',', { ctrlKey: true }), true)?.run).toBe('settings');
  });
  it('plain keys belong to a field that has the focus', () => {
    for (const key of ['j', 'k', '/', '?']) {
      expect(shortcutOf(press(key), true)).toBeUndefined();
      expect(shortcutOf(press(key), false)).toBeDefined();
    }
  });
  it('a sign that needs Shift on this keyboard is the same sign', () => {
    expect(shortcutOf(press('?', { shiftKey: true }), false)?.run).toBe('help');
    expect(shortcutOf(press('/', { shiftKey: true }), false)?.run).toBe('compose'); // as on a German keyboard
  });
  it('leaves to the browser what is not its own', () => {
    expect(shortcutOf(press('o', { ctrlKey: true }), false)).toBeUndefined();
    expect(shortcutOf(press('k', { altKey: true, ctrlKey: true }), false)).toBeUndefined();
    expect(shortcutOf(press('J', { shiftKey: true }), false)).toBeUndefined();
  });
});

const model = (id: string, more: Partial<Model> = {}): Model => ({
  id,
  name: id,
  server: '',
  reads: [],
  supports: [],
  ...more,
});

describe('the search for models', () => {
  const all = [model('groq/llama-3.3-70b'), model('openai/gpt-5'), model('openai/gpt-5-mini', { supports: ['tools'] })];
  it('wants every word, in any order', () => {
    expect(matching(all, 'mini gpt').map((one) => one.id)).toEqual(['openai/gpt-5-mini']);
    expect(matching(all, 'llama openai')).toEqual([]);
  });
  it('finds abilities, and puts names before them', () => {
    expect(matching(all, 'tools').map((one) => one.id)).toEqual(['openai/gpt-5-mini']);
    expect(matching([...all, model('x/tools')], 'tools')[0]?.id).toBe('x/tools');
  });
  it('shows all of them for nothing', () => {
    expect(matching(all, '  ')).toEqual(all);
  });
  it('lists each model once, favourites first, without those that are gone', () => {
    const groups = grouped(all, ['openai/gpt-5', 'gone'], ['openai/gpt-5', 'groq/llama-3.3-70b']);
    expect(groups.map((one) => [one.name, one.models.map((found) => found.id)])).toEqual([
      ['favourites', ['openai/gpt-5']],
      ['recents', ['groq/llama-3.3-70b']],
      ['all', ['openai/gpt-5-mini']],
    ]);
  });
});

describe('servers that may be added', () => {
  const origins = ['https://*.example.com', 'http://127.0.0.1:11434', 'https://api.test'];
  it('are those of the operator', () => {
    for (const url of ['https://a.example.com/v1', 'http://127.0.0.1:11434/v1', 'https://api.test']) {
      expect(allowed(url, origins)).toBe('');
    }
  });
  it('and no others', () => {
    for (const url of [
      'https://example.com.evil/v1',
      'http://a.example.com',
      'http://127.0.0.1/v1',
      'https://api.test:8443',
    ]) {
      expect(allowed(url, origins)).toBe('settings.server_not_allowed');
    }
  });
  it('any by https where any are allowed, but none in plain text', () => {
    expect(allowed('https://anywhere.test/v1', ['*'])).toBe('');
    expect(allowed('http://anywhere.test/v1', ['*'])).toBe('settings.server_not_allowed');
  });
  it('and no address that hides something', () => {
    for (const url of [
      'javascript:alert(1)',
      'https://user:pass@api.test',
      'https://api.test/?q=1',
      'no address',
      'https://',
    ]) {
      expect(allowed(url, ['*'])).toBe('settings.server_no_url');
    }
  });
});

const TEXT = join(import.meta.dirname, '../src/text');
const SOURCE = join(import.meta.dirname, '../src');
const words = (language: string, file: string): Record<string, string> =>
  JSON.parse(readFileSync(join(TEXT, language, file), 'utf8'));
const files = readdirSync(join(TEXT, 'en')).filter((name) => name.endsWith('.json'));
const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();

describe('the words', () => {
  it.each(['de', 'tr', 'zh'])('%s says everything that English says, with the same values', (language) => {
    for (const file of files) {
      const english = words('en', file);
      const other = words(language, file);
      expect(Object.keys(other).sort(), file).toEqual(Object.keys(english).sort());
      for (const [key, text] of Object.entries(english)) {
        expect(holes(other[key] ?? ''), `${language} ${key}`).toEqual(holes(text));
      }
    }
  });
  it('are all there that the sources ask for, and each is asked for', () => {
    const said = new Set(files.flatMap((file) => Object.keys(words('en', file))));
    const sources = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => readFileSync(join(SOURCE, name), 'utf8'))
      .join('\n');
    const asked = [...sources.matchAll(/\bt\(\s*'([\w.]+)'/g)].map((found) => found[1] ?? '');
    expect(asked.filter((key) => !said.has(key))).toEqual([]);
    const prefixes = [...sources.matchAll(/`([\w]+\.[\w]*)\$\{/g)].map((found) => found[1] ?? '');
    const unused = [...said].filter(
      (key) => !sources.includes(`'${key}'`) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });
});
