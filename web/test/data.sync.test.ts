// What one tab stores is shown by the other one.
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { signal } from '@preact/signals';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answering } from '../src/data/answering';
import { openStore, type Store } from '../src/data/store';
import { follow } from '../src/data/sync';
import { openTabs } from '../src/data/tabs';
import type { Chat, Message } from '../src/model/types';
import { blank, chats, live, messages, openId, type Live } from '../src/state';

const aChat = (id: string, more: Partial<Chat> = {}): Chat => ({
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
const aMessage = (id: string, chat: string, more: Partial<Message> = {}): Message => ({
  id,
  chat,
  role: 'user',
  parents: [],
  lane: 0,
  created: 1,
  text: id,
  ...more,
});
const aLive = (id: string): Live => ({
  id,
  phase: signal('writing' as const),
  text: '',
  reasoning: '',
  onText: () => () => undefined,
  onReasoning: () => () => undefined,
});

let here: Store;
let there: Store;
let ends: (() => void)[];

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  const [ours, theirs] = [openTabs('sync'), openTabs('sync')];
  here = await openStore({ name: 'sync', tabs: ours });
  there = await openStore({ name: 'sync', tabs: theirs });
  const end = await follow(here, ours);
  ends = [end, () => here.close(), () => there.close(), () => ours.close(), () => theirs.close()];
  chats.value = [];
  messages.value = new Map();
  live.value = new Map();
  openId.value = '';
});
afterEach(() => ends.forEach((end) => end()));

describe('the other tab', () => {
  it('adds, renames and pins: the list shows it in its order', async () => {
    await there.putChat(aChat('a', { updated: 1 }));
    await there.putChat(aChat('b', { updated: 2 }));
    await vi.waitFor(() => expect(chats.value.map(({ id }) => id)).toEqual(['b', 'a']));
    await there.putChat(aChat('a', { updated: 1, pinned: true, title: 'named' }));
    await vi.waitFor(() => expect(chats.value.map(({ title }) => title)).toEqual(['named', 'b']));
  });

  it('deletes the open conversation: an empty one is shown', async () => {
    await there.putChat(aChat('a'));
    await vi.waitFor(() => expect(chats.value).toHaveLength(1));
    openId.value = 'a';
    messages.value = new Map([['1', aMessage('1', 'a')]]);
    const before = blank.value;
    await there.deleteChat('a');
    await vi.waitFor(() => expect(openId.value).toBe(''));
    expect(chats.value).toEqual([]);
    expect(messages.value.size).toBe(0);
    expect(blank.value).not.toBe(before);
  });

  it('hides one and takes that back: it goes and comes', async () => {
    await there.putChat(aChat('a'));
    await vi.waitFor(() => expect(chats.value).toHaveLength(1));
    await there.hideChat('a', true);
    await vi.waitFor(() => expect(chats.value).toHaveLength(0));
    await there.hideChat('a', false);
    await vi.waitFor(() => expect(chats.value).toHaveLength(1));
  });

  it('writes and removes messages of the open conversation only', async () => {
    openId.value = 'a';
    await there.putMessages([aMessage('1', 'a'), aMessage('2', 'a'), aMessage('9', 'b')]);
    await vi.waitFor(() => expect([...messages.value.keys()]).toEqual(['1', '2']));
    await there.deleteMessages(['1']);
    await vi.waitFor(() => expect([...messages.value.keys()]).toEqual(['2']));
    await there.putMessages(Array.from({ length: 120 }, (_, i) => aMessage(`x${i}`, 'a')));
    await vi.waitFor(() => expect(messages.value.size).toBe(121));
  });

  it('never changes an answer that this tab writes', async () => {
    openId.value = 'a';
    const mine = aMessage('1', 'a', { text: 'mine', status: 'running' });
    messages.value = new Map([['1', mine]]);
    live.value = new Map([['1', aLive('1')]]);
    await there.putMessages([aMessage('1', 'a', { text: 'theirs' }), aMessage('2', 'a')]);
    await vi.waitFor(() => expect(messages.value.size).toBe(2));
    await there.deleteMessages(['1', '2']);
    await vi.waitFor(() => expect(messages.value.size).toBe(1));
    expect(messages.value.get('1')).toBe(mine);
  });

  it('has an answer running: the list knows, until it ends', async () => {
    answering.value = new Map();
    await there.putMessages([aMessage('1', 'a', { status: 'running' })]);
    await vi.waitFor(() => expect([...answering.value.values()]).toEqual(['a']));
    await there.putMessages([aMessage('1', 'a', { status: 'done' })]);
    await vi.waitFor(() => expect(answering.value.size).toBe(0));
  });
});
