// Reads JSON that a person wrote and says where it goes wrong: what browsers say of it differs, and some say nothing.

export interface Wrong {
  at: number; // index of the first character that cannot stand there; the length where more is missing
  line: number;
  column: number; // both from 1
  sign: string; // that character; "" at the end
}
export type Read = { value: unknown; wrong?: undefined } | { value?: undefined; wrong: Wrong };

export function readJson(text: string): Read {
  try {
    return { value: JSON.parse(text) };
  } catch {
    const at = wrongAt(text);
    const lines = text.slice(0, at).split(/\r\n|\r|\n/);
    const column = [...(lines.at(-1) ?? '')].length + 1;
    return { wrong: { at, line: lines.length, column, sign: String.fromCodePoint(...codeAt(text, at)) } };
  }
}

const codeAt = (text: string, at: number) => (at < text.length ? [text.codePointAt(at) ?? 0] : []);

const SPACE = /[ \t\n\r]*/y;
const WORDS = ['true', 'false', 'null'];
// Each part of a number may be followed by the next; the first that does not fit is where it ends.
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HALF_NUMBER = /-?(?:(?:0|[1-9]\d*)(?:\.(?:\d+(?:[eE][+-]?)?)?|[eE][+-]?)?)?/y;
// In pieces: browsers refuse a pattern that repeats a choice too often.
const PIECE = /[^"\\\u0000-\u001f]+|\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const HALF_ESCAPE = /\\(?:u[\da-fA-F]{0,3})?/y;

/** Where a sticky pattern that is matched at a place ends; the place itself where it does not match. */
function end(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

/** The end of a string that begins here; where it goes wrong is given as its complement (`~`), as below. */
function stringEnd(text: string, from: number): number {
  let at = from + 1;
  for (let next = end(PIECE, text, at); next > at; next = end(PIECE, text, at)) at = next;
  return text[at] === '"' ? at + 1 : ~end(HALF_ESCAPE, text, at);
}

function wordEnd(text: string, from: number): number {
  const word = WORDS.find((one) => one[0] === text[from]);
  if (!word) return ~from;
  let length = 1;
  while (length < word.length && text[from + length] === word[length]) length++;
  return length === word.length ? from + length : ~(from + length);
}

function numberEnd(text: string, from: number): number {
  const whole = end(NUMBER, text, from);
  const half = end(HALF_NUMBER, text, from);
  return half > whole || whole === from ? ~half : whole;
}

/** The place of the first mistake in a text that is not JSON. */
function wrongAt(text: string): number {
  const open: string[] = [];
  let wants: 'value' | 'first' | 'key' | 'next' = 'value';
  for (let at = end(SPACE, text, 0); at < text.length; at = end(SPACE, text, at)) {
    const sign = text[at] ?? '';
    let next = at + 1;
    if (wants === 'next') {
      const closer = open.at(-1);
      if (closer && sign === closer) open.pop();
      else if (closer && sign === ',') wants = closer === '}' ? 'key' : 'value';
      else return at;
    } else if (wants === 'first' && sign === open.at(-1)) {
      open.pop();
      wants = 'next';
    } else if (wants === 'key' || (wants === 'first' && open.at(-1) === '}')) {
      if (sign !== '"') return at;
      next = stringEnd(text, at);
      if (next < 0) return ~next;
      next = end(SPACE, text, next);
      if (text[next] !== ':') return next;
      next += 1;
      wants = 'value';
    } else if (sign === '{' || sign === '[') {
      open.push(sign === '{' ? '}' : ']');
      wants = 'first';
    } else {
      next = sign === '"' ? stringEnd(text, at) : /[-\d]/.test(sign) ? numberEnd(text, at) : wordEnd(text, at);
      if (next < 0) return ~next;
      wants = 'next';
    }
    at = next;
  }
  return text.length;
}
