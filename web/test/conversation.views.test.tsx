// What the conversation shows, and that it stays: nodes from the first token to the end, the keyboard's place, text as
// text whoever wrote it.
import { batch, signal } from '@preact/signals';
import { render } from 'preact';
import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Conversation } from '../src/conversation/conversation';
import { loadSteps } from '../src/conversation/late';
import Raw from '../src/conversation/raw';
import type { Chat, Message } from '../src/model/types';
import { chats, editing, gateway, handed, live, messages, newChat, openId, panel } from '../src/state';
import { toast, type Live } from '../src/state';

const did: unknown[][] = [];
vi.mock('../src/chat/actions', () => {
  const noted =
    (name: string) =>
    async (...given: unknown[]) =>
      void did.push([name, ...given]);
  const names = ['answer', 'choose', 'giveResults', 'goOn', 'keepLane', 'loadModels', 'regenerate', 'remove', 'retry'];
  return {
    ...Object.fromEntries(names.map((name) => [name, noted(name)])),
    asCurl: async () => 'curl it',
    asPython: async () => 'import it',
  };
});

const EVIL = '<img src=x onerror="window.ran = 1"><script>window.ran = 1</script>';
const chat: Chat = { ...newChat(), id: 'c', models: ['local/small'] };
let made = 0;
const said = (role: Message['role'], id: string, parent: string, more: Partial<Message> = {}): Message => ({
  id,
  chat: 'c',
  role,
  parents: parent ? [parent] : [],
  lane: 0,
  created: ++made,
  text: `text of ${id}`,
  ...(role === 'assistant' ? { status: 'done' as const, finish: 'stop', model: 'local/small' } : {}),
  ...more,
});

/** An answer that can be let grow. */
function growing(id: string) {
  const texts = new Set<(added: string) => void>();
  const thoughts = new Set<(added: string) => void>();
  const heard = (all: typeof texts) => (hear: (added: string) => void) => {
    all.add(hear);
    return () => void all.delete(hear);
  };
  const running = {
    id,
    phase: signal<'waiting' | 'reasoning' | 'writing'>('waiting'),
    text: '',
    reasoning: '',
    onText: heard(texts),
    onReasoning: heard(thoughts),
    write(added: string) {
      running.text += added;
      for (const hear of texts) hear(added);
    },
    think(added: string) {
      running.reasoning += added;
      for (const hear of thoughts) hear(added);
    },
    listeners: () => texts.size + thoughts.size,
  };
  return running;
}

const place = document.createElement('div');
const find = (selector: string) => {
  const found = place.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`there is no ${selector}`);
  return found;
};
const show = (list: Message[], running: Live[] = []) =>
  act(() =>
    batch(() => {
      messages.value = new Map(list.map((one) => [one.id, one]));
      live.value = new Map(running.map((one) => [one.id, one]));
    }),
  ).then(() => act(() => Promise.resolve()));
/** Until the parts that are loaded when they are shown are there. */
const shown = (selector: string) => vi.waitFor(() => act(() => void find(selector)));
const press = (selector: string) => act(() => find(selector).click());

beforeEach(async () => {
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true; // jsdom has none
  };
  HTMLDialogElement.prototype.close = () => undefined;
  const none = class {
    observe() {}
    disconnect() {}
  };
  vi.stubGlobal('ResizeObserver', none);
  did.length = 0;
  document.body.append(place);
  await import('../src/conversation/foot');
  await loadSteps();
  chats.value = [chat];
  openId.value = 'c';
  await act(() => render(<Conversation />, place));
});
afterEach(async () => {
  await act(() => render(null, place));
  batch(() => {
    messages.value = new Map();
    live.value = new Map();
    panel.value = null;
  });
  vi.unstubAllGlobals();
});

