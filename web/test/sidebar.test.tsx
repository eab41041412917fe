// The list of conversations: groups, tags, keys, and a deletion that can be taken back.
import 'fake-indexeddb/auto';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { store } from '../src/data/store';
import { keepChat } from '../src/data/sync';
import { answering } from '../src/data/answering';
import type { Chat } from '../src/model/types';
import { sidebarOpen } from '../src/prefs';
import { chats, gateway, openId, panel, toast } from '../src/state';
import { allTags, grouped, tagsOf } from '../src/sidebar/groups';
import { sharing } from '../src/share/which';
import { Sidebar } from '../src/sidebar/sidebar';

const chat = (id: string, more: Partial<Chat> = {}): Chat => ({
  id,
  title: `Chat ${id}`,
  created: 1,
  updated: 1,
  tags: [],
  models: [],
  system: '',
  params: {},
  chosen: {},
  ...more,
});

describe('groups', () => {
  const at = (text: string) => new Date(text).getTime();
  it('are made of days as a calendar counts them, pinned ones first, empty ones left out', () => {
    const now = at('2026-03-30T00:30'); // the day after a change of clocks in much of the world
    const list = [
      chat('p', { pinned: true, updated: 1 }),
      chat('t', { updated: at('2026-03-30T00:01') }),
      chat('y', { updated: at('2026-03-29T00:01') }),
      chat('w', { updated: at('2026-03-23T00:01') }),
      chat('o', { updated: at('2026-03-22T23:59') }),
    ];
    expect(grouped(list, now, 9).map(([name, some]) => [name, some.map(({ id }) => id)])).toEqual([
      ['pinned', ['p']],
      ['today', ['t']],
      ['yesterday', ['y']],
      ['week', ['w']],
      ['older', ['o']],
    ]);
    expect(grouped(list, now, 2).map(([name]) => name)).toEqual(['pinned', 'today']);
  });
});

describe('tags', () => {
  it.each([
    ['a, b ,#c', ['a', 'b', 'c']],
    ['A,a', ['A']],
    [' , ', []],
    ['工作、家，x', ['工作', '家', 'x']],
    ['x'.repeat(99), ['x'.repeat(40)]],
  ])('of %j are %j', (text, tags) => expect(tagsOf(text)).toEqual(tags));

  it('of all are shown by use', () => {
    expect(allTags([chat('1', { tags: ['b', 'a'] }), chat('2', { tags: ['b'] })])).toEqual(['b', 'a']);
  });
});

