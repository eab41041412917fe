// The composer in a page: keys, input methods, drafts that are never lost, pasted things.
import { batch } from '@preact/signals';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Chat, Draft, Message } from '../src/model/types';

const actions = vi.hoisted(() => ({ send: vi.fn(), stop: vi.fn(), changeChat: vi.fn() }));
vi.mock('../src/chat/actions', () => actions);

import { Composer } from '../src/composer/composer';
import { files, reading, text, troubles } from '../src/composer/draft';
import * as state from '../src/state';

// jsdom has no such method.
Blob.prototype.arrayBuffer ??= function (this: Blob) {
  const reader = new FileReader();
  return new Promise((done) => {
    reader.onload = () => done(reader.result as ArrayBuffer);
    reader.readAsArrayBuffer(this);
  });
};
Blob.prototype.text ??= async function (this: Blob) {
  return new TextDecoder().decode(await this.arrayBuffer());
};

const place = document.createElement('div');
document.body.append(place);
const field = () => place.querySelector('textarea') ?? document.createElement('textarea');
const go = () => place.querySelector<HTMLButtonElement>('button.go') ?? document.createElement('button');

const chatOf = (id: string): Chat => ({ ...state.newChat(), id, models: ['a/b'] });
const question = (id: string, words: string, chat = state.chat.peek().id): Message => ({
  id,
  chat,
  role: 'user',
  parents: [],
  lane: 0,
  created: Date.now(),
  text: words,
});

function put(...list: Message[]): void {
  state.messages.value = new Map([...state.messages.peek(), ...list.map((one) => [one.id, one] as const)]);
}

function show(): void {
  act(() => render(<Composer />, place));
}
function hide(): void {
  act(() => render(null, place));
}
function type(words: string): void {
  act(() => {
    field().value = words;
    field().dispatchEvent(new Event('input', { bubbles: true }));
  });
}
interface Press extends KeyboardEventInit {
  keyCode?: number;
  timeStamp?: number;
}
function press(key: string, { timeStamp, ...init }: Press = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  if (timeStamp !== undefined) Object.defineProperty(event, 'timeStamp', { value: timeStamp });
  act(() => void field().dispatchEvent(event));
  return event;
}
function compose(kind: 'compositionstart' | 'compositionend', timeStamp: number): void {
  const event = new CompositionEvent(kind, { bubbles: true, data: '' });
  Object.defineProperty(event, 'timeStamp', { value: timeStamp });
  act(() => void field().dispatchEvent(event));
}
let under = Promise.resolve(); // what a send gives that is under way until the test is over
let over = () => {};
const later = () => performance.now() + 1000;

beforeEach(() => {
  sessionStorage.clear();
  under = new Promise((done) => (over = done));
  for (const one of Object.values(actions)) one.mockReset();
  state.chats.value = [];
  state.openId.value = '';
  state.blank.value = chatOf('blank');
  state.messages.value = new Map();
  state.live.value = new Map();
  state.editing.value = '';
  show();
});
afterEach(async () => {
  over();
  await under;
  hide();
});

test('Enter sends, Shift+Enter does not, and neither does nothing', () => {
  press('Enter');
  type('   ');
  press('Enter');
  type('hello');
  expect(press('Enter', { shiftKey: true }).defaultPrevented).toBe(false);
  expect(actions.send).not.toHaveBeenCalled();
  expect(press('Enter').defaultPrevented).toBe(true);
  expect(actions.send).toHaveBeenCalledOnce();
});

test('an Enter that belongs to an input method never sends', () => {
  type('にほん');
  compose('compositionstart', 100_000);
  press('Enter', { isComposing: true, timeStamp: 100_050 });
  press('Enter', { keyCode: 229, timeStamp: 100_060 });
  compose('compositionend', 100_100);
  press('Enter', { keyCode: 229, timeStamp: 100_101 }); // Safari: after the end, with the code of an input method
  press('Enter', { keyCode: 13, timeStamp: 100_099 }); // the press that made the end, told after it
  expect(actions.send).not.toHaveBeenCalled();
  press('Enter', { keyCode: 13, timeStamp: 100_400 });
  expect(actions.send).toHaveBeenCalledOnce();
});

