// What the conversation decides without showing anything: what is said aloud, when the end is followed, what a line of
// figures tells, how an answer ended.
import { signal } from '@preact/signals';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { copyText } from '../src/conversation/copy';
import { figuresOf, money } from '../src/conversation/figures';
import { follow } from '../src/conversation/follow';
import { nameOf } from '../src/conversation/names';
import { pretty } from '../src/conversation/pretty';
import { canGoOn, endOf } from '../src/conversation/problem';
import { say } from '../src/conversation/say';
import { steps } from '../src/conversation/steps';
import { story } from '../src/conversation/structured';
import { nextSentences, tellAnswers } from '../src/conversation/told';
import type { Chat, Message, Model } from '../src/model/types';
import { otherServers, spoken } from '../src/prefs';
import { chats, live, messages, models, newChat, openId, said, type Live } from '../src/state';

vi.mock('../src/chat/actions', () => ({}));

const answer = (more: Partial<Message> = {}): Message => ({
  id: 'a',
  chat: 'c',
  role: 'assistant',
  parents: ['u'],
  lane: 0,
  created: 1,
  text: 'Yes.',
  status: 'done',
  model: 'local/small',
  ...more,
});
const question = (more: Partial<Message> = {}): Message => ({
  ...answer({ id: 'u', role: 'user', parents: [], text: 'Well?' }),
  status: undefined,
  ...more,
});
const asMap = (...list: Message[]) => new Map(list.map((one) => [one.id, one]));

describe('sentences for a screen reader', () => {
  const piece = fc.constantFrom(
    ...['One. ', 'Two! ', 'Is it 3.14? ', '"No." ', '。', 'a', ' ', '\n', '\n\n', '- item\n', '```js\n', '\n```\n'],
    ...['**b**', 'x'.repeat(400)],
  );

  test('they move on only, are never too long, and come to an end', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const text = pieces.join('');
        let at = 0;
        for (let turns = 0; turns <= text.length; turns++) {
          const { words, next } = nextSentences(text, at);
          expect(next).toBeGreaterThanOrEqual(at);
          expect(next).toBeLessThanOrEqual(text.length);
          expect(words.length).toBeLessThanOrEqual(300);
          if (next === at) return;
          at = next;
        }
        expect.unreachable('it never stood still');
      }),
    );
  });

  test('a sentence waits until it is finished', () => {
    expect(nextSentences('The number is 3.', 0)).toEqual({ words: '', next: 0 });
    expect(nextSentences('The number is 3.14 and', 0).words).toBe('');
    expect(nextSentences('It is **done**. And', 0)).toEqual({ words: 'It is done.', next: 15 });
    expect(nextSentences('完成了。还有', 0).words).toBe('完成了。');
  });

  test('code is passed over, and waited for while it is open', () => {
    const text = 'Look at this:\n```js\nstop(). Now.\n```\nThat was it. ';
    expect(nextSentences(text, 0).words).toBe('Look at this: That was it.');
    expect(nextSentences(text.slice(0, 30), 0).words).toBe('Look at this:');
  });

  test('what does not fit comes next time', () => {
    const text = `${'a'.repeat(200)}. ${'b'.repeat(200)}. `;
    const first = nextSentences(text, 0);
    expect(first.words).toBe(`${'a'.repeat(200)}.`);
    expect(nextSentences(text, first.next).words).toBe(`${'b'.repeat(200)}.`);
  });
});

describe('the live region', () => {
  const running = (id: string): Live & { text: string } => ({
    id,
    phase: signal('writing' as const),
    text: '',
    reasoning: '',
    onText: () => () => undefined,
    onReasoning: () => () => undefined,
  });
  let quiet = () => {};
  beforeEach(() => {
    vi.useFakeTimers();
    said.value = '';
    messages.value = asMap(question(), answer({ status: 'running', text: '' }));
    quiet = tellAnswers();
  });
  afterEach(() => {
    quiet();
    live.value = new Map();
    spoken.value = true;
    vi.useRealTimers();
  });

  test('tells the beginning, whole sentences every five seconds, and the end', () => {
    const one = running('a');
    live.value = new Map([['a', one]]);
    expect(said.value).toBe('small is answering.');
    one.text = 'First. Seco';
    vi.advanceTimersByTime(4999);
    expect(said.value).toBe('small is answering.');
    vi.advanceTimersByTime(1);
    expect(said.value).toBe('First.');
    messages.value = asMap(question(), answer());
    live.value = new Map();
    expect(said.value).toBe('Answer complete.');
    one.text += 'nd. Third. ';
    vi.advanceTimersByTime(20_000);
    expect(said.value).toBe('Answer complete.');
  });

  test('of several answers at once only beginnings and ends are told', () => {
    messages.value = asMap(question(), answer(), answer({ id: 'b', lane: 1, model: 'local/big' }));
    const both = [running('a'), running('b')];
    live.value = new Map(both.map((one) => [one.id, one]));
    expect(said.value).toBe('small, big are answering.');
    for (const one of both) one.text = 'Words. More';
    vi.advanceTimersByTime(10_000);
    expect(said.value).toBe('small, big are answering.');
  });

  test('an answer that failed is told in one sentence, one that was stopped too', () => {
    live.value = new Map([['a', running('a')]]);
    messages.value = asMap(question(), answer({ status: 'error' }));
    live.value = new Map();
    expect(said.value).toBe('small could not answer.');
    live.value = new Map([['a', running('a')]]);
    messages.value = asMap(question(), answer({ status: 'stopped' }));
    live.value = new Map();
    expect(said.value).toBe('Stopped.');
  });

  test('nothing is told of a conversation that was left, or to a person who does not want it', () => {
    live.value = new Map([['a', running('a')]]);
    said.value = '';
    messages.value = new Map();
    live.value = new Map();
    expect(said.value).toBe('');
    spoken.value = false;
    say('Hello.');
    expect(said.value).toBe('');
  });

  test('the same words are told again', () => {
    say('Copied.');
    const first = said.value;
    say('Copied.');
    expect(said.value).not.toBe(first);
    expect(said.value.trim()).toBe(first);
  });
});