describe('the list', () => {
  let place: HTMLElement;
  const all = (selector: string) => [...place.querySelectorAll<HTMLElement>(selector)];
  const names = () => all('li .name').map((one) => one.textContent);
  const press = (element: Element | null | undefined, key: string) =>
    act(() => void element?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true })));
  const click = (element: Element | null | undefined) =>
    act(() => void element?.dispatchEvent(new MouseEvent('click', { bubbles: true })));

  let round = 0;
  let [a, b, c] = ['', '', '']; // new ones each time: what was deleted stays deleted

  beforeEach(async () => {
    round++;
    [a, b, c] = [`a${round}`, `b${round}`, `c${round}`];
    sidebarOpen.value = true;
    chats.value = [];
    place = document.createElement('div');
    document.body.append(place);
    act(() => render(<Sidebar />, place));
    for (const [id, updated] of [
      [a, 3],
      [b, 2],
      [c, 1],
    ] as const) {
      await act(() => keepChat(chat(id, { updated, title: `Chat ${id[0]}` })));
    }
  });
  afterEach(async () => {
    act(() => render(null, place));
    place.remove();
    toast.value = null;
    panel.value = null;
    openId.value = '';
    for (const { id } of await (await store()).chats()) await (await store()).deleteChat(id);
  });

  it('is a bounded number of entries, more when they are wanted', () => {
    act(() => void (chats.value = Array.from({ length: 1000 }, (_, i) => chat(`n${i}`, { updated: 1000 - i }))));
    expect(all('li')).toHaveLength(100);
    click(all('.list > button')[0]);
    expect(all('li')).toHaveLength(300);
  });

  it('marks the open one, and those with an answer that is being written', () => {
    act(() => {
      openId.value = b;
      answering.value = new Map([['m', c]]);
    });
    expect(all('[aria-current]').map((one) => one.textContent)).toEqual(['Chat b']);
    expect(all('.busy').map((one) => one.closest('li')?.dataset.chat)).toEqual([c]);
    act(() => void (answering.value = new Map()));
  });

  it('has one stop for the tab key, and arrows, Home and End move in it', () => {
    const buttons = all('li > button');
    expect(buttons.filter(({ tabIndex }) => tabIndex === 0)).toHaveLength(1);
    act(() => buttons[0]?.focus());
    for (const [key, at] of [
      ['ArrowDown', 1],
      ['End', 2],
      ['ArrowDown', 2],
      ['ArrowUp', 1],
      ['Home', 0],
    ] as const) {
      press(document.activeElement, key);
      expect(document.activeElement).toBe(buttons[at]);
    }
  });

  it('renames in place by F2: Enter keeps, Escape does not, an input method decides nothing', async () => {
    for (const [key, name] of [
      ['Escape', 'Chat a'],
      ['Enter', 'Better'],
    ] as const) {
      press(all('li > button')[0], 'F2');
      const field = place.querySelector<HTMLInputElement>('li input');
      if (field) field.value = ' Better ';
      act(
        () =>
          void field?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, isComposing: true })),
      );
      expect(place.querySelector('li input')).not.toBeNull();
      press(field, key);
      await vi.waitFor(() => expect(names()[0]).toBe(name));
    }
    expect((await (await store()).chat(a))?.named).toBe(true);
  });

  it('pins, tags and filters', async () => {
    click(all(`li[data-chat=${c}] .menu button`)[0]);
    click(all('[role=menuitem]')[1]);
    await vi.waitFor(() => expect(names()[0]).toBe('Chat c'));
    click(all(`li[data-chat=${b}] .menu button`)[0]);
    click(all('[role=menuitem]')[2]);
    const field = place.querySelector<HTMLInputElement>('li input');
    if (field) field.value = 'work, home';
    press(field, 'Enter');
    await vi.waitFor(() => expect(all('.tags .chip').map((one) => one.textContent)).toEqual(['home', 'work']));
    click(all('.tags .chip')[1]);
    expect(names()).toEqual(['Chat b']);
    click(all('.tags .chip')[1]);
    expect(names()).toHaveLength(3);
  });

  it('exports the one whose menu it is', () => {
    click(all(`li[data-chat=${b}] .menu button`)[0]);
    click(all('[role=menuitem]')[3]);
    expect(sharing.value).toBe(b);
    expect(panel.value).toEqual({ name: 'share' });
  });

  it('deletes by the key, moves the focus on, and all comes back when that is taken back', async () => {
    const kept = await store();
    await kept.putMessages([{ id: `m${round}`, chat: a, role: 'user', parents: [], lane: 0, created: 1, text: 'x' }]);
    act(() => all('li > button')[0]?.focus());
    press(document.activeElement, 'Delete');
    await vi.waitFor(() => expect(names()).toEqual(['Chat b', 'Chat c']));
    expect(document.activeElement?.closest('li')?.dataset.chat).toBe(b);
    const said = toast.value;
    toast.value = null; // as its button does
    said?.action?.run();
    await vi.waitFor(() => expect(names()).toEqual(['Chat a', 'Chat b', 'Chat c']));
    expect(await kept.messages(a)).toHaveLength(1);
  });

  it('deletes for good when the word about it is gone', async () => {
    const kept = await store();
    await kept.putMessages([{ id: `m${round}`, chat: a, role: 'user', parents: [], lane: 0, created: 1, text: 'x' }]);
    press(all('li > button')[0], 'Delete');
    await vi.waitFor(() => expect(toast.value?.action).toBeDefined());
    expect(await kept.messages(a)).toHaveLength(1);
    toast.value = { text: 'another' };
    await vi.waitFor(async () => expect(await kept.messages(a)).toEqual([]));
  });

  it('shows what a search found with the hit marked, and all again without', async () => {
    await (
      await store()
    ).putMessages([
      { id: `m${round}`, chat: b, role: 'user', parents: [], lane: 0, created: 1, text: 'Ein Schöner Tag' },
    ]);
    const field = place.querySelector<HTMLInputElement>('input[type=search]');
    const type = (text: string) =>
      act(() => {
        if (field) field.value = text;
        field?.dispatchEvent(new InputEvent('input', { bubbles: true }));
      });
    type('SCHON');
    await vi.waitFor(() => expect(all('mark').map((one) => one.textContent)).toEqual(['Schön']));
    expect(names()).toEqual(['Chat b']);
    press(field, 'Escape');
    await vi.waitFor(() => expect(names()).toHaveLength(3));
  });

  it('says a friendly word where there is nothing, and leads to the status where there is one', () => {
    act(() => void (chats.value = []));
    expect(place.textContent).toContain('No conversations yet');
    expect(place.querySelector('a[href=status]')).toBeNull();
    act(() => void (gateway.value = { ...gateway.value, status: true }));
    expect(place.querySelector('a[href=status]')).not.toBeNull();
  });
});