test('Escape and the arrow up of an input method do nothing', () => {
  put(question('q1', 'first'));
  press('ArrowUp', { isComposing: true, timeStamp: later() + 1e6 });
  expect(state.editing.value).toBe('');
});

test('on a touch device Enter breaks the line and the button sends', () => {
  vi.stubGlobal('matchMedia', (query: string) => ({ matches: query.includes('coarse') }));
  try {
    type('hello');
    expect(press('Enter', { timeStamp: 2e6 }).defaultPrevented).toBe(false);
    expect(actions.send).not.toHaveBeenCalled();
    act(() => go().click());
    expect(actions.send).toHaveBeenCalledOnce();
  } finally {
    vi.unstubAllGlobals();
  }
});

test('while an answer runs, sending waits, says why, and the button stops', () => {
  put({ ...question('a1', ''), role: 'assistant' });
  act(() => {
    state.live.value = new Map([['a1', {} as state.Live]]);
  });
  type('next');
  press('Enter', { timeStamp: 2e6 });
  expect(actions.send).not.toHaveBeenCalled();
  expect(field().value).toBe('next');
  expect(place.querySelector('#composer-hint')?.textContent).toMatch(/waits/);
  expect(go().getAttribute('aria-label')).toBe('Stop');
  act(() => go().click());
  press('Escape', { timeStamp: 2e6 });
  expect(actions.stop).toHaveBeenCalledTimes(2);
});

test('the text goes only when the message is in the tree', async () => {
  let sent: Draft | undefined;
  let fail: (why: Error) => void = () => {};
  actions.send.mockImplementation((draft: Draft) => {
    sent = draft;
    return new Promise<void>((_done, no) => (fail = no));
  });
  type('precious');
  press('Enter', { timeStamp: 2e6 });
  expect(sent?.text).toBe('precious');
  expect(field().value).toBe('precious');
  await act(async () => fail(new Error('the store is full')));
  expect(field().value).toBe('precious');
  expect(place.querySelector('[role=alert]')?.textContent).toContain('the store is full');

  press('Enter', { timeStamp: 2e6 });
  act(() => put(question('q1', 'precious')));
  expect(field().value).toBe('');
  expect(troubles.value).toEqual([]);
});

test('what is typed while a message goes out stays', () => {
  actions.send.mockReturnValue(under);
  type('one');
  press('Enter', { timeStamp: 2e6 });
  type('one and two');
  act(() => put(question('q1', 'one')));
  expect(field().value).toBe(' and two');
});

test('messages of another conversation that is opened meanwhile clear nothing', () => {
  actions.send.mockReturnValue(under);
  type('mine');
  press('Enter', { timeStamp: 2e6 });
  act(() => put(question('other', 'mine', 'elsewhere')));
  expect(field().value).toBe('mine');
});

test('each conversation has its draft, and the new one keeps its own when it is stored', () => {
  state.chats.value = [chatOf('one'), chatOf('two')];
  act(() => void (state.openId.value = 'one'));
  type('for one');
  act(() => void (state.openId.value = 'two'));
  expect(field().value).toBe('');
  type('for two');
  act(() => void (state.openId.value = 'one'));
  expect(field().value).toBe('for one');
  act(() => void (state.openId.value = ''));
  type('for a new one');
  act(() => {
    state.chats.value = [...state.chats.peek(), state.blank.peek()];
    state.openId.value = 'blank';
  });
  expect(field().value).toBe('for a new one');
  act(() => {
    state.blank.value = chatOf('blank2');
    state.openId.value = '';
  });
  expect(field().value).toBe('');
});

test('a draft survives a reload, and a spoilt one is no harm', () => {
  state.chats.value = [chatOf('one')];
  type('new');
  act(() => void (state.openId.value = 'one'));
  type('old');
  window.dispatchEvent(new Event('pagehide'));
  hide();
  state.openId.value = '';
  show();
  expect(field().value).toBe('new');
  act(() => void (state.openId.value = 'one'));
  expect(field().value).toBe('old');
  hide();
  for (const spoilt of ['{', '3', '[1, [2], ["a"], ["b", 3, 4], [null, "x"]]']) {
    sessionStorage.setItem('franca.drafts', spoilt);
    show();
    expect(field().value).toBe('');
    hide();
  }
});

