// Which conversations have an answer that is being written, in this tab or in another one.
import { signal } from '@preact/signals';
import type { Message } from '../model/types';

/** Chats by the id of the message that is being written. */
export const answering = signal<ReadonlyMap<string, string>>(new Map());

export function noteStored(list: readonly Message[]): void {
  let changed: Map<string, string> | undefined;
  for (const { id, chat, status } of list) {
    if ((status === 'running') === answering.value.has(id)) continue;
    changed ??= new Map(answering.value);
    if (status === 'running') changed.set(id, chat);
    else changed.delete(id);
  }
  if (changed) answering.value = changed;
}

/** Forget the messages, or all of the chat, that has this id. */
export function noteGone(ids: readonly string[]): void {
  const left = [...answering.value].filter(([id, chat]) => !ids.includes(id) && !ids.includes(chat));
  if (left.length < answering.value.size) answering.value = new Map(left);
}
