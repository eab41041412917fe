// Whatever a model writes is text: the view is made of these elements and attributes only, and nothing in it acts.
import { describe, expect, it } from 'vitest';
import { markdownView } from '../src/markdown/view';
import { CORPUS } from './markdown.corpus';
import { PAYLOADS } from './markdown.payloads';

const ELEMENTS = new Set(
  (
    'div p h3 h4 h5 h6 ul ol li blockquote hr pre code table thead tbody tr th td em strong del a br img input ' +
    'button span math mrow mi mo mn ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom menclose msub msup ' +
    'msubsup munder mover munderover mmultiscripts mprescripts none mtable mtr mtd'
  ).split(' '),
);
const ATTRIBUTES = new Set(
  (
    'class dir href rel target title src alt referrerpolicy loading type value data-alt disabled checked aria-label ' +
    'role tabindex start'
  ).split(' '),
);
const OF_MATHS = new Set(
  (
    'class accent columnalign columnlines columnspacing depth display displaystyle fence form height largeop ' +
    'linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation ' +
    'rowspacing rspace scriptlevel separator stretchy symmetric voffset width'
  ).split(' '),
);
const CLASS = new RegExp(
  '^(?:md|code|bar|bare|copy|remote|raw|tex|task|loose|table|maths|left|right|center|math\\w*|' +
    '(?:language|h|tml)-[a-z_-]+|)$',
);

function check(root: Element): void {
  for (const element of [root, ...root.querySelectorAll('*')]) {
    expect(ELEMENTS).toContain(element.localName);
    const html = element instanceof HTMLElement;
    for (const { name, value } of element.attributes) {
      expect(html ? ATTRIBUTES : OF_MATHS).toContain(name);
      if (name === 'href') expect(value).toMatch(/^(?:https?:\/\/[^/]|mailto:)/i);
      if (name === 'href') expect(new URL(value, 'file:///page').protocol).toMatch(/^(?:https?|mailto):$/);
      if (name === 'src') expect(value).toMatch(/^(?:data:image\/(?:png|jpe?g|gif|webp|avif)[;,]|blob:)/);
      if (name === 'value') expect(value).toMatch(/^https?:\/\//i);
      if (name === 'class') for (const one of value.split(' ')) expect(one).toMatch(CLASS);
    }
    if (element.localName === 'a') expect(element.getAttribute('rel')).toBe('noopener noreferrer');
    if (element.localName === 'a') expect(element.closest('a')?.parentElement?.closest('a,button')).toBe(null);
  }
}

describe('what a model writes', () => {
  it('the payloads are many', () => expect(PAYLOADS.length).toBeGreaterThanOrEqual(60));

  const all = [...PAYLOADS, ...CORPUS].map((text) => [JSON.stringify(text).slice(0, 80), text] as const);
  it.each(all)('makes no element and no attribute of its own: %s', async (_, text) => {
    for (const images of [true, false]) {
      const view = markdownView({ text, remoteImages: () => images });
      check(view.element);
      await view.settled();
      check(view.element);
    }
    const growing = markdownView({ remoteImages: () => true });
    for (const letter of text.slice(0, 300)) growing.append(letter);
    growing.finish();
    check(growing.element);
  });

  it('shows raw HTML as it is written', () => {
    const text = '<img src=x onerror=alert(1)>\n\nand <b>bold</b> <!-- no --> it';
    expect(markdownView({ text }).element.textContent).toBe(text.replace('\n\n', ''));
  });

  it('shows where a link leads that may not be followed', () => {
    const text = '[click](javascript:alert(1)) [file](file:///etc/passwd) [here](/relative)';
    const { element } = markdownView({ text });
    expect(element.querySelector('a')).toBe(null);
    expect(element.textContent).toBe('click (javascript:alert(1)) file (file:///etc/passwd) here (/relative)');
  });

  it('leaves no global name behind', () => {
    const { element } = markdownView({ text: PAYLOADS.join('\n\n'), remoteImages: () => true });
    expect(element.querySelectorAll('[id],[name]')).toHaveLength(0);
  });
});
