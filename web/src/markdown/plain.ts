// The words of Markdown without its marks: for what is spoken and for titles.
import type { Token, Tokens } from 'marked';
import { decoded } from './address';
import { tokensOf } from './reader';

const LONGEST = 20_000;
const BREAKS = /^(?:paragraph|heading|code|blockquote|list_item|hr|html|maths|tablerow)$/;

function words(token: Token): string {
  const { type } = token;
  if (type === 'space' || type === 'def' || type === 'hr') return '';
  if (type === 'br') return '\n';
  if (type === 'html') return /^<br/i.test(token.raw) ? '\n' : '';
  if (type === 'table') {
    const rows: { tokens: Token[] }[][] = [token.header, ...token.rows];
    return rows.map((row) => row.map((cell) => cell.tokens.map(words).join('')).join(', ') + '\n').join('');
  }
  const inside: Token[] | undefined = type === 'list' ? token.items : (token as Tokens.Generic).tokens;
  const own = inside
    ? inside.map(words).join('')
    : type === 'codespan' || type === 'code' || type === 'escape'
      ? String(token.text)
      : decoded(token.raw);
  return BREAKS.test(type) ? own + '\n' : own;
}

/** The text of Markdown, a line for each block. Only its beginning is read if it is very long. */
export function plainText(markdown: string): string {
  return tokensOf(markdown.slice(0, LONGEST))
    .map(words)
    .join('')
    .replace(/\n{2,}/g, '\n')
    .trim();
}
