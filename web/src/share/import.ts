// Reads a file of conversations that may come from anybody, and stores what is good of it.
import { sorted } from '../data/order';
import type { Store } from '../data/store';
import { titleOf } from '../data/title';
import { chats } from '../state';
import { FORMAT, type Whole } from './export';
import { readMapping, readMessages } from './foreign';
import { OurReader } from './ours';
import { Problems, type LeftOut } from './problems';
import { field, isRecord } from './read';

export const MOST_SIZE = 50 * 1024 * 1024;
export const MOST_MESSAGES = 200_000;
export const MOST_CHATS = 20_000;

export interface Imported {
  all: Whole[];
  problems: LeftOut[];
}

interface Limits {
  servers?: ReadonlySet<string>;
  messages?: number;
  size?: number;
}

/** Never throws; what cannot be read is among the problems. */
export async function read(file: Blob, limits: Limits = {}): Promise<Imported> {
  const problems = new Problems();
  const all: Whole[] = [];
  const told = (): Imported => ({ all, problems: problems.list });
  if (file.size > (limits.size ?? MOST_SIZE)) {
    problems.add('big');
    return told();
  }
  let root: unknown;
  try {
    root = JSON.parse(await file.text());
  } catch {
    problems.add('unread');
    return told();
  }
  const room = limits.messages ?? MOST_MESSAGES;
  if (isRecord(root) && field(root, 'format') === FORMAT && Array.isArray(field(root, 'chats'))) {
    const reader = new OurReader(problems, limits.servers ?? new Set(), room);
    take(field(root, 'chats'), (one) => reader.chat(one), all, problems);
  } else {
    const how = { room, problems };
    const list = Array.isArray(root) ? root : [root];
    take(list, (one) => (isRecord(one) ? (readMapping(one, how) ?? readMessages(one, how)) : null), all, problems);
    if (!all.length) problems.add('unknown');
  }
  for (const { chat, messages } of all) {
    chat.title ||= titleOf(messages.find(({ role }) => role === 'user')?.text ?? '');
  }
  return told();
}

function take(list: unknown, readOne: (one: unknown) => Whole | null, all: Whole[], problems: Problems): void {
  if (!Array.isArray(list)) return;
  if (list.length > MOST_CHATS) problems.add('many', '', list.length - MOST_CHATS);
  for (const one of list.slice(0, MOST_CHATS)) {
    const whole = readOne(one);
    if (whole?.messages.length) all.push(whole);
    else if (whole) problems.add('chat', whole.chat.title);
  }
}

const AT_ONCE = 500;

/** Store and show what was read; a conversation appears when all of it is there. */
export async function keep(all: readonly Whole[], store: Store): Promise<void> {
  for (const { chat, messages, blobs } of all) {
    for (const [id, data] of blobs) await store.putBlob(id, data);
    for (let at = 0; at < messages.length; at += AT_ONCE) await store.putMessages(messages.slice(at, at + AT_ONCE));
    await store.putChat(chat);
  }
  // one change of the list, however many they are
  chats.value = sorted([...chats.value, ...all.map(({ chat }) => chat)]);
}
