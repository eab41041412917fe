// From tokens to nodes. Every element and attribute of an answer is made here, by name; no text is ever read as HTML.
import type { Token, Tokens } from 'marked';
import { t } from '../text';
import { decoded, linkable, local, remote } from './address';
import { languageOf } from './languages';

export interface Writing {
  /** Nothing of it can change any more: its code may be highlighted. */
  final: boolean;
  /** Whether remote images may be loaded at a click. */
  images: () => boolean;
  /** The remote images that were loaded at a click. */
  loaded: Set<string>;
  /** A formula as it can be shown now. */
  formula: (raw: string) => ChildNode;
  /** Code or a formula was written that may be shown better later. */
  mark: () => void;
  inLink?: boolean;
}

type Parent = Element | DocumentFragment;

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const name in attributes) element.setAttribute(name, attributes[name] ?? '');
  return element;
}

const AUTO = { dir: 'auto' };

/** A part that scrolls sideways: it can be reached and has a name. */
const scrolled = (tag: 'div' | 'pre', className: string, name: string): HTMLElement =>
  make(tag, className, { tabindex: '0', role: 'group', 'aria-label': name });

/** A block of code with its bar. `label` is what the model called the language: shown, never used. */
export function codeBlock(label: string, text: string, final: boolean): { whole: HTMLElement; code: HTMLElement } {
  const word = decoded(label).split(/\s/, 1)[0]?.slice(0, 40) ?? '';
  const whole = make('div', 'code', { dir: 'ltr' });
  const bar = make('div', 'bar');
  const name = make('span');
  name.textContent = word;
  const button = make('button', 'bare copy', { type: 'button' });
  button.textContent = t('markdown.copy');
  bar.append(name, button);
  const pre = scrolled('pre', '', word ? t('markdown.code_in', { language: word }) : t('markdown.code'));
  const code = make('code');
  if (final) settleCode(code, label);
  code.append(text);
  pre.append(code);
  whole.append(bar, pre);
  return { whole, code };
}

