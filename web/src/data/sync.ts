// The list of conversations that the page shows and the one in the store, and those of the other tabs, are kept alike.
import type { Chat } from '../model/types';
import { blank, chats, messages, newChat, openId } from '../state';
import { sorted } from './order';
import { store, type Store } from './store';
import { tabs, type Tabs } from './tabs';

/** Put a conversation into the list, new or changed, and store it. */
export async function keepChat(chat: Chat): Promise<void> {
  showChat(chat);
  await (await store()).putChat(chat);
}

export function showChat(chat: Chat): void {
  chats.value = sorted([...chats.value.filter(({ id }) => id !== chat.id), chat]);
}

/** Take a conversation off the page; the page shows an empty one if it was open. */
export function leaveChat(id: string): void {
  if (chats.value.some((one) => one.id === id)) chats.value = chats.value.filter((one) => one.id !== id);
  if (openId.value !== id) return;
  blank.value = newChat();
  messages.value = new Map();
  openId.value = '';
}

/** Follow the other tabs until the returned function is called. */
export async function follow(from?: Store, among: Tabs = tabs()): Promise<() => void> {
  const read = from ?? (await store());
  let turn = Promise.resolve();
  return among.hear((change) => {
    turn = turn.then(async () => (await import('./take')).take(read, change)).catch(() => undefined);
  });
}
