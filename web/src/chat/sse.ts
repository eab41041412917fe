// Reads server-sent events out of bytes, wherever they were cut. A plain JSON answer is given as one event.

export interface Hearer {
  data(text: string, event: string): void;
  comment(text: string): void;
}

export class TooLong extends Error {}

const MOST_RAW = 256 * 1024;
const MB = 1024 * 1024;

export class EventReader {
  /** The beginning of the answer as it came. */
  raw = '';
  #decoder = new TextDecoder();
  #rest = ''; // a line that has not ended
  #data: string | undefined;
  #event = '';
  #stray = ''; // lines that are no events, while nothing else came
  #heard = false;
  #afterReturn = false;
  #size = 0;

  constructor(
    readonly hearer: Hearer,
    readonly mostEvent = 8 * MB,
    readonly mostAll = 64 * MB,
  ) {}

  feed(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size > this.mostAll) throw new TooLong();
    this.#take(this.#decoder.decode(bytes, { stream: true }));
  }

  /** Nothing more comes. What had not ended counts as it is. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#rest) this.#line(this.#rest);
    this.#rest = '';
    this.#dispatch();
    const stray = this.#stray;
    this.#stray = '';
    if (stray && !this.#heard) this.hearer.data(stray, '');
  }

  #take(text: string): void {
    if (!text) return;
    if (this.raw.length < MOST_RAW) this.raw += text.slice(0, MOST_RAW - this.raw.length);
    let from = this.#afterReturn && text[0] === '\n' ? 1 : 0;
    this.#afterReturn = text.endsWith('\r');
    const ends = /\r\n?|\n/g;
    ends.lastIndex = from;
    for (let found = ends.exec(text); found; found = ends.exec(text)) {
      this.#line(this.#rest + text.slice(from, found.index));
      this.#rest = '';
      from = ends.lastIndex;
    }
    this.#rest += text.slice(from);
    this.#bound(this.#rest.length);
  }

  #bound(more: number): void {
    if ((this.#data?.length ?? 0) + this.#stray.length + more > this.mostEvent) throw new TooLong();
  }

  #line(line: string): void {
    if (!line) return this.#dispatch();
    this.#bound(line.length);
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (!name) this.hearer.comment(value);
    else if (name === 'data') this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    else if (name === 'event') this.#event = value;
    else if (!this.#heard && name !== 'id' && name !== 'retry') this.#stray += `${line}\n`;
  }

  #dispatch(): void {
    const data = this.#data;
    const event = this.#event;
    this.#data = undefined;
    this.#event = '';
    if (data === undefined) return;
    this.#heard = true;
    this.#stray = '';
    this.hearer.data(data, event);
  }
}
