// TeX to MathML nodes, in a chunk of its own. Temml reads the TeX; the nodes are made here from its tree, and only
// elements, attributes and styles of these lists: a formula can show something, and do nothing. Only those parts of
// Temml are taken that this needs: the whole brings chemistry and physics along, a fifth of its weight.
import buildMathML from 'temml/src/buildMathML.js';
import { StyleLevel } from 'temml/src/constants.js';
import parseTree from 'temml/src/parseTree.js';
import Settings from 'temml/src/Settings.js';
import Style from 'temml/src/Style.js';

interface Tree {
  type?: string;
  text?: string;
  href?: string;
  src?: string;
  attributes?: Record<string, unknown>;
  classes?: string[];
  style?: Record<string, unknown>;
  children?: Tree[];
}

const set = (words: string): Set<string> => new Set(words.split(' '));
const ELEMENTS = set(
  'math mrow mi mo mn ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom menclose msub msup msubsup munder ' +
    'mover munderover mmultiscripts mprescripts none mtable mtr mtd',
);
const ATTRIBUTES = set(
  'accent accentunder columnalign columnlines columnspacing columnspan depth display displaystyle fence form height ' +
    'largeop linebreak linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize ' +
    'movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy symmetric voffset width',
);
const STYLES = new RegExp(
  '^(?:border|padding|(?:(?:background-)?color|width|height|(?:text|vertical)-align|math-depth|font-style|' +
    'font-weight)$)',
);
const CLASSES = /^(?:tml-|math|upstrike|downstrike|sout|textcircle)/;

const LONGEST = 4000;
const DEEPEST = 60;
const MOST_NODES = 5000;
const MOST_KEPT = 300;
const MATHML = 'http://www.w3.org/1998/Math/MathML';

/** Whether a size cannot leave the place of the formula. */
function sane(value: string): boolean {
  return (
    value.length < 200 &&
    Array.from(value.matchAll(/-?[\d.]+(?=([a-z%]*))/g)).every(([number, unit]) => {
      const size = Number(number);
      return /^(?:em|ex)$/.test(unit ?? '') ? size <= 60 && size >= -5 : Math.abs(size) <= 1000;
    })
  );
}

const hyphened = (name: string): string => name.replace(/[A-Z]/g, (letter) => '-' + letter.toLowerCase());

function setStyle(node: MathMLElement, name: string, value: unknown): void {
  const words = String(value);
  if (STYLES.test(name) && sane(words) && !/[(;]/.test(words)) node.style?.setProperty(name, words);
}

function decorate(node: MathMLElement, tree: Tree): void {
  for (const [name, value] of Object.entries(tree.attributes ?? {})) {
    const words = String(value);
    if (ATTRIBUTES.has(name) && sane(words)) node.setAttribute(name, words);
    if (name !== 'style') continue;
    for (const rule of words.split(';')) {
      const [key = '', wanted] = rule.split(':').map((part) => part.trim());
      if (wanted) setStyle(node, key, wanted);
    }
  }
  for (const [name, value] of Object.entries(tree.style ?? {})) setStyle(node, hyphened(name), value);
  const classes = (tree.classes ?? []).filter((name) => CLASSES.test(name));
  if (classes.length) node.setAttribute('class', classes.join(' '));
}

function build(tree: Tree, into: Element | DocumentFragment, count: { nodes: number }): void {
  if (++count.nodes > MOST_NODES) throw new RangeError('a formula of too many parts');
  if (tree.href !== undefined || tree.src !== undefined) throw new TypeError('a formula leads nowhere');
  if (typeof tree.text === 'string' && !tree.children) return into.append(tree.text);
  let place = into;
  if (tree.type) {
    if (!ELEMENTS.has(tree.type)) throw new TypeError('a formula has parts of formulas only');
    const node = document.createElementNS(MATHML, tree.type) as MathMLElement;
    decorate(node, tree);
    into.append(node);
    place = node;
  }
  for (const child of tree.children ?? []) build(child, place, count);
}

function depth(tex: string): number {
  let [now, most] = [0, 0];
  for (const letter of tex) {
    if (letter === '{') most = Math.max(most, ++now);
    else if (letter === '}') now--;
  }
  return most;
}

/** The TeX between the delimiters that stand around it. */
function bare(raw: string): { tex: string; displayMode: boolean } {
  const wide = raw.startsWith('$$') || raw[0] === '\\';
  return { tex: raw.slice(wide ? 2 : 1, wide ? -2 : -1), displayMode: raw.startsWith('$$') || raw.startsWith('\\[') };
}

const OPTIONS = { throwOnError: true, trust: false, maxExpand: 300, maxSize: [40, 400] as [number, number] };
/** Temml trusts none of these either, as it is asked; twice is safer. */
const FORBIDDEN = /\\(?:href|url|includegraphics|class|id|style|data)\b/;
const kept = new Map<string, Tree | null>();

function treeOf(raw: string): Tree | null {
  const { tex, displayMode } = bare(raw);
  if (tex.length > LONGEST || depth(tex) > DEEPEST || FORBIDDEN.test(tex)) return null;
  try {
    const settings = new Settings({ ...OPTIONS, macros: {}, displayMode });
    const level = displayMode ? StyleLevel.DISPLAY : StyleLevel.TEXT;
    const style = new Style({ level, maxSize: settings.maxSize });
    return buildMathML(parseTree(tex, settings), tex, style, settings) as Tree;
  } catch {
    return null;
  }
}

/** Whether it is known already how a formula looks. */
export const known = (raw: string): boolean => kept.has(raw);

/** The formula as MathML, or null if it is none. */
export function maths(raw: string): Element | null {
  let tree = kept.get(raw);
  if (tree === undefined) {
    tree = treeOf(raw);
    const oldest = kept.keys().next().value;
    if (oldest !== undefined && kept.size >= MOST_KEPT) kept.delete(oldest);
    kept.set(raw, tree);
  }
  if (!tree) return null;
  try {
    const whole = document.createDocumentFragment();
    build(tree, whole, { nodes: 0 });
    return whole.childElementCount === 1 ? whole.firstElementChild : null;
  } catch {
    return null;
  }
}
