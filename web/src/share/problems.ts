// What an import left out, and why: counted, with the first places where it was.

/** Each has a word of its own: share.left_… */
export type Why =
  | 'unread' // no JSON
  | 'unknown' // JSON, but no conversations
  | 'big' // the file
  | 'many' // more conversations or messages than are taken
  | 'chat' // not a conversation
  | 'message' // not a message
  | 'twice' // an id that was there before
  | 'parent' // a place in the tree that does not exist
  | 'file' // an attachment that is not there or not of a kind that is taken
  | 'image'
  | 'value'; // a field of another type or too large

export interface LeftOut {
  why: Why;
  count: number;
  where: string[];
}

const MOST_WHERE = 3;

export class Problems {
  readonly #all = new Map<Why, LeftOut>();

  add(why: Why, where = '', count = 1): void {
    const known = this.#all.get(why) ?? { why, count: 0, where: [] };
    known.count += count;
    if (where && known.where.length < MOST_WHERE && !known.where.includes(where)) known.where.push(where.slice(0, 80));
    this.#all.set(why, known);
  }

  get list(): LeftOut[] {
    return [...this.#all.values()];
  }
}
