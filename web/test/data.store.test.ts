// What the store promises: it keeps, finds and deletes, whatever the browser does to it.
import { Blob as NodeBlob } from 'node:buffer';
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answering } from '../src/data/answering';
import { openDatabase } from '../src/data/rows';
import type { BrowserStore } from '../src/data/browser';
import { openStore, type Store, type Trouble } from '../src/data/store';
import { sweep } from '../src/data/sweep';
import { openTabs, type Change, type Tabs } from '../src/data/tabs';
import type { Attachment, Chat, Message } from '../src/model/types';

const opened: { close(): void }[] = [];
const closing = <T extends { close(): void }>(one: T): T => (opened.push(one), one);
const bytes = (text: string) => new NodeBlob([text], { type: 'text/plain' }) as Blob;
const none = new AbortController().signal;

export const aChat = (id: string, more: Partial<Chat> = {}): Chat => ({
  id,
  title: id,
  created: 1,
  updated: 1,
  tags: [],
  models: ['m'],
  system: '',
  params: {},
  chosen: {},
  ...more,
});
export const aMessage = (id: string, chat: string, more: Partial<Message> = {}): Message => ({
  id,
  chat,
  role: 'user',
  parents: [],
  lane: 0,
  created: 1,
  text: id,
  ...more,
});
const file = (id: string): Attachment => ({ id, kind: 'text', name: `${id}.txt`, type: 'text/plain', size: 1 });

let troubles: Trouble[];
const channel = () => closing(openTabs('test'));
const made = async (tabs: Tabs = channel()): Promise<Store> =>
  closing(await openStore({ name: 'test', tabs, trouble: (why) => troubles.push(why) }));

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
  troubles = [];
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  for (const one of opened.splice(0)) one.close();
});

