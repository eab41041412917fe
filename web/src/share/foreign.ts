// Conversations as others write them: ChatGPT's export, and a list of messages as in a request to the chat API.
import type { Attachment, Message } from '../model/types';
import { newChat, newId } from '../state';
import { fromDataUrl, splitDataUrl } from './bytes';
import type { Whole } from './export';
import type { Problems } from './problems';
import { field, isRecord, listOf, numberOf, textOf, type Record_ } from './read';

const TEXT = 4_000_000;

/** What `read` needs to know of the file as a whole. */
export interface Room {
  room: number; // messages
  problems: Problems;
}

function wholeOf(title: unknown, created: unknown, updated: unknown): Whole & { messages: Message[] } {
  const chat = newChat();
  const begun = timeOf(created) ?? chat.created;
  Object.assign(chat, {
    title: textOf(title, 300) ?? '',
    models: [],
    params: {},
    created: begun,
    updated: timeOf(updated) ?? begun,
  });
  return { chat, messages: [], blobs: new Map() };
}

/** Seconds since 1970, as they write them. */
const timeOf = (seconds: unknown): number | undefined => {
  const value = numberOf(seconds, 0, 8.64e12);
  return value === undefined ? undefined : Math.round(value * 1000);
};

const make = (chat: string, role: Message['role'], text: string, parent: string | undefined, at: number): Message => ({
  id: newId(),
  chat,
  role,
  parents: parent ? [parent] : [],
  lane: 0,
  created: at,
  text,
  ...(role === 'assistant' && { status: 'done' }),
});

function saidIn(message: Record_): string {
  const content = field(message, 'content');
  if (!isRecord(content)) return '';
  const parts = listOf(field(content, 'parts'), 1000, (part) => textOf(part, TEXT)) ?? [];
  return parts.join('\n\n').trim() || (textOf(field(content, 'text'), TEXT) ?? '').trim();
}

/** One conversation of ChatGPT's conversations.json: a tree by parents, with system and tool messages in between. */
export function readMapping(value: Record_, how: Room): Whole | null {
  const mapping = field(value, 'mapping');
  if (!isRecord(mapping)) return null;
  const whole = wholeOf(field(value, 'title'), field(value, 'create_time'), field(value, 'update_time'));
  const made = new Map<string, Message>(); // by the id of the node
  const begin = Object.keys(mapping).filter((id) => {
    const node = field(mapping, id);
    return isRecord(node) && textOf(field(node, 'parent'), 300) === undefined;
  });
  const waiting: [string, Message | undefined][] = begin.map((id) => [id, undefined]);
  const seen = new Set<string>();
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [id, above] = next;
    const node = field(mapping, id);
    if (seen.has(id) || !isRecord(node)) continue;
    seen.add(id);
    const here = place(node, above, whole, how);
    if (here) made.set(id, here);
    for (const child of (listOf(field(node, 'children'), 1000, (one) => textOf(one, 300)) ?? []).reverse()) {
      waiting.push([child, here ?? above]);
    }
  }
  if (seen.size < Object.keys(mapping).length) how.problems.add('parent', whole.chat.title);
  return whole;
}

/** The message of a node, put below `above`; a further piece of the same answer is written on to it. */
function place(node: Record_, above: Message | undefined, whole: Whole & { messages: Message[] }, how: Room) {
  const message = field(node, 'message');
  const author = isRecord(message) ? field(message, 'author') : undefined;
  const role = isRecord(author) ? field(author, 'role') : undefined;
  const text = isRecord(message) ? saidIn(message) : '';
  if (!isRecord(message) || !text || (role !== 'user' && role !== 'assistant')) return undefined;
  if (role === above?.role || (role === 'assistant' && !above)) {
    if (above) above.text += `\n\n${text}`;
    return above;
  }
  if (how.room <= 0) {
    how.problems.add('many', whole.chat.title);
    return undefined;
  }
  how.room--;
  const made = make(whole.chat.id, role, text, above?.id, timeOf(field(message, 'create_time')) ?? whole.chat.created);
  const metadata = field(message, 'metadata');
  const model = isRecord(metadata) ? textOf(field(metadata, 'model_slug'), 300) : undefined;
  if (role === 'assistant' && model) made.model = model;
  whole.messages.push(made);
  return made;
}

/** `{messages: [{role, content}]}` */
export function readMessages(value: Record_, how: Room): Whole | null {
  const list = field(value, 'messages');
  if (!Array.isArray(list)) return null;
  const whole = wholeOf(field(value, 'title'), field(value, 'created'), undefined);
  const blobs = new Map<string, Blob>();
  const model = textOf(field(value, 'model'), 300);
  let above: Message | undefined;
  for (const one of list) {
    const role = isRecord(one) ? field(one, 'role') : undefined;
    const content = isRecord(one) ? field(one, 'content') : undefined;
    const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
    const texts = listOf(parts, 1000, (part) => (isRecord(part) ? textOf(field(part, 'text'), TEXT) : undefined)) ?? [];
    const text = texts.join('\n\n');
    if (role === 'system' || role === 'developer') whole.chat.system += (whole.chat.system && '\n\n') + text;
    else if ((role !== 'user' && role !== 'assistant') || !Array.isArray(parts)) how.problems.add('message');
    else if (how.room <= 0) how.problems.add('many');
    else if (role === above?.role) above.text += `\n\n${text}`;
    else if (role === 'assistant' && !above) how.problems.add('parent');
    else {
      how.room--;
      above = make(whole.chat.id, role, text, above?.id, whole.chat.created + whole.messages.length);
      if (role === 'assistant' && model) above.model = model;
      const attachments = role === 'user' ? picturesOf(parts, blobs, how) : [];
      if (attachments.length) above.attachments = attachments;
      whole.messages.push(above);
    }
  }
  return { ...whole, blobs };
}

function picturesOf(parts: readonly unknown[], blobs: Map<string, Blob>, how: Room): Attachment[] {
  return parts.slice(0, 100).flatMap((part): Attachment[] => {
    const image = isRecord(part) ? field(part, 'image_url') : undefined;
    if (!isRecord(image)) return [];
    const url = textOf(field(image, 'url'), Infinity) ?? '';
    const data = splitDataUrl(url) && fromDataUrl(url, 'image');
    if (!data) {
      how.problems.add('image');
      return [];
    }
    const id = newId();
    blobs.set(id, data);
    return [{ id, kind: 'image', name: '', type: data.type, size: data.size }];
  });
}
