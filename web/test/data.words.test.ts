// Titles and search: what is made of words.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { excerptOf, fold, searchIn } from '../src/data/search';
import { titleOf } from '../src/data/title';
import type { Chat, Message } from '../src/model/types';

const chat = (id: string, more: Partial<Chat> = {}): Chat => ({
  id,
  title: '',
  created: 1,
  updated: 1,
  tags: [],
  models: [],
  system: '',
  params: {},
  chosen: {},
  ...more,
});
const message = (id: string, text: string): Message => ({
  id,
  chat: 'a',
  role: 'user',
  parents: [],
  lane: 0,
  created: 1,
  text,
});
const none = new AbortController().signal;

describe('a title', () => {
  it.each([
    ['Hello', 'Hello'],
    ['\n\n## A **bold** [link](https://x.y) `code`\nmore', 'A bold link code'],
    ['```python\nprint(1)\n```', 'print(1)'],
    ['> 1. quoted', 'quoted'],
    ['---\n***\nafter a line', 'after a line'],
    ['-5 degrees, 2*3', '-5 degrees, 23'],
    ['你好，世界', '你好，世界'],
    ['a\u202Eb\tc', 'a b c'],
    [' \n ', ''],
    ['🙂', '🙂'],
  ])('of %j is %j', (text, title) => expect(titleOf(text)).toBe(title));

  it('is cut between words, and says so', () => {
    expect(titleOf('word '.repeat(50))).toBe(`${'word '.repeat(11).trim()}…`);
  });

  it('is short, one line and whole characters, whatever the text is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        const title = titleOf(text);
        expect([...title].length).toBeLessThanOrEqual(60);
        expect(title).not.toMatch(/[\n\r]/);
        expect(title, 'no half of a pair').not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
      }),
    );
  });
});

describe('search', () => {
  it.each([
    ['Äpfel', 'apfel'],
    ['İstanbul', 'istanbul'],
    ['ISPARTA', 'ısparta'],
    ['ığdır', 'IĞDIR'],
    ['ΟΔΟΣ', 'οδος'],
    ['cafe\u0301', 'CAFÉ'],
    ['中文字', '文'],
    ['Die Straße', 'STRASSE'],
  ])('finds in %j the words %j', (text, wanted) => expect(excerptOf(text, fold(wanted))).not.toBeNull());

  it('shows the hit itself in its excerpt, whatever stands around it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (before, after) => {
        const found = excerptOf(`${before} Größe ${after}`, fold('GRÖSSE'.replace('SS', 'ß')));
        expect(found).not.toBeNull();
        if (found) expect(fold(found.excerpt.slice(found.at, found.at + found.length))).toBe(fold('größe'));
      }),
    );
  });

  it('keeps an excerpt short', () => {
    const found = excerptOf(`${'x '.repeat(5000)}needle${' y'.repeat(5000)}`, 'needle');
    expect(found?.excerpt.length).toBeLessThan(150);
    expect(found?.excerpt).toMatch(/^…x.*needle.*…$/);
  });

  it('looks at titles and tags first, gives one hit a conversation, and at most as many as wanted', async () => {
    const list = [chat('a', { title: 'Needle' }), chat('b', { tags: ['needles'] }), chat('c'), chat('d')];
    const texts: Record<string, Message[]> = {
      c: [message('1', 'no'), message('2', 'a needle'), message('3', 'needle')],
    };
    const find = (most: number) => searchIn(list, async (id) => texts[id] ?? [], 'NEEDLE', most, none);
    expect((await find(9)).map((one) => [one.chat, one.message])).toEqual([
      ['a', undefined],
      ['b', undefined],
      ['c', '2'],
    ]);
    expect(await find(2)).toHaveLength(2);
    expect(await searchIn(list, async () => [], '  ', 9, none)).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    let asked = 0;
    const list = Array.from({ length: 50 }, (_, i) => chat(String(i)));
    const found = await searchIn(
      list,
      async () => (++asked === 3 && stop.abort(), [message('1', 'x')]),
      'x',
      99,
      stop.signal,
    );
    expect(found).toEqual([]);
    expect(asked).toBe(3);
  });
});