describe('what is stored', () => {
  it('is there at the next load, newest conversation first and pinned ones above', async () => {
    const first = await made();
    await first.putChat(aChat('a', { updated: 1 }));
    await first.putChat(aChat('b', { updated: 2 }));
    await first.putChat(aChat('c', { updated: 0, pinned: true }));
    await first.putMessages([aMessage('2', 'a', { created: 2 }), aMessage('1', 'a'), aMessage('3', 'b')]);
    first.close();
    const next = await made();
    expect((await next.chats()).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
    expect((await next.messages('a')).map(({ id }) => id)).toEqual(['1', '2']);
    expect(next.kept).toBe(true);
  });

  it('comes back equal, attachments and all', async () => {
    const store = await made();
    const message = aMessage('1', 'a', { attachments: [file('f')], tools: [{ id: 't', name: 'n', arguments: '{' }] });
    await store.putMessages([message]);
    await store.putBlob('f', bytes('hello'));
    expect(await store.messages('a')).toEqual([message]);
    expect(await store.message('1')).toEqual(message);
    expect(await (await store.blob('f'))?.text()).toBe('hello');
    expect(await store.blob('other')).toBeUndefined();
  });

  it('tells which answers are running, and where', async () => {
    const store = await made();
    await store.putMessages([aMessage('1', 'a', { role: 'assistant', status: 'running' }), aMessage('2', 'b')]);
    expect((await store.running()).map(({ id }) => id)).toEqual(['1']);
    expect([...answering.value]).toEqual([['1', 'a']]);
    await store.putMessages([aMessage('1', 'a', { role: 'assistant', status: 'done' })]);
    expect(await store.running()).toEqual([]);
    expect(answering.value.size).toBe(0);
  });

  it('asks the browser once to keep it, after the first conversation', async () => {
    const persist = vi.fn(() => Promise.resolve(true));
    vi.stubGlobal('navigator', { storage: { persist } });
    const store = await made();
    await store.putChat(aChat('a'));
    await store.putChat(aChat('a', { title: 'other' }));
    await store.putChat(aChat('b'));
    vi.unstubAllGlobals();
    expect(persist).toHaveBeenCalledTimes(1);
  });

  it('opens 2,000 messages by one question to the database', async () => {
    const store = await made();
    await store.putMessages(Array.from({ length: 2000 }, (_, i) => aMessage(`m${i}`, 'a', { created: i })));
    const asked = vi.spyOn(IDBIndex.prototype, 'getAll');
    const found = await store.messages('a');
    expect(found.length).toBe(2000);
    expect(found[1999]?.id).toBe('m1999');
    expect(asked).toHaveBeenCalledTimes(1);
  });
});

describe('what is deleted', () => {
  it('takes messages and blobs with it, but not what another conversation refers to', async () => {
    const store = await made();
    await store.putChat(aChat('a'));
    await store.putChat(aChat('b'));
    await store.putMessages([
      aMessage('1', 'a', { attachments: [file('own'), file('both')] }),
      aMessage('2', 'b', { attachments: [file('both')] }),
    ]);
    await store.putBlob('own', bytes('1'));
    await store.putBlob('both', bytes('2'));
    await store.deleteChat('a');
    expect((await store.chats()).map(({ id }) => id)).toEqual(['b']);
    expect(await store.messages('a')).toEqual([]);
    expect(await store.blob('own')).toBeUndefined();
    expect(await store.blob('both')).toBeDefined();
  });

  it('is not brought back by a late write of a running answer', async () => {
    const store = await made();
    await store.putChat(aChat('a'));
    await store.deleteChat('a');
    await store.putMessages([aMessage('1', 'a', { status: 'running' })]);
    await store.putChat(aChat('a'));
    expect(await store.chats()).toEqual([]);
    expect(await store.messages('a')).toEqual([]);
    expect(await store.running()).toEqual([]);
  });

  it('is only hidden at first, comes back whole, and is gone some loads later', async () => {
    const store = await made();
    const chat = aChat('a', { tags: ['x'] });
    await store.putChat(chat);
    await store.putMessages([aMessage('1', 'a', { status: 'running' })]);
    await store.hideChat('a', true);
    expect(await store.chats()).toEqual([]);
    expect(await store.chat('a')).toBeUndefined();
    expect(await store.running()).toEqual([]);
    expect(await store.search('a', 5, none)).toEqual([]);
    await store.putChat({ ...chat, title: 'written while hidden' });
    expect(await store.chats()).toEqual([]);
    await store.hideChat('a', false);
    expect(await store.chats()).toEqual([{ ...chat, title: 'written while hidden' }]);
    expect(await store.messages('a')).toHaveLength(1);

    await store.hideChat('a', true);
    store.close();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30_000 });
    const soon = (await made()) as BrowserStore;
    await sweep(soon);
    expect(await soon.messages('a'), 'may still be taken back in another tab').toHaveLength(1);
    vi.setSystemTime(Date.now() + 60_000);
    await sweep(soon);
    expect(await soon.messages('a')).toEqual([]);
  });

  it('leaves no blob for ever that no message refers to', async () => {
    const store = (await made()) as BrowserStore;
    await store.putMessages([aMessage('1', 'a', { attachments: [file('used'), file('dropped')] })]);
    for (const id of ['used', 'dropped']) await store.putBlob(id, bytes(id));
    await store.putMessages([aMessage('1', 'a', { attachments: [file('used')] })]);
    await sweep(store);
    expect(await store.blob('dropped'), 'may be waiting for its message').toBeDefined();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7_200_000 });
    await sweep(store);
    expect(await store.blob('dropped')).toBeUndefined();
    expect(await store.blob('used')).toBeDefined();
  });
});

describe('a browser that refuses', () => {
  it('to store anything: everything works as long as the page is open', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('no', 'SecurityError');
    });
    const store = await made();
    expect(store.kept).toBe(false);
    expect(troubles).toEqual(['unkept']);
    await store.putChat(aChat('a', { title: 'Wörter' }));
    await store.putMessages([aMessage('1', 'a', { attachments: [file('f')], status: 'running' })]);
    await store.putBlob('f', bytes('x'));
    expect(await store.chats()).toHaveLength(1);
    expect(await store.messages('a')).toHaveLength(1);
    expect(await store.running()).toHaveLength(1);
    expect(await store.search('worter', 5, none)).toHaveLength(1);
    expect(await (await store.blob('f'))?.text()).toBe('x');
    await store.hideChat('a', true);
    expect(await store.chats()).toEqual([]);
    await store.hideChat('a', false);
    await store.deleteChat('a');
    expect(await store.chats()).toEqual([]);
    expect(await store.messages('a')).toEqual([]);
    expect(await store.blob('f')).toBeUndefined();
  });

  it('for want of space: says so, shows the newest, and writes it down when there is room again', async () => {
    const store = await made();
    await store.putChat(aChat('a'));
    await store.putMessages([aMessage('1', 'a', { text: 'old' })]);
    const table = IDBObjectStore.prototype;
    const put = vi.spyOn(table, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    await store.putMessages([aMessage('1', 'a', { text: 'new' }), aMessage('2', 'a', { created: 2 })]);
    await store.putChat(aChat('a', { title: 'new' }));
    await store.putBlob('f', bytes('x'));
    expect(new Set(troubles)).toEqual(new Set(['full']));
    expect(store.kept).toBe(false);
    expect((await store.messages('a')).map(({ text }) => text)).toEqual(['new', '2']);
    expect((await store.message('1'))?.text).toBe('new');
    expect((await store.chats())[0]?.title).toBe('new');
    expect(await store.blob('f')).toBeDefined();
    put.mockRestore();
    await store.putMessages([aMessage('1', 'a', { text: 'newer' })]);
    store.close();
    const next = await made();
    expect((await next.messages('a')).map(({ text }) => text)).toEqual(['newer']);
  });

  it('a write half way: none of it is stored', async () => {
    const store = await made();
    const unclonable = aMessage('2', 'a', { shaped: (() => undefined) as never });
    await store.putMessages([aMessage('1', 'a'), unclonable]);
    store.close();
    expect(await (await made()).messages('a')).toEqual([]);
  });
});