/** Code that is whole says what it is, if it can be highlighted. */
export function settleCode(code: HTMLElement, label: string): void {
  const language = languageOf(decoded(label).split(/[\s,{:]/, 1)[0] ?? '');
  if (language) code.className = 'language-' + language;
}

function text(parent: Parent, words: string): void {
  const last = parent.lastChild;
  if (last instanceof Text) last.appendData(words);
  else if (words) parent.append(words);
}

/** Raw HTML is shown as it is written; only a line break is one. */
function raw(parent: Parent, words: string): void {
  words.split(/<br\s*\/?>/i).forEach((part, index) => {
    if (index) parent.append(make('br'));
    text(parent, part);
  });
}

const withTitle = (element: Element, title: string | null | undefined): void => {
  if (title) element.setAttribute('title', decoded(title));
};

function link(parent: Parent, token: Tokens.Link, how: Writing): void {
  const address = how.inLink ? '' : linkable(token.href);
  if (!address) {
    inline(parent, token.tokens, how);
    if (!how.inLink && token.href && token.text !== token.href) text(parent, ` (${token.href})`);
    return;
  }
  const anchor = make('a', '', { href: address, rel: 'noopener noreferrer', target: '_blank' });
  withTitle(anchor, token.title);
  inline(anchor, token.tokens, { ...how, inLink: true });
  parent.append(anchor);
}

export function picture(src: string, alt: string): HTMLImageElement {
  return make('img', '', { alt, src, referrerpolicy: 'no-referrer', loading: 'lazy' });
}

function image(parent: Parent, token: Tokens.Image, how: Writing): void {
  const alt = decoded(token.text);
  const own = local(token.href);
  const address = own ? '' : remote(token.href);
  if (own || how.loaded.has(address)) {
    const shown = picture(own || address, alt);
    withTitle(shown, token.title);
    parent.append(shown);
  } else if (address && !how.inLink) {
    const host = new URL(address).host;
    const can = how.images();
    const card = can
      ? make('button', 'remote', { type: 'button', value: address, 'data-alt': alt })
      : make('a', 'remote', { href: address, rel: 'noopener noreferrer', target: '_blank' });
    card.textContent = t(`markdown.image_${can ? 'load' : 'open'}`, { host, alt: alt || '…' });
    withTitle(card, token.title);
    parent.append(card);
  } else {
    text(parent, alt || token.href);
    if (alt && !address) text(parent, ` (${token.href.slice(0, 200)})`);
  }
}

function formula(parent: Parent, raw: string, how: Writing): void {
  how.mark();
  parent.append(how.formula(raw));
}

const MARKS: Record<string, 'strong' | 'em' | 'del'> = { strong: 'strong', em: 'em', del: 'del' };

export function inline(parent: Parent, tokens: readonly Token[] = [], how: Writing): void {
  for (const token of tokens) {
    const mark = MARKS[token.type];
    if (mark) {
      parent.append(filled(make(mark), (token as Tokens.Em).tokens, how));
    } else if (token.type === 'codespan') {
      const code = make('code');
      code.append((token as Tokens.Codespan).text);
      parent.append(code);
    } else if (token.type === 'br') parent.append(make('br'));
    else if (token.type === 'link') link(parent, token as Tokens.Link, how);
    else if (token.type === 'image') image(parent, token as Tokens.Image, how);
    else if (token.type === 'html') raw(parent, token.raw);
    else if (token.type === 'maths') formula(parent, token.raw, how);
    else if (token.type === 'escape') text(parent, (token as Tokens.Escape).text);
    else text(parent, decoded(token.raw));
  }
}

/** What a block holds; text that was too deep to be read holds itself. */
const within = (token: Token): Token[] => ('tokens' in token ? token.tokens : undefined) ?? [token];

/** The items of a list, without the list. */
export function items(list: Tokens.List, how: Writing): HTMLElement[] {
  return list.items.map((token) => {
    const item = make('li', token.task ? 'task' : '', AUTO);
    if (token.task) {
      const box = make('input', '', { type: 'checkbox', disabled: '' });
      if (token.checked) box.setAttribute('checked', '');
      box.setAttribute('aria-label', t(token.checked ? 'markdown.done' : 'markdown.open'));
      item.append(box, ' ');
    }
    // Whether a list is loose is only a class of it: so an item is written the same whatever comes after it.
    token.tokens.forEach((inside, index) => {
      if (inside.type === 'text' && index === 0) inline(item, within(inside), how);
      else item.append(...blocks([inside], how));
    });
    return item;
  });
}

export function listShell(list: Tokens.List): HTMLElement {
  const start: Record<string, string> = list.ordered && list.start !== 1 ? { start: String(list.start) } : {};
  return make(list.ordered ? 'ol' : 'ul', list.loose ? 'loose' : '', start);
}

function cells(row: Tokens.TableCell[], how: Writing): HTMLElement {
  const line = make('tr');
  for (const token of row) {
    const cell = make(token.header ? 'th' : 'td', token.align ?? '', AUTO);
    inline(cell, token.tokens, how);
    line.append(cell);
  }
  return line;
}

export const rows = (table: Tokens.Table, how: Writing): HTMLElement[] => table.rows.map((row) => cells(row, how));

function table(token: Tokens.Table, how: Writing): HTMLElement {
  const whole = scrolled('div', 'table', t('markdown.table'));
  const inner = make('table');
  const [head, body] = [make('thead'), make('tbody')];
  head.append(cells(token.header, how));
  body.append(...rows(token, how));
  inner.append(head, body);
  whole.append(inner);
  return whole;
}

function heading(token: Tokens.Heading): HTMLElement {
  return make((['h3', 'h4', 'h5', 'h6'] as const)[token.depth - 1] ?? 'h6', '', AUTO);
}

function filled<E extends HTMLElement>(element: E, tokens: Token[] | undefined, how: Writing): E {
  inline(element, tokens, how);
  return element;
}

function block(token: Token, how: Writing): HTMLElement | undefined {
  switch (token.type) {
    case 'space':
    case 'def':
      return undefined;
    case 'hr':
      return make('hr');
    case 'heading':
      return filled(heading(token as Tokens.Heading), token.tokens, how);
    case 'code': {
      const { lang = '', text: words } = token as Tokens.Code;
      const { whole, code } = codeBlock(lang, words, how.final);
      if (code.className) how.mark();
      return whole;
    }
    case 'blockquote': {
      const quote = make('blockquote', '', AUTO);
      quote.append(...blocks(token.tokens ?? [], how));
      return quote;
    }
    case 'list': {
      const list = listShell(token as Tokens.List);
      list.append(...items(token as Tokens.List, how));
      return list;
    }
    case 'table':
      return table(token as Tokens.Table, how);
    case 'html': {
      const shown = make('p', 'raw', AUTO);
      raw(shown, token.raw.trimEnd());
      return shown;
    }
    case 'maths': {
      const whole = scrolled('div', 'maths', t('markdown.formula'));
      formula(whole, token.raw.trim(), how);
      return whole;
    }
    default:
      return filled(make('p', '', AUTO), within(token), how);
  }
}

export function blocks(tokens: readonly Token[], how: Writing): HTMLElement[] {
  return tokens.flatMap((token) => block(token, how) ?? []);
}
