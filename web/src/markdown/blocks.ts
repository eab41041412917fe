// Where Markdown may be cut: lines come in, pieces go out that mean the same whatever comes later. The cut depends on
// the lines alone, never on when they came, so that an answer in a thousand chunks is the answer in one.
import { tokensOf } from './reader';

/** `table` pieces are its head and then each row; `list` pieces are its items. */
export type Kind = 'none' | 'text' | 'list' | 'table' | 'html' | 'maths' | 'quote' | 'indented' | 'fence';

export interface Piece {
  kind: Kind;
  source: string;
  /** An item or a row of the list or table before it. */
  more: boolean;
  /** A blank line stood before this item. */
  apart: boolean;
  /** What must be read before a row so that it is one. */
  head: string;
}

/** Who takes the pieces. A fence comes line by line, since it may be long and needs no reading. */
export interface Taker {
  piece(piece: Piece): void;
  open(language: string): void;
  code(line: string): void;
  close(): void;
}

export const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})(.*)$/;
const HEADING = /^ {0,3}#{1,6}(?:\s|$)/;
const RULE = /^ {0,3}(?:(?:-[\t ]*){3,}|(?:_[\t ]*){3,}|(?:\*[\t ]*){3,})$/;
const UNDERLINE = /^ {0,3}(?:=+|-+) *$/;
const QUOTE = /^ {0,3}>/;
const BULLET = /^( {0,3}(?:[*+-]|\d{1,9}[.)]))([ \t].*)?$/;
const ITEM_IN_TEXT = /^ {0,3}(?:[*+-]|1[.)]) /;
const FORMULA = /^ {0,3}(\$\$|\\\[)/;
const DELIMITERS = /^ {0,3}(?=.*[:|])\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

/** What is longer than this is cut at the next line, whatever it is: some of marked's rules are slow on long texts. */
const LONGEST = { quote: 12_000, text: 30_000, other: 100_000 };

const indent = (line: string): number => line.replace(/\t/g, '    ').search(/[^ ]/);
/** Whether raw HTML begins with this line; where it does is what marked says. */
const beginsHtml = (line: string, before = ''): boolean =>
  /^ {0,3}<[a-z/!?]/i.test(line) && tokensOf(before + line.slice(0, 1000)).at(-1)?.type === 'html';
/** The other end of a formula that this line begins and does not end. */
function formulaEnd(line: string): string {
  const found = FORMULA.exec(line);
  if (!found) return '';
  const end = found[1] === '$$' ? '$$' : '\\]';
  return line.includes(end, found[0].length) ? '' : end;
}

export class Blocks {
  kind: Kind = 'none';
  source = '';
  more = false;
  apart = false;
  head = '';
  #last = ''; // the line before
  #blank = false; // a blank line came since
  #inner = 0; // where the content of an item begins
  #mark = ''; // the kind of bullet
  #end = ''; // what closes a formula
  #fence = ''; // what opened a fence
  #dent = 0; // spaces before a fence

  constructor(private readonly taker: Taker) {}

  /** What is open, as a piece. */
  piece(): Piece {
    return { kind: this.kind, source: this.source, more: this.more, apart: this.apart, head: this.head };
  }

  /** One whole line. */
  line(line: string): void {
    if (this.kind === 'fence') {
      if (/^ {0,3}([`~]+) *$/.exec(line)?.[1]?.startsWith(this.#fence)) this.finish();
      else this.taker.code(this.undented(line));
      return;
    }
    const { kind } = this;
    if (this.source.length > LONGEST[kind === 'quote' || kind === 'text' ? kind : 'other']) this.finish();
    if (!/[^ \t]/.test(line)) this.#empty(line);
    else this.#full(line);
    this.#last = line;
  }

  /** A line of a fence that is indented loses as much of its indentation. */
  undented(line: string): string {
    const spaces = line.search(/[^ ]|$/);
    return line.slice(Math.min(spaces, this.#dent));
  }

  /** Whether a part of a line may still turn out to close the fence. */
  mayClose(part: string): boolean {
    return /^ *[`~]* *$/.test(part);
  }

  /** Nothing more comes to what is open. */
  finish(): void {
    if (this.kind === 'fence') this.taker.close();
    else if (this.source) this.taker.piece(this.piece());
    this.kind = 'none';
    this.source = '';
    this.more = this.apart = this.#blank = false;
    this.head = '';
  }

  #add(line: string): void {
    this.source += line + '\n';
    this.#blank = false;
  }

  #empty(line: string): void {
    if (this.kind !== 'list' && this.kind !== 'indented') return this.finish();
    this.source += line + '\n';
    this.#blank = true;
  }

  #full(line: string): void {
    switch (this.kind) {
      case 'none':
        return this.#begin(line);
      case 'html':
        return this.#add(line);
      case 'indented':
        return indent(line) >= 4 ? this.#add(line) : this.#renew(line);
      case 'maths':
        if (FENCE.test(line)) return this.#renew(line);
        if (line.includes(this.#end)) this.kind = 'text';
        return this.#add(line);
      case 'list':
        return this.#inList(line);
    }
    if (this.kind === 'text' && UNDERLINE.test(line)) {
      this.#add(line);
      return this.finish();
    }
    if (this.#interrupted(line)) return this.#renew(line);
    if (this.kind === 'table') return this.#row(line);
    this.#add(line);
    if (this.kind === 'text' && DELIMITERS.test(line)) this.#table(line);
  }

  #renew(line: string): void {
    this.finish();
    this.#begin(line);
  }

  /** A line that belongs to nothing before it. */
  #begin(line: string): void {
    const fence = FENCE.exec(line);
    if (fence) {
      this.kind = 'fence';
      this.#dent = fence[1]?.length ?? 0;
      this.#fence = fence[2] ?? '';
      return this.taker.open((fence[3] ?? '').trim());
    }
    this.kind = 'text';
    this.#add(line);
    if (indent(line) >= 4) this.kind = 'indented';
    else if (HEADING.test(line) || RULE.test(line)) this.finish();
    else if (QUOTE.test(line)) this.kind = 'quote';
    else if (BULLET.test(line)) this.#item(line);
    else if (beginsHtml(line)) this.kind = 'html';
    else if ((this.#end = formulaEnd(line))) this.kind = 'maths';
  }

  #item(line: string): void {
    const [, bullet = '', rest = ''] = BULLET.exec(line) ?? [];
    const spaces = rest.search(/[^ ]/);
    this.kind = 'list';
    this.#mark = bullet.slice(-1);
    this.#inner = bullet.length + (rest.trim() ? (spaces > 4 ? 1 : spaces) : 1);
  }

  #inList(line: string): void {
    if (indent(line) >= this.#inner) return this.#add(line);
    const bullet = BULLET.exec(line);
    if (bullet && bullet[1]?.slice(-1) === this.#mark && !RULE.test(line)) {
      const apart = this.#blank;
      this.finish();
      this.more = true;
      this.apart = apart;
      this.#add(line);
      return this.#item(line);
    }
    const html = /^ {0,3}<(?:[a-z].*>|!--)/i.test(line);
    const other = bullet || html || FENCE.test(line) || HEADING.test(line) || RULE.test(line);
    if (other || this.#blank) this.#renew(line);
    else this.#add(line);
  }

  /** Whether a line ends a paragraph, a quote or a table without a blank line. */
  #interrupted(line: string): boolean {
    return (
      FENCE.test(line) ||
      HEADING.test(line) ||
      RULE.test(line) ||
      (this.kind !== 'quote' && QUOTE.test(line)) ||
      ITEM_IN_TEXT.test(line) ||
      (this.kind === 'table' && indent(line) >= 4) ||
      (line[0] === '<' && beginsHtml(line, 'x\n')) ||
      (this.kind === 'text' && FORMULA.test(line))
    );
  }

  /** The line may make the one before it the head of a table. Marked says whether it does. */
  #table(line: string): void {
    const found = tokensOf(this.#last.slice(0, 5000) + '\n' + line.slice(0, 5000))[0];
    if (found?.type !== 'table') return;
    this.kind = 'table';
    this.head = '';
    this.taker.piece(this.piece());
    this.source = '';
    this.more = true;
    this.head = '|' + 'x|'.repeat((found as { header: unknown[] }).header.length) + '\n' + line + '\n';
  }

  #row(line: string): void {
    this.taker.piece({ ...this.piece(), source: line + '\n' });
  }
}
