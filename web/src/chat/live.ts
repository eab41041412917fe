// The text of an answer while it grows. Each piece goes at once to whoever shows it.
import { signal } from '@preact/signals';
import type { Live } from '../state';

type Hear = (added: string) => void;
export type Kind = 'text' | 'reasoning';

export class LiveAnswer implements Live {
  readonly phase = signal<'waiting' | 'reasoning' | 'writing'>('waiting');
  readonly #hearers = { text: new Set<Hear>(), reasoning: new Set<Hear>() };

  constructor(
    readonly id: string,
    public text = '',
    public reasoning = '',
  ) {
    if (text) this.phase.value = 'writing';
    else if (reasoning) this.phase.value = 'reasoning';
  }

  onText(hear: Hear): () => void {
    return this.#on('text', hear);
  }

  onReasoning(hear: Hear): () => void {
    return this.#on('reasoning', hear);
  }

  #on(kind: Kind, hear: Hear): () => void {
    this.#hearers[kind].add(hear);
    return () => void this.#hearers[kind].delete(hear);
  }

  add(kind: Kind, piece: string): void {
    this[kind] += piece;
    if (kind === 'text') this.phase.value = 'writing';
    else if (this.phase.value === 'waiting') this.phase.value = 'reasoning';
    for (const hear of this.#hearers[kind]) {
      try {
        hear(piece);
      } catch (error) {
        reportError(error); // what is shown wrongly must not end what is read
      }
    }
  }
}