describe('following the end', () => {
  let sizes: () => void = () => {};
  beforeEach(() => {
    vi.stubGlobal(
      'ResizeObserver',
      class {
        constructor(changed: () => void) {
          sizes = changed;
        }
        observe() {}
        disconnect() {}
      },
    );
  });
  afterEach(() => void vi.unstubAllGlobals());

  /** A scroller of 500 px whose content is `tall`; it keeps its place within what can be scrolled. */
  function scroller(tall: number) {
    const element = document.createElement('main');
    const state = { tall, top: 0, height: 500 };
    const most = () => Math.max(0, state.tall - state.height);
    Object.defineProperties(element, {
      scrollHeight: { get: () => state.tall },
      clientHeight: { get: () => state.height },
      scrollTop: {
        get: () => Math.min(state.top, most()),
        set: (to: number) => (state.top = Math.min(Math.max(0, to), most())),
      },
    });
    const away = signal(false);
    const following = follow(element, document.createElement('div'), away);
    const gap = () => most() - element.scrollTop;
    const grow = (by: number) => ((state.tall += by), sizes());
    const scrollTo = (top: number) => ((element.scrollTop = top), element.dispatchEvent(new Event('scroll')));
    const wheel = (deltaY: number) => element.dispatchEvent(new WheelEvent('wheel', { deltaY }));
    const key = (name: string) => element.dispatchEvent(new KeyboardEvent('keydown', { key: name }));
    return { element, state, away, following, gap, grow, scrollTo, wheel, key };
  }

  test('what grows is followed from the end', () => {
    const { following, grow, gap, away } = scroller(2000);
    following.toEnd();
    grow(300);
    expect(gap()).toBe(0);
    expect(away.value).toBe(false);
  });

  test.each([
    ['the wheel', (one: ReturnType<typeof scroller>) => one.wheel(-1)],
    ['a key', (one: ReturnType<typeof scroller>) => one.key('PageUp')],
    ['the bar at the side', (one: ReturnType<typeof scroller>) => one.scrollTo(1400)],
  ])('%s upwards ends it at once', (_, up) => {
    const one = scroller(2000);
    one.following.toEnd();
    up(one);
    const { scrollTop } = one.element;
    one.grow(300);
    expect(one.element.scrollTop).toBe(scrollTop);
    expect(one.away.value).toBe(true);
  });

  test('a small way up near the end does not follow again before the reader comes down', () => {
    const one = scroller(2000);
    one.following.toEnd();
    one.wheel(-10);
    one.scrollTo(1490);
    one.grow(10);
    expect(one.gap()).toBe(20);
    one.scrollTo(1500);
    one.grow(100);
    expect(one.gap()).toBe(0);
  });

  test('a view that became higher, or content that became less, is no wish of the reader', () => {
    const one = scroller(2000);
    one.following.toEnd();
    one.state.height = 700; // the browser pulls back by itself
    one.element.dispatchEvent(new Event('scroll'));
    one.grow(50);
    expect(one.gap()).toBe(0);
  });

  test('a welcome is read from its top', () => {
    const one = scroller(900);
    one.following.toTop();
    one.grow(50);
    expect(one.element.scrollTop).toBe(0);
  });
});

