// Conversations in IndexedDB; what the browser refuses to keep is held in memory, so that nothing that is on the screen
// is lost while the page is open.
import type { Chat, Message } from '../model/types';
import { noteGone, noteStored } from './answering';
import { byTime, sorted } from './order';
import { fromRow, toRow, type ChatRow, type Database } from './rows';
import type { Found } from './search';
import type { Store, Trouble } from './store';
import type { Tabs } from './tabs';

type Names = ('chats' | 'messages' | 'blobs')[];
type Write<N extends Names> = ReturnType<typeof begin<N>>;

const begin = <N extends Names>(db: Database, names: N) => db.transaction(names, 'readwrite');

const MOST_GONE = 1000;
const MOST_TOLD = 50;

export class BrowserStore implements Store {
  kept = true;
  db: Database | null = null;
  timer: ReturnType<typeof setTimeout> | undefined; // of the sweep
  readonly #chats = new Map<string, ChatRow>(); // these three: what could not be written down
  readonly #messages = new Map<string, Message>();
  readonly #blobs = new Map<string, Blob>();
  readonly #gone = new Set<string>(); // deleted conversations: a late write must not bring them back
  readonly #leave: () => void;

  constructor(
    readonly tabs: Tabs,
    readonly trouble: (why: Trouble) => void,
  ) {
    this.#leave = tabs.hear((change) => {
      if (change.kind !== 'gone') return;
      // What this tab wrote before it heard of the deletion goes too.
      if (!this.#gone.has(change.chat)) void this.#erase(change.chat);
    });
  }

  lose(why: Trouble): void {
    this.kept = false;
    this.trouble(why);
  }

  /** All of it or nothing; false where the browser refuses. */
  async write<N extends Names>(names: N, work: (tx: Write<N>) => Promise<unknown>): Promise<boolean> {
    if (!this.db) return false;
    let tx: Write<N> | undefined;
    try {
      tx = begin(this.db, names);
      tx.done.catch(() => undefined); // it is waited for below, unless the work fails before
      await work(tx);
      await tx.done;
      return true;
    } catch (error) {
      const why = tx?.error ?? error; // requests only say that they were aborted
      this.lose((why as { name?: string } | null)?.name === 'QuotaExceededError' ? 'full' : 'unkept');
      try {
        tx?.abort(); // all of it or nothing
      } catch {
        // it has ended by itself
      }
      return false;
    }
  }

  /** What the database says, or nothing where it cannot be asked any more. */
  async read<T>(ask: (db: Database) => Promise<T>): Promise<T | undefined> {
    try {
      return this.db ? await ask(this.db) : undefined;
    } catch {
      this.lose('unkept');
      return undefined;
    }
  }

  async chatRows(): Promise<ChatRow[]> {
    const rows = (await this.read((db) => db.getAllFromIndex('chats', 'updated'))) ?? [];
    return [...rows.filter(({ id }) => !this.#chats.has(id)), ...this.#chats.values()];
  }

  async chats(): Promise<Chat[]> {
    return sorted((await this.chatRows()).filter((row) => !row.hidden));
  }

  async chat(id: string): Promise<Chat | undefined> {
    const row = this.#chats.get(id) ?? (await this.read((db) => db.get('chats', id)));
    return row && !row.hidden ? row : undefined;
  }

  async messages(chat: string): Promise<Message[]> {
    const rows = (await this.read((db) => db.getAllFromIndex('messages', 'chat', chat))) ?? [];
    const found = rows.filter(({ id }) => !this.#messages.has(id)).map(fromRow);
    for (const message of this.#messages.values()) if (message.chat === chat) found.push(message);
    return byTime(found);
  }

  async message(id: string): Promise<Message | undefined> {
    const row = this.#messages.get(id) ?? (await this.read((db) => db.get('messages', id)));
    return row && fromRow(row);
  }

  async putChat(chat: Chat): Promise<void> {
    if (this.#gone.has(chat.id)) return;
    let first = false;
    const done = await this.write(['chats'], async (tx) => {
      const table = tx.objectStore('chats');
      const before = await table.get(chat.id);
      await table.put(before?.hidden ? { ...chat, hidden: before.hidden } : chat);
      first = !before && (await table.count()) === 1;
    });
    if (done) this.#chats.delete(chat.id);
    else {
      const hidden = this.#chats.get(chat.id)?.hidden;
      this.#chats.set(chat.id, hidden ? { ...chat, hidden } : chat);
    }
    // Asked once, when there is something to lose: the browser should not clear this by itself.
    if (first) void globalThis.navigator?.storage?.persist?.().catch(() => false);
    this.tabs.tell({ chat: chat.id, kind: 'chat' });
  }

  async putMessages(list: Message[]): Promise<void> {
    list = list.filter(({ chat }) => !this.#gone.has(chat));
    if (!list.length) return;
    noteStored(list);
    const done = await this.write(['messages'], async (tx) => {
      const table = tx.objectStore('messages');
      // (async: one that cannot be cloned throws at once, the others must be waited for all the same)
      await Promise.all(list.map(async (message) => table.put(toRow(message))));
    });
    for (const message of list) {
      if (done) this.#messages.delete(message.id);
      else this.#messages.set(message.id, message);
    }
    this.#tellMessages(list);
  }

  #tellMessages(list: readonly Pick<Message, 'id' | 'chat'>[]): void {
    const byChat = new Map<string, string[]>();
    for (const { id, chat } of list) byChat.set(chat, [...(byChat.get(chat) ?? []).slice(0, MOST_TOLD), id]);
    for (const [chat, ids] of byChat) {
      this.tabs.tell({ chat, kind: 'messages', ...(ids.length <= MOST_TOLD && { ids }) });
    }
  }

  async deleteMessages(ids: string[]): Promise<void> {
    const told: { id: string; chat: string }[] = [];
    await this.write(['messages'], async (tx) => {
      const table = tx.objectStore('messages');
      for (const id of ids) {
        const row = await table.get(id);
        if (!row) continue;
        told.push({ id, chat: row.chat });
        await table.delete(id);
      }
    });
    for (const id of ids) this.#messages.delete(id);
    noteGone(ids);
    this.#tellMessages(told);
  }

  async hideChat(id: string, hidden: boolean): Promise<void> {
    const mark = (row: ChatRow): ChatRow => {
      const { hidden: _hidden, ...chat } = row;
      return hidden ? { ...chat, hidden: Date.now() } : chat;
    };
    const held = this.#chats.get(id);
    if (held) this.#chats.set(id, mark(held));
    await this.write(['chats'], async (tx) => {
      const row = await tx.objectStore('chats').get(id);
      if (row) await tx.objectStore('chats').put(mark(row));
    });
    this.tabs.tell({ chat: id, kind: 'chat' });
  }

  async deleteChat(id: string): Promise<void> {
    await this.#erase(id);
    this.tabs.tell({ chat: id, kind: 'gone' });
  }

  async #erase(id: string): Promise<void> {
    if (this.#gone.size >= MOST_GONE) this.#gone.clear();
    this.#gone.add(id);
    this.#chats.delete(id);
    for (const message of this.#messages.values()) {
      if (message.chat !== id) continue;
      this.#messages.delete(message.id);
      for (const file of message.attachments ?? []) this.#blobs.delete(file.id);
    }
    noteGone([id]);
    await this.write(['chats', 'messages', 'blobs'], async (tx) => {
      const messages = tx.objectStore('messages');
      const rows = await messages.index('chat').getAll(id);
      await Promise.all([tx.objectStore('chats').delete(id), ...rows.map((row) => messages.delete(row.id))]);
      for (const file of new Set(rows.flatMap((row) => row.files ?? []))) {
        if (!(await messages.index('files').count(file))) await tx.objectStore('blobs').delete(file);
      }
    });
  }

  async putBlob(id: string, data: Blob): Promise<void> {
    const done = await this.write(['blobs'], (tx) => tx.objectStore('blobs').put({ id, data, at: Date.now() }));
    if (done) this.#blobs.delete(id);
    else this.#blobs.set(id, data);
  }

  async blob(id: string): Promise<Blob | undefined> {
    return this.#blobs.get(id) ?? (await this.read((db) => db.get('blobs', id)))?.data;
  }

  async search(text: string, most: number, signal: AbortSignal): Promise<Found[]> {
    const { searchIn } = await import('./search');
    return searchIn(await this.chats(), (chat) => this.messages(chat), text, most, signal);
  }

  async running(): Promise<Message[]> {
    const rows = (await this.read((db) => db.getAllFromIndex('messages', 'status', 'running'))) ?? [];
    const found = rows.filter(({ id }) => !this.#messages.has(id)).map(fromRow);
    for (const message of this.#messages.values()) if (message.status === 'running') found.push(message);
    const hidden = new Set((await this.chatRows()).filter((row) => row.hidden).map(({ id }) => id));
    return found.filter(({ chat }) => !hidden.has(chat));
  }

  close(): void {
    clearTimeout(this.timer);
    this.#leave();
    this.db?.close();
    this.db = null;
  }
}
