// Markdown to tokens: marked's lexer, taught formulas and kept from what could cost without bound.
import { Lexer, Tokenizer, type MarkedOptions, type Token, type Tokens, type TokensList } from 'marked';

type Links = TokensList['links'];

/** What was read so far, in characters; only for tests of the cost. */
export const read = { characters: 0 };

/** Nesting beyond this stays text: it bounds recursion, whatever a model writes. */
const DEEPEST = 10;
/** A longer run of text is read in pieces of this size: some of marked's rules grow with the square of the length. */
const PIECE = 3000;
/** Of links so many: what could be a link costs most. */
const LINKS = 60;

const DOLLARS = /^(?:\$\$((?:\\[^]|[^\\$`])+)\$\$|\$((?:\\[^]|[^\\$`])+)\$(?![\d$]))/;
const SLASHED = /^\\(?:\(((?!\s*\n\s*\n)[^]{1,2000}?)\\\)|\[([^]{1,2000}?)\\\])/;
const BLOCK =
  /^ {0,3}(?:\$\$(?:\\[^]|(?!\$\$|\n\s*\n)[^]){1,4000}\$\$|\\\[(?:(?!\\\]|\n\s*\n)[^]){1,4000}\\\])[ \t]*(?:\n+|$)/;

/** The formula at the start of a text: as pandoc has it, so that "$5 and $10" stay prices. */
function formula(text: string): string {
  const slashed = SLASHED.exec(text);
  if (slashed) return slashed[0];
  const found = DOLLARS.exec(text);
  if (!found) return '';
  const inner = found[2];
  return inner !== undefined && (/^\s|\s$|\n\s*\n/.test(inner) || /^\d[\d.,]*\s+[a-z]{2}/i.test(inner)) ? '' : found[0];
}

const rules: MarkedOptions['extensions'] = {
  renderers: {},
  childTokens: {},
  inline: [
    (text) => {
      const raw = text[0] === '$' || text[0] === '\\' ? formula(text) : '';
      return raw ? { type: 'maths', raw } : undefined;
    },
  ],
  startInline: [(text) => text.search(/\$|\\[([]/)],
  block: [
    (text) => {
      const found = BLOCK.exec(text);
      return found ? { type: 'maths', raw: found[0], block: true } : undefined;
    },
  ],
  startBlock: [(text) => text.search(/\n {0,3}(?:\$\$|\\\[)/) + 1 || -1],
};

/** No emphasis begins or ends inside a formula. */
function masked(text: string): string {
  if (!text.includes('$')) return text;
  const mask = (found: string): string => (formula(found) === found ? 'a'.repeat(found.length) : found);
  return text.replace(/\$\$?[^$`]+\$\$?(?!\d)/g, mask);
}

class Rules extends Tokenizer {
  #depth = 0;

  /** Quotes with lines that only continue them are read by marked in a recursion as deep as they are long. */
  override blockquote(text: string): Tokens.Blockquote | undefined {
    const flat: Token = { type: 'text', raw: text, text };
    if (this.#depth >= DEEPEST) return { type: 'blockquote', raw: text, text, tokens: [flat] };
    this.#depth++;
    try {
      return super.blockquote(text);
    } finally {
      this.#depth--;
    }
  }
  override html(text: string): Tokens.HTML | undefined {
    return /^ {0,3}<br[\s/>]/i.test(text) ? undefined : super.html(text);
  }
  override def(text: string): Tokens.Def | undefined {
    return /^ {0,3}\[\^/.test(text) ? undefined : super.def(text); // a footnote is no definition of a link
  }
}

const hooks = { emStrongMask: masked } as MarkedOptions['hooks'];

/** Where a piece of a long text ends: at a space, if there is one; never inside a picture's data. */
function pieceEnd(text: string, from: number): number {
  let end = Math.min(from + PIECE, text.length);
  for (let count = 0, at = from; (at = text.indexOf('](', at) + 1) > 0 && at < end;) if (++count > LINKS) end = at;
  if (end === text.length) return end;
  const space = Math.max(text.lastIndexOf(' ', end), text.lastIndexOf('\n', end));
  if (space > from) return space;
  const next = text.slice(from).search(/\s/);
  const run = next < 0 ? text.length : from + next;
  const data = text.lastIndexOf('](data:image/', run);
  if (data >= from && /^[\w:/;,+=-]*\)/.test(text.slice(data + 2))) return run;
  return /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end + 1 : end;
}

class Reader extends Lexer {
  #depth = 0;

  #deeper(src: string, tokens: Token[], work: () => Token[]): Token[] {
    if (this.#depth >= DEEPEST) {
      tokens.push({ type: 'text', raw: src, text: src });
      return tokens;
    }
    this.#depth++;
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  override blockTokens(src: string, tokens?: Token[], clipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, clipped?: boolean): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], clipped?: boolean): Token[] {
    return this.#deeper(src, tokens, () => super.blockTokens(src, tokens, clipped));
  }

  override inlineTokens(src: string, tokens: Token[] = []): Token[] {
    return this.#deeper(src, tokens, () => {
      for (let from = 0, end; from < src.length; from = end) {
        end = pieceEnd(src, from);
        super.inlineTokens(src.slice(from, end), tokens);
      }
      return tokens;
    });
  }
}

/** The tokens of a text. `links` are the definitions known; what the text defines is added to them. */
export function tokensOf(text: string, links: Links = Object.create(null) as Links): Token[] {
  read.characters += text.length;
  const reader = new Reader({ gfm: true, tokenizer: new Rules(), extensions: rules, hooks });
  reader.tokens.links = links;
  return reader.lex(text);
}

export type { Links };
