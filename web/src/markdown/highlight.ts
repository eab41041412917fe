// Colours for code, in a chunk of its own. Nodes are made from what highlight.js tells as it reads, not from its HTML.
import hljs from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

import css from './css';

const LONGEST = 50_000;

/** What highlight.js writes to: a tree of spans whose classes are the first word of what it names a part. */
class Spans {
  readonly root = document.createDocumentFragment();
  #open: (Element | DocumentFragment)[] = [this.root];

  get #top(): Element | DocumentFragment {
    return this.#open.at(-1) ?? this.root;
  }
  startScope(name: string): void {
    const span = document.createElement('span');
    span.className = 'h-' + (name.split('.', 1)[0] ?? '');
    this.#top.append(span);
    this.#open.push(span);
  }
  endScope(): void {
    if (this.#open.length > 1) this.#open.pop();
  }
  openNode(name: string): void {
    this.startScope(name); // highlight.js uses both names
  }
  closeNode(): void {
    this.endScope();
  }
  addText(text: string): void {
    const last = this.#top.lastChild;
    if (last instanceof Text) last.appendData(text);
    else if (text) this.#top.append(text);
  }
  __addSublanguage(other: Spans): void {
    this.#top.append(other.root);
  }
  finalize(): void {}
  toHTML(): string {
    return '';
  }
}

hljs.configure({ __emitter: Spans });
const LANGUAGES = {
  bash,
  cpp,
  csharp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  markdown,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** The code as coloured nodes, or null where it stays as it is. Their text is the code, letter for letter. */
export function highlighted(code: string, language: string): DocumentFragment | null {
  if (code.length > LONGEST || !hljs.getLanguage(language)) return null;
  try {
    const { _emitter } = hljs.highlight(code, { language, ignoreIllegals: true });
    return _emitter instanceof Spans && _emitter.root.textContent === code ? _emitter.root : null;
  } catch {
    return null;
  }
}
