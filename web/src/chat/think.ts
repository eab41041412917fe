// Reasoning that a server left in the text, as a block in tags at its very beginning: told apart wherever it was cut.
// The rules are those of franca's client: only white space may stand before it; without its end all is reasoning.

const TAGS = ['<think>', '<thinking>', '<thought>', '[THINK]'];
const MOST_SPACE = 1000;

export class ThinkSplitter {
  #state: 'before' | 'inside' | 'behind' | 'plain' = 'before';
  #held = ''; // what may still become either
  #close = '';
  #spoke = false;

  constructor(
    readonly text: (piece: string) => void,
    readonly reasoning: (piece: string) => void,
  ) {}

  feed(piece: string): void {
    if (this.#state === 'plain') return this.text(piece);
    this.#held += piece;
    if (this.#state === 'before') this.#begin();
    if (this.#state === 'inside') this.#think();
    if (this.#state === 'behind') {
      this.#held = this.#held.replace(/^[\r\n]+/, '');
      if (this.#held) this.end();
    }
  }

  /** What was held is what it seems; all that follows is text. */
  end(): void {
    const held = this.#held;
    this.#held = '';
    if (this.#state === 'inside') this.#say(held.trimEnd());
    else if (held) this.text(held);
    this.#state = 'plain';
  }

  #begin(): void {
    const bare = this.#held.trimStart();
    const near = this.#held.length - bare.length <= MOST_SPACE;
    const tag = near && TAGS.find((one) => bare.startsWith(one));
    if (tag) {
      this.#state = 'inside';
      this.#close = `${tag[0]}/${tag.slice(1)}`;
      this.#held = bare.slice(tag.length);
    } else if (!near || !TAGS.some((one) => one.startsWith(bare))) this.end();
  }

  #think(): void {
    const held = this.#held;
    const stop = held.indexOf(this.#close);
    let sure = stop;
    if (stop < 0) {
      sure = held.length;
      for (let size = Math.min(this.#close.length - 1, sure); size > 0; size--) {
        if (!held.endsWith(this.#close.slice(0, size))) continue;
        sure -= size;
        break;
      }
    }
    const core = held.slice(0, sure).trimEnd();
    this.#say(core);
    this.#held = held.slice(stop < 0 ? core.length : stop + this.#close.length);
    if (stop < 0 && this.#held.length > MOST_SPACE) {
      this.#say(this.#held);
      this.#held = '';
    }
    if (stop >= 0) this.#state = 'behind';
  }

  #say(piece: string): void {
    const said = this.#spoke ? piece : piece.trimStart();
    if (!said) return;
    this.#spoke = true;
    this.reasoning(said);
  }
}
