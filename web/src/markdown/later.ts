// What may come after the text: colours of code and formulas. Their chunks are loaded when there is something for them,
// and their work is done in small parts while the page has nothing else to do.

type Maths = typeof import('./maths');
type Highlight = typeof import('./highlight');

let maths: Maths | undefined;
let highlight: Highlight | undefined;

/** A formula as it can be shown now: as MathML if it was rendered before, else as it is written. */
export function formula(raw: string): ChildNode {
  const found = maths?.known(raw) ? maths.maths(raw) : null;
  if (found) return found;
  const code = document.createElement('code');
  code.className = 'tex';
  code.dir = 'ltr';
  code.textContent = raw;
  return code;
}

const idle = (): Promise<void> =>
  new Promise((done) => {
    if ('requestIdleCallback' in window) requestIdleCallback(() => done(), { timeout: 300 });
    else setTimeout(done, 20);
  });

/** Looks after the code and the formulas of one view. */
export class Later {
  #seen = new WeakSet<Element>();
  #again = false;
  #work: Promise<void> | null = null;

  constructor(
    private readonly root: HTMLElement,
    private readonly changed: () => void,
  ) {}

  /** Something was written that may be shown better. */
  ask(): void {
    this.#again = true;
    this.#work ??= this.#run().finally(() => {
      this.#work = null;
      if (this.#again) this.ask();
    });
  }

  /** When all that was asked for is done. */
  async settled(): Promise<void> {
    while (this.#work) await this.#work;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await idle();
        await this.#round();
      }
    } catch {
      // A chunk that cannot be loaded leaves the text as it is; the next view asks again.
    }
  }

  async #round(): Promise<void> {
    let until = performance.now() + 8;
    for (const element of this.root.querySelectorAll<HTMLElement>('code.tex,pre>code[class]')) {
      if (this.#seen.has(element) || element.firstElementChild) continue;
      if (element.className === 'tex') maths ??= await import('./maths');
      else highlight ??= await import('./highlight');
      if (performance.now() > until) {
        await idle();
        until = performance.now() + 8;
      }
      if (this.root.contains(element)) this.#better(element);
    }
    this.changed();
  }

  #better(element: HTMLElement): void {
    const text = element.textContent ?? '';
    const formula = element.className === 'tex';
    const language = element.className.slice('language-'.length);
    const made = formula ? maths?.maths(text) : highlight?.highlighted(text, language);
    if (!made) this.#seen.add(element);
    else if (formula) element.replaceWith(made);
    else element.replaceChildren(made);
  }
}
