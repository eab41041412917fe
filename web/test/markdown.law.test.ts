// The law of the renderer: an answer in any chunks, shown at any moments, ends as the answer that came at once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formula } from '../src/markdown/later';
import { read, tokensOf } from '../src/markdown/reader';
import { Stream } from '../src/markdown/stream';
import { blocks, type Writing } from '../src/markdown/write';
import { CORPUS } from './markdown.corpus';

const how = { images: () => true, loaded: new Set<string>(), formula };

function stream(): { stream: Stream; element: HTMLElement } {
  const element = document.createElement('div');
  return { stream: new Stream(element, how), element };
}

function once(text: string): HTMLElement {
  const { stream: one, element } = stream();
  one.append(text);
  one.finish();
  return element;
}

/** The text in pieces of these lengths (again and again), shown after those where `shown` says so. */
function chunked(text: string, lengths: readonly number[], shown: readonly boolean[]): HTMLElement {
  const { stream: one, element } = stream();
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    one.append(text.slice(at, at + length));
    at += length;
    if (shown[turn % shown.length]) one.flush();
  }
  one.finish();
  return element;
}

function same(a: HTMLElement, b: HTMLElement): void {
  if (!a.isEqualNode(b)) expect(a.outerHTML).toBe(b.outerHTML); // to see where; attributes may differ in their order
  expect(a.isEqualNode(b)).toBe(true);
}

const lines = fc.constantFrom(
  '',
  '',
  '',
  'word',
  'some *more* words',
  '# Title',
  '## T #',
  '===',
  '---',
  '- - -',
  '***',
  '- a',
  '- b',
  '  - nested',
  '    deep',
  '  text',
  '* star',
  '+ plus',
  '1. one',
  '2. two',
  '3) three',
  '   three',
  '> quote',
  '> - in quote',
  '>> twice',
  '```',
  '```js',
  '~~~',
  '    code',
  '\tcode',
  '| a | b |',
  '|---|:-:|',
  '--|--',
  '| 1 | 2 |',
  'a | b',
  '[x]: http://a.b',
  '[x] and [y][x]',
  '[y]: <http://c.d> "t"',
  '<div>',
  '</div>',
  '<br>',
  'a<br>b',
  '<!-- c',
  '-->',
  '$$',
  '\\[',
  '\\]',
  '$$x$$',
  'is $a_b$ *and $c*$',
  '- [ ] do',
  '- [x] done',
  '`a',
  'b`',
  '**',
  'a\\',
  'two  ',
  '![i](http://i.j/k.png)',
  '- ```',
  '  ```',
  '-',
  '1.',
  '&amp; &#65;',
  '\\# no',
  '\0',
  '😀 é',
  '- # h',
  '-\tt',
  '  1. in',
  '   ```py',
  '[^1]: Foot',
  '<script>',
  '</script>',
  '  | x',
  'http://a.b/c_d_e',
  '$5 and $10',
  '\\(a*b\\)',
  '"t"',
  '<a href="x',
);
const documents = fc
  .array(fc.tuple(lines, fc.constantFrom('\n', '\n', '\n', '\n\n', '\r\n', '\r', ' ')), { maxLength: 30 })
  .map((all) => all.flat().join(''));
const marks = 'ab \n\n\t*_`~#>-+=|:[]()!<>$\\&;.1"\'\r/x'.split('');
const anything = fc.string({ unit: fc.constantFrom(...marks), maxLength: 120 });
const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
const shown = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });

const RUNS = Number(process.env.RUNS ?? 300);

describe('streamed is at once', () => {
  it('for documents of lines of every kind, in any chunks, shown at any moments', () => {
    fc.assert(
      fc.property(documents, lengths, shown, (text, some, when) => {
        same(chunked(text, some, when), once(text));
      }),
      { numRuns: RUNS },
    );
  });

  it('for any text made of what Markdown is made of', () => {
    fc.assert(
      fc.property(anything, lengths, shown, (text, some, when) => {
        same(chunked(text, some, when), once(text));
      }),
      { numRuns: RUNS },
    );
  });

  it.each(CORPUS.map((text, index) => [index, text] as const))('for the nasty document %i', (_, text) => {
    const whole = once(text);
    for (const length of text.length < 1000 ? [1, 2, 3, 7, 50] : [7, 50]) same(chunked(text, [length], [true]), whole);
    same(chunked(text, [1], [false, false, false, false, false, false, true]), whole);
  });
});