test('the arrow up edits the last question, Escape brings back what had been typed', () => {
  put(question('q1', 'the question'));
  type('half a thou');
  press('ArrowUp', { timeStamp: 2e6 });
  expect(state.editing.value).toBe('');
  act(() => void (state.editing.value = 'q1'));
  expect(field().value).toBe('the question');
  expect(place.textContent).toContain('a new branch');
  press('Escape', { timeStamp: 2e6 });
  expect(field().value).toBe('half a thou');
  type('');
  press('ArrowUp', { timeStamp: 2e6 });
  expect(state.editing.value).toBe('q1');
});

test('after an edit is sent, what had been typed is back', () => {
  put(question('q1', 'the question'));
  type('half a thou');
  act(() => void (state.editing.value = 'q1'));
  actions.send.mockReturnValue(under);
  type('a better question');
  press('Enter', { timeStamp: 2e6 });
  act(() => put(question('q2', 'a better question')));
  expect(state.editing.value).toBe('');
  expect(field().value).toBe('half a thou');
});

test('an edit that is sent and left in one go takes nothing from what had been typed', () => {
  put(question('q1', 'half'));
  type('half a thou');
  act(() => void (state.editing.value = 'q1'));
  actions.send.mockReturnValue(under);
  press('Enter', { timeStamp: 2e6 });
  act(() =>
    batch(() => {
      put(question('q2', 'half'));
      state.editing.value = '';
    }),
  );
  expect(field().value).toBe('half a thou');
});

test('text that is handed over is taken once and destroys nothing', () => {
  act(() => void (state.handed.value = 'first'));
  expect([field().value, state.handed.value]).toEqual(['first', null]);
  act(() => void (state.handed.value = 'second'));
  expect(field().value).toBe('first\n\nsecond');
});

function paste(data: Record<string, string>, list: File[] = []): Event {
  const event = new Event('paste', { bubbles: true, cancelable: true });
  const types = [...Object.keys(data), ...(list.length ? ['Files'] : [])];
  Object.assign(event, { clipboardData: { types, files: list, getData: (kind: string) => data[kind] ?? '' } });
  act(() => void field().dispatchEvent(event));
  return event;
}
const settled = async () => void (await vi.waitUntil(() => reading.value === 0));

test('pasted text stays text, even with a picture of it; very long text becomes a file', async () => {
  const picture = new File(['x'], 'image.png', { type: 'image/png' });
  expect(paste({ 'text/plain': 'hi' }).defaultPrevented).toBe(false);
  expect(paste({ 'text/plain': 'hi', 'text/html': '<b>hi</b>' }, [picture]).defaultPrevented).toBe(false);
  expect(paste({ 'text/plain': 'x'.repeat(20_001) }).defaultPrevented).toBe(true);
  await act(settled);
  expect(files.value).toMatchObject([{ pasted: true, attachment: { kind: 'text', size: 20_001 } }]);
  const { default: Chips } = await import('../src/composer/chips');
  act(() => render(<Chips />, place));
  await act(async () => {
    for (const button of place.querySelectorAll<HTMLElement>('.word')) button.click();
    await vi.waitUntil(() => files.value.length === 0);
  });
  expect(text.value).toHaveLength(20_001);
});

test('a pasted file is attached, and one that cannot be is told', async () => {
  paste({ 'text/plain': 'notes.md' }, [new File(['# Notes'], 'notes.md')]);
  await act(settled);
  expect(files.value.map((one) => one.attachment.name)).toEqual(['notes.md']);
  paste({}, [new File(['OggS\0'], 'song.ogg', { type: 'audio/ogg' })]);
  await act(settled);
  expect(troubles.value).toHaveLength(1);
  expect(troubles.value[0]).toContain('song.ogg');
});
