// Where an answer is gone on with: how the model is asked, and how the new text joins the old.
import type { Message } from '../model/types';
import { t } from '../text';

const LEAST = 20; // characters: what is shorter may be meant
const MOST = 2000;

/** Leaves out of the new text what it repeats of the end of the old; held back only while that is open. */
export class Seam {
  readonly #tail: string;
  #held: string | null = '';

  constructor(before: string) {
    this.#tail = before.slice(-MOST);
    if (this.#tail.length < LEAST) this.#held = null;
  }

  feed(piece: string): string {
    if (this.#held === null) return piece;
    this.#held += piece;
    const held = this.#held;
    const tail = this.#tail;
    for (let size = tail.length; size >= LEAST && size > held.length; size--) {
      if (tail.startsWith(held, tail.length - size)) return ''; // it may become a repetition
    }
    return this.end();
  }

  end(): string {
    const held = this.#held ?? '';
    this.#held = null;
    for (let size = Math.min(this.#tail.length, held.length); size >= LEAST; size--) {
      if (held.startsWith(this.#tail.slice(-size))) return held.slice(size);
    }
    return held;
  }
}

/** What was said, the answer so far, and the wish that it go on. */
export function askToGoOn(history: readonly Message[], partial: Message): Message[] {
  const { tools: _tools, ...answer } = partial; // a call that was cut is none
  const wish: Message = { ...answer, id: '', role: 'user', text: t('chat.go_on'), attachments: [] };
  return [...history, answer, wish];
}
