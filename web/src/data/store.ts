// What the page keeps: conversations, their messages and attachments, in this browser.
import type { Chat, Message } from '../model/types';
import { toast } from '../state';
import { t } from '../text';
import { answering } from './answering';
import { BrowserStore } from './browser';
import { openDatabase } from './rows';
import type { Found } from './search';
import { tabs as ourTabs, type Tabs } from './tabs';

export type { Found } from './search';

export interface Store {
  /** Whether everything is kept when the page is closed. */
  kept: boolean;
  chats(): Promise<Chat[]>;
  chat(id: string): Promise<Chat | undefined>;
  messages(chat: string): Promise<Message[]>;
  message(id: string): Promise<Message | undefined>;
  putChat(chat: Chat): Promise<void>;
  putMessages(list: Message[]): Promise<void>;
  deleteMessages(ids: string[]): Promise<void>;
  /** A hidden conversation is deleted at a later load, unless it is shown again. */
  hideChat(id: string, hidden: boolean): Promise<void>;
  deleteChat(id: string): Promise<void>;
  putBlob(id: string, data: Blob): Promise<void>;
  blob(id: string): Promise<Blob | undefined>;
  search(text: string, most: number, signal: AbortSignal): Promise<Found[]>;
  running(): Promise<Message[]>;
  close(): void;
}

export type Trouble = 'full' | 'unkept' | 'old' | 'blocked';
const SWEEP_AFTER = 3000; // ms: when the page has long been shown

interface Options {
  name?: string;
  tabs?: Tabs;
  trouble?: (why: Trouble) => void;
}

export async function openStore({ name = 'franca', tabs = ourTabs(), trouble = say }: Options = {}): Promise<Store> {
  const made = new BrowserStore(tabs, trouble);
  const lose = (why: Trouble) => {
    made.db = null;
    made.lose(why);
  };
  const open = () =>
    openDatabase(name, {
      blocked: () => trouble('blocked'),
      old: () => lose('old'),
      // A browser may end a connection of its own accord; one more is tried for.
      lost: () =>
        void open().then(
          (db) => (made.db = db),
          () => lose('unkept'),
        ),
    });
  try {
    made.db = await open();
    const running = await made.running();
    answering.value = new Map(running.map(({ id, chat }) => [id, chat]));
  } catch {
    lose('unkept');
  }
  made.timer = setTimeout(
    () =>
      void import('./sweep').then(
        ({ sweep }) => sweep(made),
        () => undefined,
      ),
    SWEEP_AFTER,
  );
  return made;
}

const saidBefore = new Set<Trouble>();
function say(why: Trouble): void {
  if (saidBefore.has(why)) return;
  saidBefore.add(why);
  toast.value = { text: t(`data.${why}`), bad: true };
}

let ours: Promise<Store> | undefined;
/** The store of this page, opened once. */
export const store = (): Promise<Store> => (ours ??= openStore());