describe('an answer', () => {
  test('keeps its nodes from the first token to the end, and nobody listens after it', async () => {
    const one = growing('a');
    const list = [said('user', 'u', ''), said('assistant', 'a', 'u', { status: 'running', text: '' })];
    await show(list, [one]);
    expect(find('[data-part=waiting]').textContent).toContain('Waiting');
    const article = find('[data-id=a]');
    const text = find('[data-id=a] [data-part=text]');
    await act(() => {
      one.phase.value = 'writing';
      one.write('Hello **wor');
    });
    expect(place.querySelector('[data-part=waiting]')).toBeNull();
    const inside = text.firstElementChild;
    one.write('ld**');
    await show([list[0]!, said('assistant', 'a', 'u', { text: 'Hello **world**' })]);
    expect(find('[data-id=a]')).toBe(article);
    expect(text.firstElementChild).toBe(inside);
    expect(text.textContent).toBe('Hello world');
    expect(text.querySelector('strong')?.textContent).toBe('world');
    expect(article.dataset.status).toBe('done');
    expect(one.listeners()).toBe(0);
  });

  test('that is gone on with grows on in its article', async () => {
    const cut = said('assistant', 'a', 'u', { status: 'cut', text: 'One' });
    const user = said('user', 'u', '');
    await show([user, cut]);
    const article = find('[data-id=a]');
    await press('[data-do=on]');
    expect(did).toEqual([['goOn', 'a']]);
    const one = growing('a');
    one.text = 'One';
    await show([user, { ...cut, status: 'running' }], [one]);
    one.write(' and two');
    await show([user, { ...cut, status: 'done', text: 'One and two' }]);
    expect(find('[data-id=a]')).toBe(article);
    expect(find('[data-id=a] [data-part=text]').textContent).toBe('One and two');
    expect(place.querySelector('[data-part=ending]')).toBeNull();
  });

  test('of another tab grows with what is stored', async () => {
    const user = said('user', 'u', '');
    const one = said('assistant', 'a', 'u', { status: 'running', text: 'One' });
    await show([user, one]);
    await show([user, { ...one, text: 'One two' }]);
    expect(find('[data-id=a] [data-part=text]').textContent).toBe('One two');
  });

  test('shows its reasoning only to who opens it, and leaves it open', async () => {
    const one = growing('a');
    const user = said('user', 'u', '');
    const running = said('assistant', 'a', 'u', { status: 'running', text: '' });
    one.phase.value = 'reasoning';
    one.think('Hm');
    await show([user, running], [one]);
    const fold = find('[data-part=reasoning]') as HTMLDetailsElement;
    expect(fold.open).toBe(false);
    expect(fold.textContent).toBe('Thinking… 0 s');
    await act(() => {
      fold.open = true;
      fold.dispatchEvent(new Event('toggle'));
    });
    one.think(' hm');
    await show([user, { ...running, status: 'done', text: 'Yes', reasoning: 'Hm hm', thought: 12.4 }]);
    expect(find('[data-part=reasoning]')).toBe(fold);
    expect(fold.open).toBe(true);
    expect(fold.querySelector('summary')?.textContent).toBe('Thought for 12 s');
    expect(fold.querySelector('.written')?.textContent).toBe('Hm hm');
  });

  test('that failed says so aloud only if it happened just now', async () => {
    const problem = { message: EVIL, code: 'bad', status: 401 };
    await show([said('user', 'u', ''), said('assistant', 'a', 'u', { status: 'error', text: '', problem })]);
    const box = find('[data-part=problem]');
    expect(box.getAttribute('role')).toBeNull();
    expect(box.textContent).toContain(EVIL);
    await press('[data-do=retry]');
    expect(did).toEqual([['retry', 'a']]);
    // The key that the server refused is the operator's, unless the gateway wants one.
    expect(place.querySelectorAll('[data-part=problem] button').length).toBe(1);
    const { value: before } = gateway;
    await act(() => void (gateway.value = { ...before, keys: true }));
    await press('[data-part=problem] button:last-of-type');
    expect(panel.value).toEqual({ name: 'settings' });
    gateway.value = before;
    const now = { created: Date.now(), status: 'error' as const, text: '', problem };
    await show([said('user', 'v', ''), said('assistant', 'b', 'v', now)]);
    expect(find('[data-part=problem]').getAttribute('role')).toBe('alert');
  });

  test('that wants tools takes their results', async () => {
    const tools = [
      { id: 't1', name: 'look', arguments: '{"at":"sea"}', result: 'blue' },
      { id: 't2', name: EVIL, arguments: '{"half' },
    ];
    await show([said('user', 'u', ''), said('assistant', 'a', 'u', { text: '', finish: 'tool_calls', tools })]);
    await shown('[data-part=tools]');
    expect(find('[data-part=tools]').textContent).toContain('"at": "sea"');
    expect(find('[data-part=tools]').textContent).toContain('{"half');
    const field = find('textarea') as HTMLTextAreaElement;
    await act(() => {
      field.value = 'found';
      field.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await press('[data-part=tools] button[type=submit]');
    expect(did).toEqual([['giveResults', 'a', { t2: 'found' }]]);
  });

  test('shows only images that came as bytes of a known kind', async () => {
    const images = ['data:image/png;base64,AAAA', 'https://elsewhere.example/x.png', 'data:image/svg+xml,<svg/>'];
    await show([said('user', 'u', ''), said('assistant', 'a', 'u', { images })]);
    await shown('[data-part=images]');
    expect([...place.querySelectorAll('img')].map((one) => one.getAttribute('src'))).toEqual([images[0]]);
  });
});

describe('texts of strangers', () => {
  test('are text wherever they are shown', async () => {
    const figures = { written: 1, model: EVIL, tried: EVIL, adapted: EVIL };
    const problem = { message: EVIL, code: EVIL, details: [{ path: EVIL, message: EVIL }] };
    const all = { text: EVIL, reasoning: EVIL, model: EVIL, finish: EVIL, response: EVIL };
    const request = `{"a":"${EVIL.replaceAll('"', '\\"')}"}`;
    await show([
      said('user', 'u', '', { text: EVIL }),
      said('assistant', 'a', 'u', { ...all, figures, problem, request, status: 'cut' }),
    ]);
    panel.value = { name: 'raw', of: 'a' };
    const drawer = document.createElement('div');
    place.append(drawer);
    await act(() => render(<Raw />, drawer));
    expect(place.querySelectorAll('img, script, iframe, object, embed')).toHaveLength(0);
    expect(find('.typed').textContent).toBe(EVIL);
    expect(drawer.textContent).toContain(EVIL);
    await act(() => render(null, drawer));
    drawer.remove();
    expect('ran' in window).toBe(false);
  });
});

describe('the keyboard', () => {
  test('finds the same arrow again after another version was chosen', async () => {
    const user = said('user', 'u', '');
    const first = said('assistant', 'a', 'u');
    const second = said('assistant', 'b', 'u');
    await show([user, first, second]);
    find('[data-id=b] [data-do=previous]').focus();
    await press('[data-id=b] [data-do=previous]');
    expect(did).toEqual([['choose', 'a']]);
    await show([user, first, { ...second, lane: 0, created: 0 }]);
    await vi.waitFor(() => expect(document.activeElement).toBe(find('[data-id=a] [data-do=previous]')));
  });

  test('stands on a message, not on its button, after one was deleted', async () => {
    const list = [said('user', 'u', ''), said('assistant', 'a', 'u'), said('user', 'v', 'a')];
    await show(list);
    find('[data-id=v] [data-do=delete]').focus();
    await press('[data-id=v] [data-do=delete]');
    expect(did).toEqual([['remove', 'v']]);
    await show(list.slice(0, 2));
    await vi.waitFor(() => expect(document.activeElement).toBe(find('[data-id=a]')));
  });
});

describe('a question', () => {
  test('is edited in the composer', async () => {
    await show([said('user', 'u', '', { text: '  as typed\n' })]);
    await press('[data-do=edit]');
    expect(editing.value).toBe('u');
    expect(find('.typed').textContent).toBe('  as typed\n');
    editing.value = '';
  });

  test('without an answer can be given one', async () => {
    const list = [said('user', 'u', ''), said('assistant', 'a', 'u')];
    await show(list);
    expect(place.querySelector('[data-do=answer]')).toBeNull();
    await show(list.slice(0, 1));
    await press('[data-do=answer]');
    expect(did).toEqual([['answer', 'u']]);
    expect(document.activeElement).toBe(find('[data-id=u]'));
  });

  test('that is long is folded until somebody wants all of it', async () => {
    await show([said('user', 'u', '', { text: 'line\n'.repeat(100) })]);
    expect(find('.typed').className).toContain('short');
    await press('.bubble button');
    expect(find('.typed').className).not.toContain('short');
  });

  test('whose copy fails says so', async () => {
    await show([said('user', 'u', '')]);
    document.execCommand = () => false;
    await press('[data-do=copy]');
    await vi.waitFor(() => expect(toast.value?.bad).toBe(true));
    toast.value = null;
  });
});

describe('the conversation', () => {
  test('shows several answers side by side, and goes on with one', async () => {
    const user = said('user', 'u', '');
    const both = [said('assistant', 'a', 'u'), said('assistant', 'b', 'u', { lane: 1, model: 'cloud/big' })];
    await show([user, ...both]);
    const lanes = [...place.querySelectorAll('[data-part=lane]')];
    expect(lanes.map((one) => one.getAttribute('aria-label'))).toEqual(['small', 'big']);
    await press('[data-part=lane]:last-child [data-do=keep]');
    expect(did).toEqual([['keepLane', 'b']]);
    await act(() => void (chats.value = [{ ...chat, chosen: { 'k:u': '1' } }]));
    const pressed = [...place.querySelectorAll('[data-do=keep]')].map((one) => one.getAttribute('aria-pressed'));
    expect(pressed).toEqual(['false', 'true']);
    await show([user, ...both, said('user', 'v', 'b')]);
    expect(place.querySelector('[data-do=keep]')).toBeNull(); // what was asked after it has decided
  });

  test('shows the end of a long one at once, and the rest in idle moments', async () => {
    const idle: (() => void)[] = [];
    vi.stubGlobal('requestIdleCallback', (run: () => void) => idle.push(run));
    vi.stubGlobal('cancelIdleCallback', () => undefined);
    const list: Message[] = [];
    for (let at = 0; at < 60; at++) {
      list.push(said('user', `u${at}`, at ? `a${at - 1}` : ''), said('assistant', `a${at}`, `u${at}`));
    }
    await show(list);
    const ids = () => [...place.querySelectorAll<HTMLElement>('[data-role=user]')].map((one) => one.dataset.id);
    expect(ids()).toEqual(
      list
        .slice(80)
        .filter((one) => one.role === 'user')
        .map((one) => one.id),
    );
    const kept = find('[data-id=u59]');
    while (idle.length) await act(() => idle.splice(0).at(-1)?.());
    expect(ids()).toHaveLength(60);
    expect(ids()[0]).toBe('u0');
    expect(find('[data-id=u59]')).toBe(kept);
  });

  test('that is empty offers ways to begin, and says what is missing', async () => {
    await show([]);
    await press('.examples button');
    expect(handed.value).toContain('heat pump');
    handed.value = null;
    await act(() => void (gateway.value = { ...gateway.value, keys: true }));
    await press('.welcome .note button');
    expect(panel.value).toEqual({ name: 'settings' });
    gateway.value = { ...gateway.value, keys: false };
  });
});
