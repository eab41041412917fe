// The view of one text in Markdown that may still grow: it shows at most once a frame what came, and takes at most a
// quarter of the time for it, whatever the text.
import { t } from '../text';
import { formula, Later } from './later';
import { Stream } from './stream';
import { picture } from './write';

export { plainText } from './plain';

export interface MarkdownView {
  /** `<div class="md">` */
  readonly element: HTMLElement;
  /** All that came so far. */
  readonly text: string;
  /** More text came; it is shown with the next frame. */
  append(more: string): void;
  /** Nothing more comes: all is shown now. A view that hears more after that begins again. */
  finish(): void;
  /** When code and formulas have their last form. */
  settled(): Promise<void>;
}

export interface MarkdownOptions {
  /** Shown at once and finished. */
  text?: string;
  /** The view changed. */
  onFlush?: () => void;
  /** Whether remote images may be loaded at a click. */
  remoteImages?: () => boolean;
}

/** The last time took `cost`: three times as long belongs to others. */
const REST = 3;
const COPIED_FOR = 2000;

async function copy(button: HTMLElement): Promise<void> {
  const code = button.closest('.code')?.querySelector('pre>code');
  if (!code) return;
  try {
    await navigator.clipboard.writeText(code.textContent ?? '');
  } catch {
    getSelection()?.selectAllChildren(code); // without a secure address there is no clipboard but this
    if (!document.execCommand('copy')) return;
  }
  button.textContent = t('markdown.copied');
  setTimeout(() => (button.textContent = t('markdown.copy')), COPIED_FOR);
}

function load(card: HTMLButtonElement, loaded: Set<string>): void {
  loaded.add(card.value);
  const image = picture(card.value, card.dataset.alt ?? '');
  if (card.title) image.title = card.title;
  image.tabIndex = -1;
  card.replaceWith(image);
  image.focus();
}

export function markdownView(options: MarkdownOptions = {}): MarkdownView {
  const element = document.createElement('div');
  const loaded = new Set<string>();
  const how = { images: options.remoteImages ?? (() => false), loaded, formula };
  const later = new Later(element, () => options.onFlush?.());
  let stream = new Stream(element, how);
  let text = '';
  let done = false;
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let cost = 0;
  let at = 0;

  function show(work: () => void): void {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = 0;
    timer = undefined;
    const start = performance.now();
    work();
    at = performance.now();
    cost = at - start;
    if (stream.worth) later.ask();
    stream.worth = false;
    options.onFlush?.();
  }
  function next(): void {
    timer = undefined;
    frame = requestAnimationFrame(() => show(() => stream.flush()));
  }
  function append(more: string): void {
    if (!more) return;
    if (done) {
      element.replaceChildren();
      stream = new Stream(element, how);
      stream.append(text);
      stream.flush();
      done = false;
    }
    text += more;
    stream.append(more);
    if (frame || timer !== undefined) return;
    const rest = at + cost * REST - performance.now();
    if (rest > 8) timer = setTimeout(next, rest);
    else next();
  }
  function finish(): void {
    if (!done) show(() => stream.finish());
    done = true;
  }

  element.addEventListener('click', ({ target }) => {
    const button = target instanceof Element ? target.closest('button') : null;
    if (button?.classList.contains('copy')) void copy(button);
    else if (button?.classList.contains('remote')) load(button, loaded);
  });
  if (options.text !== undefined) {
    stream.append((text = options.text));
    finish();
  }
  return {
    element,
    get text() {
      return text;
    },
    append,
    finish,
    settled: () => later.settled(),
  };
}
