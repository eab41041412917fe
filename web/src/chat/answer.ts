// An answer put together from its events, and what its end says of it. It keeps to what the server told: nothing is
// taken for whole that did not end.
import type { Problem, ToolCall } from '../model/types';
import { t } from '../text';
import { asList, asObject, asText, isObject, parsed, type Json } from './json';
import { errorOf, Refused } from './problem';
import { ThinkSplitter } from './think';

const MOST_TOOLS = 128;
const MOST_IMAGES = 32;

export interface Sinks {
  text(piece: string): void;
  reasoning(piece: string): void;
}

export class Answer {
  said = false; // any text
  thought = false; // any reasoning
  readonly tools: ToolCall[] = [];
  readonly images: string[] = [];
  refusal = '';
  finish = '';
  over = false; // [DONE] came
  usage: Json = {};
  told: Json = {}; // the gateway's comment at the end
  closed = false; // that comment came
  problem: Problem | undefined;
  size = 0; // events
  changes = 0; // of tools and images
  #split: ThinkSplitter;

  constructor(readonly sinks: Sinks) {
    this.#split = new ThinkSplitter(
      (piece) => this.#say(piece),
      (piece) => this.#think(piece),
    );
  }

  /** One event. Raises Refused for what is no JSON. */
  data(text: string, event: string): void {
    this.size++;
    if (text.trim() === '[DONE]') {
      this.over = true;
      return;
    }
    const value = parsed(text);
    if (!isObject(value)) {
      if (!text.trim()) return;
      throw new Refused({ message: t('chat.bad_event', { text: text.slice(0, 200) }), code: 'bad_event' });
    }
    const error = value.error ?? (event === 'error' ? value : undefined);
    if (error) this.problem ??= errorOf(error);
    if (isObject(value.usage)) this.usage = value.usage;
    for (const one of asList(value.choices)) {
      if (isObject(one) && !one.index) return this.#choice(one); // only the first one is shown
    }
  }

  comment(text: string): void {
    if (!text.startsWith('franca ')) return;
    this.told = asObject(parsed(text.slice(7)));
    this.closed = true;
  }

  /** Nothing more comes. */
  end(): void {
    this.#split.end();
  }

  /** Whether its server ended it. */
  get whole(): boolean {
    return this.over || this.finish !== '';
  }

  get any(): boolean {
    return this.said || this.thought || this.tools.length > 0 || this.images.length > 0;
  }

  #choice(choice: Json): void {
    if (choice.error) this.problem ??= errorOf(choice.error);
    const delta = asObject(choice.delta ?? choice.message);
    const reasoning = asText(delta.reasoning_content) || asText(delta.reasoning);
    if (reasoning) this.#think(reasoning);
    this.#content(delta.content);
    this.refusal += asText(delta.refusal);
    for (const one of asList(delta.images)) this.#image(one);
    for (const one of asList(delta.tool_calls)) this.#tool(asObject(one));
    this.finish = asText(choice.finish_reason) || this.finish;
  }

  #content(content: unknown): void {
    if (content && typeof content === 'string') this.#split.feed(content);
    for (const part of asList(content)) {
      const { type, text, thinking } = asObject(part);
      if (type === 'thinking') for (const one of asList(thinking)) this.#think(asText(asObject(one).text));
      else if (type === 'image_url') this.#image(part);
      else if (text) this.#split.feed(asText(text));
    }
  }

  #say(piece: string): void {
    this.said = true;
    this.sinks.text(piece);
  }

  #think(piece: string): void {
    if (!piece) return;
    this.thought = true;
    this.sinks.reasoning(piece);
  }

  /** A picture that came with the answer; one that stands elsewhere becomes a link in the text, and is not loaded. */
  #image(value: unknown): void {
    const { image_url: place } = asObject(value);
    const url = asText(isObject(place) ? place.url : place);
    if (/^data:image\//i.test(url)) {
      if (this.images.length < MOST_IMAGES) this.images.push(url);
      this.changes++;
    } else if (/^https?:/i.test(url)) {
      this.#split.feed(`\n\n![](<${url.replace(/[\s<>\\]/g, encodeURIComponent)}>)\n\n`);
    }
  }

  #tool(delta: Json): void {
    const { name: rawName, arguments: given } = asObject(delta.function);
    const name = asText(rawName);
    const id = asText(delta.id);
    const piece = typeof given === 'string' ? given : given ? JSON.stringify(given) : '';
    const call = this.#callOf(delta.index, id, name);
    if (!call) return;
    call.id ||= id;
    call.name ||= name;
    call.arguments += piece;
  }

  #places = new Map<number, ToolCall>();

  /** Which call a piece belongs to: by its index, else by its id, else to the last one. Some servers give every call
   * the index 0: another id with a name is another call. */
  #callOf(index: unknown, id: string, name: string): ToolCall | undefined {
    const at = typeof index === 'number' ? index : undefined;
    let known = at === undefined ? undefined : this.#places.get(at);
    if (at === undefined && id) known = this.tools.find((one) => one.id === id);
    else if (at === undefined && !name) known = this.tools.at(-1);
    if (known && !(name && id && known.id && known.id !== id)) return known;
    if (this.tools.length >= MOST_TOOLS) return undefined;
    const made: ToolCall = { id, name: '', arguments: '' };
    this.tools.push(made);
    if (at !== undefined) this.#places.set(at, made);
    this.changes++;
    return made;
  }
}
