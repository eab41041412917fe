// The reader of events: the same whatever the chunks, and bounded.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventReader, TooLong } from '../src/chat/sse';
import { ThinkSplitter } from '../src/chat/think';
import { Seam } from '../src/chat/seam';

type Heard = [kind: 'data' | 'comment', text: string, event?: string][];

function read(pieces: readonly Uint8Array[], most?: number, mostAll?: number): Heard | 'too long' {
  const heard: Heard = [];
  const reader = new EventReader(
    {
      data: (text, event) => void heard.push(['data', text, event]),
      comment: (text) => void heard.push(['comment', text]),
    },
    most,
    mostAll,
  );
  try {
    for (const piece of pieces) reader.feed(piece);
    reader.end();
  } catch (error) {
    if (error instanceof TooLong) return 'too long';
    throw error;
  }
  return heard;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const at = (text: string) => read([bytes(text)]);

/** The same bytes in pieces that end anywhere, in the midst of characters too. */
const cut = (whole: Uint8Array, places: readonly number[]): Uint8Array[] => {
  const sorted = [...new Set(places.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => whole.slice(from, [...sorted, whole.length][index]));
};
const places = fc.array(fc.nat(), { maxLength: 40 });

const line = fc.oneof(
  fc.constantFrom(
    'data: [DONE]',
    ': keep',
    ': franca {"cost":1}',
    '',
    'event: error',
    'id: 7',
    'retry: 1',
    'data',
    'data:',
    'x',
    '{"a":1}',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
);
const text = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r', '\r\n', '\n\n', '\r\n\r\n', '\r\r')), { maxLength: 20 })
  .map((lines) => lines.map(([one, end]) => one + end).join(''));

describe('events', () => {
  it('are the same in any chunking of the bytes', () => {
    fc.assert(
      fc.property(text, fc.boolean(), places, (one, mark, where) => {
        const whole = bytes((mark ? '\ufeff' : '') + one);
        expect(read(cut(whole, where))).toEqual(read([whole]));
        expect(read([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(read([whole]));
      }),
      { numRuns: 400 },
    );
  });
  it('are bounded in the same way in any chunking', () => {
    fc.assert(
      fc.property(text, places, fc.integer({ min: 1, max: 60 }), (one, where, most) => {
        const whole = bytes(one);
        const inPieces = read(cut(whole, where), most);
        const atOnce = read([whole], most);
        expect(inPieces === 'too long').toBe(atOnce === 'too long');
        if (atOnce !== 'too long') expect(inPieces).toEqual(atOnce);
      }),
      { numRuns: 400 },
    );
  });
  it('end with LF, CR or CRLF, and do not need the last empty line', () => {
    for (const end of ['\n', '\r', '\r\n']) {
      expect(at(`data: a${end}${end}data: b${end}`)).toEqual([
        ['data', 'a', ''],
        ['data', 'b', ''],
      ]);
    }
  });
  it('join several lines of data, and take one space off', () => {
    expect(at('data: a\ndata:  b\ndata:c\ndata\n\n')).toEqual([['data', 'a\n b\nc\n', '']]);
  });
  it('tell comments and the name of an event', () => {
    expect(at(': franca {"a":1}\nevent: error\ndata: {}\n\ndata: x\n\n')).toEqual([
      ['comment', 'franca {"a":1}'],
      ['data', '{}', 'error'],
      ['data', 'x', ''],
    ]);
  });
  it('begin behind a byte order mark', () => {
    expect(at('\ufeffdata: a\n\n')).toEqual([['data', 'a', '']]);
  });
  it('may be a plain JSON answer, on one line or on many', () => {
    expect(at('{"a": 1}')).toEqual([['data', '{"a": 1}\n', '']]);
    const pretty = JSON.stringify({ choices: [{ data: 1 }], data: 'x' }, null, 2);
    expect(JSON.parse(String((at(pretty) as Heard)[0]?.[1]))).toEqual(JSON.parse(pretty));
  });
  it('longer than the bound, and more of them than the bound, are not read', () => {
    expect(read([bytes(`data: ${'x'.repeat(200)}\n\n`)], 100)).toBe('too long');
    expect(read([bytes(`data: ${'x'.repeat(60)}\ndata: ${'x'.repeat(60)}\n`)], 100)).toBe('too long');
    expect(read([bytes('x'.repeat(101))], 100)).toBe('too long');
    expect(read([bytes('data: x\n\n'.repeat(20))], 100, 100)).toBe('too long');
    expect(read([bytes('data: x\n\n'.repeat(20))], 100)).toHaveLength(20);
  });
});

const pieces = (whole: string, where: readonly number[]): string[] => {
  const sorted = [...new Set(where.map((place) => place % (whole.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, index) => whole.slice(from, [...sorted, whole.length][index]));
};

function split(list: readonly string[]): [reasoning: string, text: string] {
  let text = '';
  let reasoning = '';
  const splitter = new ThinkSplitter(
    (piece) => void (text += piece),
    (piece) => void (reasoning += piece),
  );
  for (const one of list) splitter.feed(one);
  splitter.end();
  return [reasoning, text];
}

describe('think tags', () => {
  it.each([
    ['<think>They greet.</think>\n\nHello!', 'They greet.', 'Hello!'],
    ['\n <thinking> a <think> b\n</thinking>c', 'a <think> b', 'c'],
    ['[THINK]x[/THINK]', 'x', ''],
    ['<thought>cut off </though', 'cut off </though', ''],
    ['Say <think>no</think>', '', 'Say <think>no</think>'],
    ['  plain', '', '  plain'],
    ['<thin', '', '<thin'],
    ['a</think>b', '', 'a</think>b'],
    ['<think></think>\n\nHi', '', 'Hi'],
  ])('%j', (whole, reasoning, text) => expect(split([whole])).toEqual([reasoning, text]));

  it('are told apart in the same way wherever the text was cut', () => {
    const part = fc.constantFrom(
      '<think>',
      '</think>',
      '<thi',
      'nk>',
      '[THINK]',
      '[/THINK]',
      ' ',
      '\n',
      'a',
      'bc',
      '</',
      '<',
      'ü',
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 14 }).map((list) => list.join('')),
        places,
        (whole, where) => {
          expect(split(pieces(whole, where))).toEqual(split([whole]));
          expect(split([...whole])).toEqual(split([whole]));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const joined = (before: string, list: readonly string[]): string => {
  const seam = new Seam(before);
  return before + list.map((one) => seam.feed(one)).join('') + seam.end();
};

describe('the seam of an answer that is gone on with', () => {
  const before = 'It was the best of times, it was the worst of times,';
  it('leaves out what is said again', () => {
    expect(joined(before, ['it was the worst', ' of times, it was the age'])).toBe(`${before} it was the age`);
  });
  it('keeps a short repetition, and one that is not at the beginning', () => {
    expect(joined('abc the end', [' the end'])).toBe('abc the end the end');
    expect(joined(before, [' ', before])).toBe(`${before} ${before}`);
  });
  it('is the same in any chunking, and loses nothing of an answer that does not repeat', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', 'b', ' '), minLength: 0, maxLength: 80 }),
        fc.nat(80),
        fc.string({ unit: fc.constantFrom('a', 'b', ' ', 'c'), maxLength: 40 }),
        places,
        (old, repeated, more, where) => {
          const next = old.slice(Math.max(0, old.length - repeated)) + more;
          const once = joined(old, [next]);
          expect(joined(old, pieces(next, where))).toBe(once);
          expect((old + next).endsWith(once.slice(old.length))).toBe(true);
          expect([...Array(61).keys()].map((n) => old + next.slice(n === 0 ? 0 : n + 19))).toContain(once);
        },
      ),
      { numRuns: 500 },
    );
  });
});