describe('cut into pieces', () => {
  /** All that marked makes of the whole text at once, without cuts. */
  function uncut(text: string): HTMLElement {
    const element = once('');
    const writing: Writing = { ...how, final: true, mark: () => undefined };
    element.append(...blocks(tokensOf(text), writing));
    return element;
  }
  // Not among them: raw HTML that goes on over blank lines, where pieces end on purpose, and what marked itself reads
  // otherwise than CommonMark.
  const sane = fc
    .array(
      fc.tuple(
        fc.constantFrom(
          'word',
          'some *more* words\nand a line',
          '# Title',
          'Under\n===',
          'Under\n---',
          '***',
          '- a\n- b',
          '- a\n\n- b',
          '- a\n  - b\n    - c\n- d',
          '1. one\n2. two',
          '1. one\n\n   more\n\n2. two',
          '- a\n\n  ```js\n  x\n\n  y\n  ```\n- b',
          '* x\n  lazy\nlazier',
          '> quote\nlazy\n> more',
          '> a\n>\n> - b\n> - c',
          '```js\nlet a;\n\n# no\n- no\n```',
          '~~~\n```\n~~~',
          '    code\n\n    more',
          '| a | b |\n|---|:-:|\n| 1 | *2* |\n| 3 |',
          'text\na | b\n--|--\n1 | 2',
          '<div>\n*raw*\n</div>',
          'a<br>b',
          '$$\nx\n= y\n$$',
          '\\[\n- b\n\\]',
          '- [ ] do\n- [x] done',
          '3) three\n4) four',
          'text\n- list',
          'text\n# head',
          'text\n> quote',
          'text\n```\ncode\n```',
          '+ a\n\n\n+ b',
          '- a\n  # in\n- b',
          '- a\n  > in\n- b',
          '- a\n\n      code\n- b',
          '- a\n  | x | y |\n  |---|---|\n  | 1 | 2 |\n- b',
          '10. ten\n11. eleven',
          '[x] and $a$ `b`',
        ),
        fc.constantFrom('\n\n', '\n\n', '\n\n\n'),
      ),
      { maxLength: 8 },
    )
    .map((all) => all.flat().join(''));

  it('a text is what marked makes of the whole', () => {
    fc.assert(
      fc.property(sane, (text) => {
        same(once(text), uncut(text));
      }),
      { numRuns: RUNS },
    );
  });
});

describe('the cost', () => {
  const HUGE: Record<string, (n: number) => string> = {
    list: (n) => '- an item of a *list* that goes on\n'.repeat(n),
    'loose list': (n) => '1. an item of a *list*\n\n'.repeat(n),
    'nested list': (n) => '- top\n' + '  - an item of a *list* that goes on\n'.repeat(n),
    table: (n) => '| a | b |\n|---|---|\n' + '| some words | *others* |\n'.repeat(n),
    code: (n) => '```py\n' + 'for each in everything: print(each)\n'.repeat(n),
    paragraph: (n) => 'many **words** without an end, and then `more` '.repeat(n),
    'paragraph of lines': (n) => 'many **words** without an end\n'.repeat(n),
    quote: (n) => '> many **words** without an end\n'.repeat(n),
    blocks: (n) => 'A paragraph of *some* words.\n\n'.repeat(n),
  };
  it.each(Object.keys(HUGE))('of a huge %s grows with its length, not with its square', (name) => {
    const cost = (n: number): number => {
      const text = HUGE[name]?.(n) ?? '';
      read.characters = 0;
      chunked(text, [4], [true]);
      return read.characters / text.length;
    };
    const [less, more] = [cost(100), cost(400)];
    expect(more).toBeLessThan(400);
    expect(more).toBeLessThan(less * 1.4 + 20);
  });
});