describe('figures', () => {
  test('what nobody told is not there', () => {
    expect(figuresOf(answer())).toEqual([]);
    expect(figuresOf(answer({ figures: { prompt: 3 } }))).toEqual([]);
  });

  test('a guess is marked, and what is told is not', () => {
    const figures = { written: 1234, rate: 85.26, first: 0.42, cost: 0.00123456, model: 'local/small' };
    const told = figuresOf(answer({ figures: { ...figures, exact: true } })).map((one) => one.text);
    expect(told).toEqual(['1,234 tokens', '85 tokens/s', '0.4 s to the first', '$0.0012']);
    const guessed = figuresOf(answer({ figures: { ...figures, counted: false } })).map((one) => one.text);
    expect(guessed).toEqual(['≈ 1,234 tokens', '≈ 85 tokens/s', '0.4 s to the first', '≈ $0.0012']);
  });

  test('the model that really answered is named only when it is another one', () => {
    const line = figuresOf(answer({ figures: { model: 'cloud/big', tried: 'local/small' } }));
    expect(line).toEqual([{ text: 'cloud/big', title: 'Asked in vain before: local/small' }]);
  });

  test('money has as many digits as it needs', () => {
    expect([0, 0.0000123, 0.05, 12.345].map(money)).toEqual(['$0.00', '$0.000012', '$0.05', '$12.35']);
  });
});

describe('how an answer ended', () => {
  test.each<[string, Partial<Message>, boolean]>([
    ['', {}, false],
    ['', { text: '', tools: [{ id: 't', name: 'f', arguments: '' }] }, false],
    ['', { status: 'running', text: '' }, false],
    ['', { status: 'error', text: 'half' }, false],
    ['cut', { status: 'cut' }, true],
    ['cut', { status: 'cut', text: '' }, false],
    ['stopped', { status: 'stopped' }, true],
    ['length', { finish: 'length' }, true],
    ['filtered', { finish: 'content_filter' }, false],
    ['empty', { text: '' }, false],
  ])('%s: %o', (why, more, goesOn) => {
    expect(endOf(answer(more))).toBe(why);
    expect(canGoOn(answer(more))).toBe(goesOn);
  });

  test('structured mode is told in words', () => {
    const shaped = { schema: {}, valid: true, problems: [], mode: 'prompt', repairs: 1, attempts: 2 };
    expect(story(shaped)).toBe('by way of the prompt · 1 repair · 2 attempts');
    expect(story({ ...shaped, mode: '', repairs: 0, attempts: 1 })).toBe('');
    expect(story({ ...shaped, mode: 'magic', repairs: 0, attempts: 1 })).toBe('magic');
  });
});

describe('names of models', () => {
  afterEach(() => {
    models.value = {};
    otherServers.value = [];
  });

  test('short, with who serves it', () => {
    expect(nameOf('router/maker/model-5')).toEqual({ name: 'model-5', from: 'router' });
    expect(nameOf('alias')).toEqual({ name: 'alias', from: '' });
    expect(nameOf()).toEqual({ name: '', from: '' });
  });

  test('as the list of models calls it', () => {
    const id = 'router/maker/model-5';
    const one: Model = { id, name: 'Maker: Model 5', server: 'router', reads: [], supports: [] };
    models.value = { '': [one] };
    expect(nameOf('router/maker/model-5')).toEqual({ name: 'Model 5', from: 'router' });
    otherServers.value = [{ id: 'x', name: 'Mine', url: 'https://mine.example/v1' }];
    expect(nameOf('maker/model-5', 'x')).toEqual({ name: 'model-5', from: 'Mine' });
  });
});

describe('steps', () => {
  afterEach(() => {
    chats.value = [];
    messages.value = new Map();
  });

  test('those in which nothing changed stay the same objects', () => {
    const chat: Chat = { ...newChat(), id: 'c' };
    chats.value = [chat];
    openId.value = 'c';
    const second = question({ id: 'v', parents: ['a'], created: 2 });
    const last = answer({ id: 'b', parents: ['v'], created: 3 });
    messages.value = asMap(question(), answer(), second, last);
    const before = steps.value;
    expect(before).toHaveLength(2);
    chats.value = [{ ...chat, title: 'New' }];
    messages.value = new Map(messages.value).set('b', { ...last, text: 'No.' });
    expect(steps.value[0]).toBe(before[0]);
    expect(steps.value[1]).not.toBe(before[1]);
    expect(steps.value[1]?.lanes[0]?.answers[0]?.text).toBe('No.');
  });
});

describe('copies', () => {
  test('JSON is written for reading, other text is left', () => {
    expect(pretty('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(pretty('{"a":')).toBe('{"a":');
  });

  test('without a clipboard a field is copied from, and the keyboard stays where it was', async () => {
    let copied = '';
    const button = document.createElement('button');
    document.body.append(button);
    button.focus();
    document.execCommand = () => {
      const field = document.activeElement;
      copied = field instanceof HTMLTextAreaElement ? field.value : '';
      return true;
    };
    expect(await copyText('a\n  b')).toBe(true);
    expect(copied).toBe('a\n  b');
    expect(document.querySelector('textarea')).toBeNull();
    expect(document.activeElement).toBe(button);
    document.execCommand = () => {
      throw new Error('no');
    };
    expect(await copyText('a')).toBe(false);
  });
});
