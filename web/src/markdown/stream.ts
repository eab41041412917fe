// An answer that grows: whole pieces are written once and never touched again, only the last one is written anew, over
// itself. What is shown in the end depends on the text alone: the same pieces are read and written alone in any case.
// A link by reference is made at once if its definition came before it, else when the text is finished.
import type { Tokens } from 'marked';
import { Blocks, FENCE, type Piece, type Taker } from './blocks';
import { morph, Place } from './morph';
import { tokensOf, type Links } from './reader';
import { blocks, codeBlock, items, listShell, rows, settleCode, type Writing } from './write';

/** A last piece longer than this is not read again for every bit that comes, only when it grew by a part of itself. */
const SMALL = 1500;
const GROWTH = 1 / 8;
const MOST_LINKS = 200;
const MOST_WAITING = 1000;

/** The start of a line that may still become something else is not shown yet, so that nothing flickers. */
const UNDECIDED = /^ {0,3}(?:[-=+*_#>:|~$\\`]+ *|[-*+] |\d{1,9}[.)]? ?|<[a-z/!]?|\|[^\n]*|\[[^\]\n]*\]:.*)$/;
const HEAD_OF_TABLE = /(^|\n) {0,3}\|[^\n]*\n$/;

/** The list or table that grows: its items or rows are pieces of their own. */
interface Group {
  element: Element;
  place: Place;
  loose: boolean;
}

/** A piece that names links which nobody has defined yet. */
interface Waiting {
  piece: Piece;
  labels: string[];
  nodes: ChildNode[];
}

const noLinks = (): Links => Object.create(null) as Links;

const labelsIn = (source: string): string[] =>
  Array.from(source.matchAll(/\[((?:\\[^]|[^[\]\\])+)\]/g), ([, label = '']) =>
    label.replace(/\s+/g, ' ').toLowerCase(),
  );

/** The element at the end of the view that raw text can be added to. */
function lastHost(root: Element): Element {
  let host = root;
  for (let next = host.lastElementChild; next; next = host.lastElementChild) {
    if (!/^(?:UL|OL|LI|P|H\d|BLOCKQUOTE|DIV|PRE|TABLE|TBODY|TR|TD)$/.test(next.tagName)) {
      if (host.tagName !== 'PRE') break;
    }
    host = next;
  }
  return host;
}

export class Stream implements Taker {
  /** Whether code or formulas were written that could be shown better, since it was last set to false. */
  worth = false;
  #came = ''; // what no flush has seen
  #part = ''; // the last line, which is not whole
  #ended = false;
  readonly #scan = new Blocks(this);
  readonly #place: Place;
  #group: Group | null = null;
  #links = noLinks();
  #waiting: Waiting[] = [];
  #pieces = 0; // how many are final
  #tail = { pieces: -1, size: 0, shown: 0 };
  #spill: Text | null = null;
  #fence: { label: string; code: HTMLElement; text: Text; due: string; ahead: number; line: string } | null = null;

  constructor(
    private readonly element: HTMLElement,
    private readonly how: Omit<Writing, 'final' | 'mark'>,
  ) {
    element.className = 'md';
    this.#place = new Place(element);
  }

  append(more: string): void {
    if (!this.#ended) this.#came += more;
  }

  /** Show what came. */
  flush(): void {
    if (this.#ended) return;
    const held = this.#came.endsWith('\r') ? 1 : 0; // perhaps the first half of a line end
    const text = this.#came.slice(0, this.#came.length - held);
    this.#came = held ? '\r' : '';
    this.#take(text);
    if (!this.#fence) return this.#showTail();
    const start = this.#scan.mayClose(this.#part) ? '' : this.#scan.undented(this.#part);
    if (start) this.#ahead(start);
    this.#showCode(this.#fence);
  }

  /** Nothing more comes: everything is final. */
  finish(): void {
    if (this.#ended) return;
    this.#take(this.#came);
    if (this.#part) this.#scan.line(this.#part);
    this.#scan.finish();
    this.#clear();
    this.#ended = true;
    this.#linkLate();
    this.#came = this.#part = '';
    this.#waiting = [];
  }

  #take(text: string): void {
    const lines = (this.#part + text.replace(/\r\n?/g, '\n').replaceAll('\0', '\ufffd')).split('\n');
    this.#part = lines.pop() ?? '';
    for (const line of lines) this.#scan.line(line);
  }

  #clear(): void {
    this.#group?.place.clear();
    this.#place.clear();
  }

  piece(piece: Piece): void {
    const headed = piece.more && this.#group !== null;
    const nodes = this.#write(piece, true);
    this.#pieces++;
    if (this.#waiting.length >= MOST_WAITING || !piece.source.includes('[')) return;
    const labels = labelsIn(piece.source).filter((label) => !(label in this.#links));
    if (labels.length) this.#waiting.push({ piece: headed ? piece : { ...piece, head: '' }, labels, nodes });
  }

  open(label: string): void {
    this.#clear();
    this.#group = null;
    const { whole, code } = codeBlock(label, '', false);
    const text = document.createTextNode('');
    code.replaceChildren(text);
    this.#place.put(whole);
    this.#fence = { label, code, text, due: '', ahead: 0, line: '' };
  }

  code(line: string): void {
    const fence = this.#fence;
    if (!fence) return;
    this.#ahead(line);
    fence.ahead = 0;
    fence.line = '\n';
  }

  /** The start of a line of code, as much of it as was not shown before. */
  #ahead(start: string): void {
    const fence = this.#fence;
    if (!fence) return;
    const whole = fence.line + start;
    fence.due += whole.slice(fence.ahead);
    fence.ahead = whole.length;
  }

  #showCode(fence: { text: Text; due: string }): void {
    if (fence.due) fence.text.appendData(fence.due);
    fence.due = '';
  }

  close(): void {
    const fence = this.#fence;
    if (!fence) return;
    this.#showCode(fence);
    this.#fence = null;
    this.#pieces++;
    settleCode(fence.code, fence.label);
    if (fence.code.className) this.worth = true;
  }

  /** The nodes of a piece: those that go into the group, and those after it. */
  #nodesOf(piece: Piece, links: Links, final: boolean) {
    const how: Writing = { ...this.how, final, mark: () => (this.worth = true) };
    const tokens = tokensOf(piece.head + piece.source, links).filter(({ type }) => type !== 'space' && type !== 'def');
    const first = tokens[0];
    let inside: HTMLElement[] | null = null;
    let list: Tokens.List | null = null;
    if (first?.type === 'list' && (piece.kind === 'list' || piece.kind === 'none')) {
      list = first as Tokens.List;
      inside = items(list, how);
    } else if (first?.type === 'table' && piece.head) inside = rows(first as Tokens.Table, how);
    const after = blocks(inside ? tokens.slice(1) : tokens, how);
    return { inside, list, after };
  }

  #write(piece: Piece, final: boolean): ChildNode[] {
    this.#spill = null;
    const group = piece.more ? this.#group : null;
    const known = this.#links;
    const links = final && Object.keys(known).length < MOST_LINKS ? known : Object.assign(noLinks(), known);
    const { inside, list, after } = this.#nodesOf(group ? piece : { ...piece, head: '' }, links, final);
    const place = final ? this.#place : this.#place.copy();
    let grown: Group | null = null;
    if (inside && group) grown = { ...group, place: final ? group.place : group.place.copy() };
    else {
      this.#group?.place.clear();
      if (list) {
        const element = place.shell(listShell(list));
        grown = { element, place: new Place(element), loose: false };
      }
    }
    const nodes = (inside ?? []).flatMap((node) => grown?.place.put(node) ?? []);
    if (grown && list) {
      grown.loose ||= list.loose || piece.apart;
      if (grown.loose) grown.element.className = 'loose';
      else grown.element.removeAttribute('class');
    }
    for (const node of after) nodes.push(place.put(node));
    if (final) this.#group = piece.kind === 'table' && !piece.more ? this.#tableGroup() : after.length ? null : grown;
    if (!final || !this.#group) grown?.place.clear();
    if (!final) place.clear();
    return nodes;
  }

  #tableGroup(): Group | null {
    const table = this.#place.last;
    const body = table instanceof Element ? table.querySelector('tbody') : null;
    return body ? { element: body, place: new Place(body), loose: false } : null;
  }

  #showTail(): void {
    const scan = this.#scan;
    const tail = this.#tail;
    let source = scan.source;
    if (scan.kind === 'table' || !(UNDECIDED.test(this.#part) || FENCE.test(this.#part))) source += this.#part;
    else if (scan.kind === 'text') source = source.replace(HEAD_OF_TABLE, '$1');
    if (!source.trim()) return this.#clear();
    if (tail.pieces === this.#pieces && source.length > SMALL && source.length < tail.size * (1 + GROWTH)) {
      this.#spill ??= lastHost(this.element).appendChild(document.createTextNode(''));
      this.#spill.appendData(source.slice(tail.shown));
      tail.shown = Math.max(tail.shown, source.length);
      return;
    }
    this.#write({ ...scan.piece(), source }, false);
    this.#tail = { pieces: this.#pieces, size: source.length, shown: source.length };
  }

  /** Links whose definition came after them: their pieces are written once more, over themselves. */
  #linkLate(): void {
    for (const { piece, labels, nodes } of this.#waiting) {
      if (!labels.some((label) => label in this.#links)) continue;
      const { inside, after } = this.#nodesOf(piece, this.#links, true);
      const wanted = [...(inside ?? []), ...after];
      if (wanted.length !== nodes.length) continue;
      nodes.forEach((live, index) => {
        const node = wanted[index];
        if (!node) return;
        if (piece.kind === 'table' && !piece.more && live instanceof Element) {
          node.querySelector('tbody')?.append(...(live.querySelector('tbody')?.childNodes ?? []));
        }
        morph(live, node);
      });
    }
  }
}
