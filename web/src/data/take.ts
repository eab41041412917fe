// Shows what another tab has stored. An answer that this tab writes is left alone: nobody else knows it better.
import { live, messages, openId } from '../state';
import { noteGone, noteStored } from './answering';
import type { Store } from './store';
import { leaveChat, showChat } from './sync';
import type { Change } from './tabs';

async function readMessages(from: Store, { chat, ids }: Change): Promise<void> {
  const read = ids ? await Promise.all(ids.map((id) => from.message(id))) : await from.messages(chat);
  const found = new Map(read.flatMap((one) => (one ? [[one.id, one]] : [])));
  noteStored([...found.values()]);
  const known = ids ?? [...messages.value.values()].filter((one) => one.chat === chat).map(({ id }) => id);
  noteGone(known.filter((id) => !found.has(id) && !live.value.has(id)));
  if (openId.value !== chat) return;
  const next = new Map(messages.value);
  for (const id of known) if (!found.has(id) && !live.value.has(id)) next.delete(id);
  for (const [id, message] of found) if (!live.value.has(id)) next.set(id, message);
  messages.value = next;
}

export async function take(from: Store, change: Change): Promise<void> {
  if (change.kind === 'messages') return readMessages(from, change);
  const chat = change.kind === 'chat' ? await from.chat(change.chat) : undefined;
  if (chat) showChat(chat);
  else {
    noteGone([change.chat]);
    leaveChat(change.chat);
  }
}