describe('another version of the page in another tab', () => {
  it('newer: this one lets go of the database, says so and goes on in memory', async () => {
    const store = await made();
    await store.putChat(aChat('a'));
    const newer = await openDatabase(
      'test',
      { blocked: () => undefined, old: () => undefined, lost: () => undefined },
      2,
    );
    closing(newer);
    expect(troubles).toEqual(['old']);
    await store.putChat(aChat('b'));
    expect((await store.chats()).map(({ id }) => id)).toEqual(['b']);
    expect(await newer.getAllKeys('chats')).toEqual(['a']);
  });
});

describe('several tabs', () => {
  const settled = async () => {
    for (let i = 0; i < 5; i++) await new Promise((done) => setTimeout(done));
  };

  it('hear what the others wrote, and nothing of their own', async () => {
    const [left, right] = [channel(), channel()];
    const [heardLeft, heardRight]: [Change[], Change[]] = [[], []];
    left.hear((change) => heardLeft.push(change));
    right.hear((change) => heardRight.push(change));
    const store = await made(left);
    await store.putChat(aChat('a'));
    await store.putMessages([aMessage('1', 'a'), aMessage('2', 'a'), aMessage('3', 'b')]);
    await store.deleteMessages(['1', 'unknown']);
    await store.deleteChat('a');
    await vi.waitFor(() => expect(heardRight).toHaveLength(5));
    expect(heardRight).toEqual([
      { chat: 'a', kind: 'chat' },
      { chat: 'a', kind: 'messages', ids: ['1', '2'] },
      { chat: 'b', kind: 'messages', ids: ['3'] },
      { chat: 'a', kind: 'messages', ids: ['1'] },
      { chat: 'a', kind: 'gone' },
    ]);
    expect(heardLeft).toEqual([]);
  });

  it('agree, whatever the two of them do at the same time', async () => {
    const ids = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({
      tab: fc.nat(1),
      chat: ids,
      message: fc.nat(3),
      act: fc.constantFrom('chat', 'message', 'remove', 'delete', 'hide', 'show'),
      text: fc.string(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        globalThis.indexedDB = new IDBFactory();
        const [left, right] = [await made(), await made()];
        const work = steps.map(({ tab, chat, message, act, text }) => {
          const store = tab ? right : left;
          const id = `${chat}${message}`;
          if (act === 'chat') return store.putChat(aChat(chat, { title: text }));
          if (act === 'message') return store.putMessages([aMessage(id, chat, { text })]);
          if (act === 'remove') return store.deleteMessages([id]);
          if (act === 'delete') return store.deleteChat(chat);
          return store.hideChat(chat, act === 'hide');
        });
        await Promise.all(work);
        await settled();
        for (const chat of ['a', 'b', 'c']) {
          expect(await left.messages(chat)).toEqual(await right.messages(chat));
          const gone = steps.some((one) => one.chat === chat && one.act === 'delete');
          if (gone) expect(await left.messages(chat)).toEqual([]);
          if (gone) expect(await right.chat(chat)).toBeUndefined();
        }
        expect(await left.chats()).toEqual(await right.chats());
        for (const one of opened.splice(0)) one.close();
      }),
      { numRuns: 30 },
    );
  });
});
