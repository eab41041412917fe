// A conversation as one file that any browser shows, offline and without running anything. It is built as a document of
// its own and written out; nothing is ever read as HTML here.
import { markdownView } from '../markdown/view';
import type { Message } from '../model/types';
import { number, t } from '../text';
import { isImageUrl, safeType, toDataUrl } from './bytes';
import type { Whole } from './export';
import { shownOf, speaker } from './markdown';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
const MOST_IMAGES = 30 * 1024 * 1024; // bytes
const OWN_STYLE = `
body{height:auto;margin:0 auto;max-width:52rem;padding:1.5rem 1rem 4rem}
h1{font-size:1.4rem;overflow-wrap:anywhere}
section{margin-top:1.25rem;min-width:0}
section.user{padding:.75rem 1rem;border-radius:12px;background:var(--mine)}
section>h2{font-size:.8125rem;color:var(--soft);font-weight:600;margin-bottom:.25rem}
.plain{white-space:pre-wrap;overflow-wrap:anywhere}
pre{overflow:auto}
img{max-width:100%;height:auto}
details{color:var(--soft)}
@media print{section{break-inside:avoid}}`;

type Make = <K extends keyof HTMLElementTagNameMap>(name: K, words?: string, kind?: string) => HTMLElementTagNameMap[K];

/** The rules of the page that match something of `made`, as text. */
function stylesFor(made: Document): string {
  const matches = (selector: string) => {
    try {
      return made.querySelector(selector.replace(/::[\w-]+(\([^)]*\))?|:(hover|focus[\w-]*|active)/g, '')) !== null;
    } catch {
      return false;
    }
  };
  const taken = (rules: CSSRuleList): string =>
    Array.from(rules, (rule) => {
      if (rule instanceof CSSStyleRule) return matches(rule.selectorText) ? rule.cssText : '';
      if (!(rule instanceof CSSMediaRule)) return '';
      const inside = taken(rule.cssRules);
      return inside && `@media ${rule.conditionText}{${inside}}`;
    })
      .filter(Boolean)
      .join('\n');
  return Array.from(document.styleSheets, (sheet) => {
    try {
      return taken(sheet.cssRules);
    } catch {
      return ''; // of somebody else, an extension perhaps
    }
  }).join('\n');
}

/** Text in Markdown as it looks when everything has been drawn, without what needs a script. */
async function drawn(text: string): Promise<HTMLElement> {
  const view = markdownView({ text });
  await view.settled();
  const element = view.element;
  for (const button of element.querySelectorAll('button')) button.remove();
  for (const image of element.querySelectorAll('img')) if (!isImageUrl(image.src)) image.remove();
  return element;
}

class Writer {
  room = MOST_IMAGES;

  constructor(
    readonly make: Make,
    readonly blobs: ReadonlyMap<string, Blob>,
  ) {}

  #picture(url: string, name: string): HTMLElement {
    this.room -= url.length;
    if (this.room < 0 || !isImageUrl(url)) return this.make('p', t('share.attached', { name }), 'soft small');
    const image = this.make('img');
    image.alt = name;
    image.src = url;
    return image;
  }

  async #attached(message: Message): Promise<HTMLElement[]> {
    const made: HTMLElement[] = [];
    for (const { id, kind, name } of message.attachments ?? []) {
      const data = kind === 'image' ? this.blobs.get(id) : undefined;
      if (data && safeType('image', data.type)) made.push(this.#picture(await toDataUrl(data), name));
      else made.push(this.make('p', t('share.attached', { name }), 'soft small'));
    }
    return made;
  }

  async section(message: Message): Promise<HTMLElement> {
    const section = this.make('section', '', message.role);
    section.append(this.make('h2', speaker(message)), ...(await this.#attached(message)));
    if (message.reasoning) {
      const fold = this.make('details');
      const { thought } = message;
      const seconds = thought === undefined ? '' : ` (${number(thought, { maximumFractionDigits: 1 })} s)`;
      fold.append(this.make('summary', t('share.reasoning') + seconds), await drawn(message.reasoning));
      section.append(fold);
    }
    if (message.role === 'user') section.append(this.make('div', message.text, 'plain'));
    else if (message.text) section.append(await drawn(message.text));
    for (const tool of message.tools ?? []) {
      section.append(this.make('p', tool.name, 'small soft'), this.make('pre', tool.arguments));
      if (tool.result !== undefined) section.append(this.make('pre', tool.result));
    }
    for (const url of message.images ?? []) section.append(this.#picture(url, ''));
    if (message.problem) section.append(this.make('p', message.problem.message, 'note bad'));
    return section;
  }
}

export async function toHtml(whole: Whole): Promise<string> {
  const title = whole.chat.title || t('share.untitled');
  const made = document.implementation.createHTMLDocument(title);
  const make: Make = (name, words = '', kind = '') => {
    const element = made.createElement(name);
    if (words) element.textContent = words;
    if (kind) element.className = kind;
    return element;
  };
  made.documentElement.lang = document.documentElement.lang;
  const meta = (name: string, value: string, content?: string) => {
    const element = make('meta');
    element.setAttribute(name, value);
    if (content) element.content = content;
    return element;
  };
  const policy = meta('http-equiv', 'Content-Security-Policy', POLICY);
  const view = meta('name', 'viewport', 'width=device-width, initial-scale=1');
  made.head.prepend(meta('charset', 'utf-8'), policy, view, meta('name', 'referrer', 'no-referrer'));
  made.body.append(make('h1', title));
  const writer = new Writer(make, whole.blobs);
  for (const message of shownOf(whole)) made.body.append(await writer.section(message));
  const style = make('style');
  style.textContent = stylesFor(made) + OWN_STYLE;
  // The page's policy forbids a style here, in any document: this one is only written, in a tree that belongs to none.
  const { documentElement: root, head } = made;
  root.remove();
  head.append(style);
  return `<!doctype html>\n${root.outerHTML}\n`;
}
