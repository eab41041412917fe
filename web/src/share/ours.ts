// A conversation as this page exports it, read field by field: the file may come from anybody.
import type { Attachment, Chat, Message, Params, Problem, Shape, Shaped, Figures, ToolCall } from '../model/types';
import { newId } from '../state';
import { fromDataUrl, isImageUrl } from './bytes';
import { chosenOf } from './chosen';
import type { Whole } from './export';
import type { Problems } from './problems';
import { field, given, isRecord, listOf, numberOf, oneOf, plainOf, textOf, textsOf, yesOf, type Record_ } from './read';
import { untangle } from './untangle';

const WORD = 300;
const LINE = 2000;
const TEXT = 4_000_000;
const LATEST = 8.64e15; // ms, the last moment a Date knows

const timeOf = (value: unknown): number => numberOf(value, 0, LATEST) ?? Date.now();

function paramsOf(value: unknown): Params {
  if (!isRecord(value)) return {};
  return given<Params>({
    temperature: numberOf(field(value, 'temperature')),
    top_p: numberOf(field(value, 'top_p')),
    max_tokens: numberOf(field(value, 'max_tokens')),
    seed: numberOf(field(value, 'seed')),
    stop: textsOf(field(value, 'stop'), 20, LINE),
    reasoning_effort: textOf(field(value, 'reasoning_effort'), WORD),
    extra: textOf(field(value, 'extra'), TEXT),
  });
}

function shapeOf(value: unknown): Shape | undefined {
  if (!isRecord(value)) return undefined;
  const source = oneOf(field(value, 'source'), ['schema', 'example'] as const);
  const text = textOf(field(value, 'text'), TEXT);
  const schema = plainOf(field(value, 'schema'));
  if (!source || text === undefined || !isRecord(schema)) return undefined;
  return { name: textOf(field(value, 'name'), WORD) ?? '', source, text, schema };
}

const spotOf = (value: unknown) =>
  isRecord(value)
    ? { path: textOf(field(value, 'path'), LINE) ?? '', message: textOf(field(value, 'message'), LINE) ?? '' }
    : undefined;

function shapedOf(value: unknown): Shaped | undefined {
  if (!isRecord(value)) return undefined;
  const held = plainOf(field(value, 'value'));
  const schema = plainOf(field(value, 'schema')) ?? {};
  if (held === undefined && field(value, 'value') !== undefined) return undefined; // too large
  return {
    schema,
    mode: textOf(field(value, 'mode'), WORD) ?? '',
    repairs: numberOf(field(value, 'repairs'), 0) ?? 0,
    attempts: numberOf(field(value, 'attempts'), 0) ?? 0,
    valid: field(value, 'valid') === true && held !== undefined,
    ...(held !== undefined && { value: held }),
    problems: listOf(field(value, 'problems'), 200, spotOf) ?? [],
  };
}

function problemOf(value: unknown): Problem | undefined {
  if (!isRecord(value)) return undefined;
  return given<Problem>({
    message: textOf(field(value, 'message'), 20_000) ?? '',
    code: textOf(field(value, 'code'), WORD),
    status: numberOf(field(value, 'status'), 0, 999),
    retryAfter: numberOf(field(value, 'retryAfter'), 0),
    details: listOf(field(value, 'details'), 200, spotOf),
  });
}

const NUMBERS = ['prompt', 'written', 'reasoning', 'cached', 'first', 'total', 'rate', 'cost'] as const;
const WORDS = ['model', 'tried', 'adapted'] as const;

function figuresOf(value: unknown): Figures | undefined {
  if (!isRecord(value)) return undefined;
  const made: Figures = {};
  for (const name of NUMBERS) made[name] = numberOf(field(value, name), 0);
  for (const name of WORDS) made[name] = textOf(field(value, name), LINE);
  for (const name of ['exact', 'counted'] as const) {
    const told = field(value, name);
    if (typeof told === 'boolean') made[name] = told;
  }
  return given(made);
}

function toolOf(value: unknown): ToolCall | undefined {
  if (!isRecord(value)) return undefined;
  const name = textOf(field(value, 'name'), LINE);
  if (name === undefined) return undefined;
  return given<ToolCall>({
    id: textOf(field(value, 'id'), WORD) ?? newId(),
    name,
    arguments: textOf(field(value, 'arguments'), TEXT) ?? '',
    result: textOf(field(value, 'result'), TEXT),
  });
}

/** Reads the conversations of one file; ids are made anew, so they clash with nothing. */
export class OurReader {
  constructor(
    readonly problems: Problems,
    /** Ids of servers that the person has added here. */
    readonly servers: ReadonlySet<string>,
    public room: number, // messages
  ) {}

  chat(value: unknown): Whole | null {
    const listed = isRecord(value) ? field(value, 'messages') : undefined;
    if (!isRecord(value) || !Array.isArray(listed)) {
      this.problems.add('chat');
      return null;
    }
    const title = textOf(field(value, 'title'), WORD) ?? '';
    const id = newId();
    const ids = new Map<string, string>();
    const blobs = new Map<string, Blob>();
    const takeFile = this.#files(field(value, 'files'), blobs, title);
    const messages: Message[] = [];
    for (const one of listed) {
      if (this.room <= 0) {
        this.problems.add('many', title);
        continue;
      }
      const made = this.#message(one, id, ids, takeFile, title);
      if (!made) continue;
      this.room--;
      messages.push(made);
    }
    return { chat: this.#chat(value, id, title, ids), messages: untangle(messages, ids, this.problems, title), blobs };
  }

  #server(value: unknown): string | undefined {
    const server = textOf(value, WORD);
    return server && this.servers.has(server) ? server : undefined;
  }

  #chat(value: Record_, id: string, title: string, ids: ReadonlyMap<string, string>): Chat {
    const shape = shapeOf(field(value, 'shape'));
    if (!shape && field(value, 'shape') !== undefined) this.problems.add('value', `${title}: shape`);
    return given<Chat>({
      id,
      title,
      named: yesOf(field(value, 'named')),
      created: timeOf(field(value, 'created')),
      updated: timeOf(field(value, 'updated')),
      pinned: yesOf(field(value, 'pinned')),
      tags: textsOf(field(value, 'tags'), 20, 40) ?? [],
      models: textsOf(field(value, 'models'), 8, WORD) ?? [],
      server: this.#server(field(value, 'server')),
      system: textOf(field(value, 'system'), TEXT) ?? '',
      params: paramsOf(field(value, 'params')),
      shape,
      chosen: chosenOf(field(value, 'chosen'), ids),
    });
  }

  /** A function that takes the attachments of a message over. */
  #files(value: unknown, blobs: Map<string, Blob>, where: string): (one: unknown) => Attachment | undefined {
    const files = isRecord(value) ? value : {};
    const taken = new Map<string, string>();
    return (one) => {
      const old = isRecord(one) ? textOf(field(one, 'id'), WORD) : undefined;
      const kind = isRecord(one) && oneOf(field(one, 'kind'), ['image', 'audio', 'pdf', 'text'] as const);
      const url = old === undefined ? undefined : field(files, old);
      const data = kind && typeof url === 'string' ? fromDataUrl(url, kind) : null;
      if (!isRecord(one) || !kind || old === undefined || !data) {
        this.problems.add('file', where);
        return undefined;
      }
      const key = `${kind} ${old}`;
      const id = taken.get(key) ?? newId();
      taken.set(key, id);
      if (!blobs.has(id)) blobs.set(id, data);
      const type = textOf(field(one, 'type'), 100) ?? '';
      const told = kind === 'text' && /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type : data.type;
      return { id, kind, name: textOf(field(one, 'name'), WORD) ?? '', type: told, size: data.size };
    };
  }

  #message(
    value: unknown,
    chat: string,
    ids: Map<string, string>,
    takeFile: (one: unknown) => Attachment | undefined,
    where: string,
  ): Message | null {
    const old = isRecord(value) ? textOf(field(value, 'id'), WORD) : undefined;
    const role = isRecord(value) ? oneOf(field(value, 'role'), ['user', 'assistant'] as const) : undefined;
    const text = isRecord(value) ? textOf(field(value, 'text'), TEXT) : undefined;
    if (!isRecord(value) || !old || !role || text === undefined) {
      this.problems.add('message', where);
      return null;
    }
    if (ids.has(old)) {
      this.problems.add('twice', where);
      return null;
    }
    const id = newId();
    ids.set(old, id);
    const attachments = listOf(field(value, 'attachments'), 100, takeFile);
    const made: Message = {
      id,
      chat,
      role,
      parents: textsOf(field(value, 'parents'), 16, WORD) ?? [],
      lane: Math.trunc(numberOf(field(value, 'lane'), 0, 15) ?? 0),
      created: timeOf(field(value, 'created')),
      text,
      attachments,
    };
    if (role === 'assistant') Object.assign(made, this.#answer(value, where));
    for (const [name, read] of Object.entries(made)) {
      const there = field(value, name);
      const cut = typeof there === 'string' && there.length > TEXT;
      if (name !== 'server' && ((read === undefined && there !== undefined && there !== null) || cut)) {
        this.problems.add('value', `${where}: ${name}`);
      }
    }
    return given(made);
  }

  #answer(value: Record_, where: string): Partial<Message> {
    const status = oneOf(field(value, 'status'), ['done', 'stopped', 'cut', 'error', 'running'] as const) ?? 'done';
    const images = textsOf(field(value, 'images'), 20, Infinity);
    const safe = images?.filter(isImageUrl);
    if (images && safe && safe.length < images.length) this.problems.add('image', where, images.length - safe.length);
    return {
      status: status === 'running' ? 'cut' : status,
      model: textOf(field(value, 'model'), WORD),
      server: this.#server(field(value, 'server')),
      reasoning: textOf(field(value, 'reasoning'), TEXT),
      thought: numberOf(field(value, 'thought'), 0),
      tools: listOf(field(value, 'tools'), 200, toolOf),
      images: safe,
      finish: textOf(field(value, 'finish'), WORD),
      problem: problemOf(field(value, 'problem')),
      figures: figuresOf(field(value, 'figures')),
      shaped: shapedOf(field(value, 'shaped')),
      request: textOf(field(value, 'request'), TEXT),
      response: textOf(field(value, 'response'), TEXT),
      continued: numberOf(field(value, 'continued'), 0, 1e6),
    };
  }
}
