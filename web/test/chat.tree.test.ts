// The tree of a conversation: whatever is done, and whatever a stranger's file holds, what is shown makes sense.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withBelow } from '../src/chat/later';
import { choiceOf, historyOf, keepChoice, leafOf, nextParents, stepsOf } from '../src/chat/tree';
import type { Message } from '../src/model/types';

type Tree = Map<string, Message>;
interface State {
  messages: Tree;
  chosen: Record<string, string>;
  models: string[];
}

let time = 0;
const made = (id: string, role: Message['role'], parents: string[], lane = 0): Message => ({
  id,
  chat: 'c',
  role,
  parents,
  lane,
  created: time++,
  text: id,
});
const treeOf = (...list: Message[]): Tree => new Map(list.map((one) => [one.id, one]));
const fresh = (): State => ({ messages: new Map(), chosen: {}, models: ['m'] });
const shownIn = ({ messages, chosen }: Pick<State, 'messages' | 'chosen'>): string[] =>
  stepsOf(messages, { chosen }).flatMap(({ user, lanes }) => [
    ...(user ? [user.id] : []),
    ...lanes.flatMap(({ answers }) => answers.map(({ id }) => id)),
  ]);

/** What the actions of the page do to the tree. */
function say(state: State, parents = nextParents(state.messages, state)): void {
  const user = made(`u${time}`, 'user', parents);
  state.messages = new Map(state.messages).set(user.id, user);
  const first = state.models.map((_model, lane) => made(`${user.id}a${lane}`, 'assistant', [user.id], lane));
  for (const one of first) state.messages.set(one.id, one);
  show(state, first[0]?.id ?? '');
}
function show(state: State, id: string): void {
  state.chosen = choiceOf(state.messages, state.chosen, id);
}
function answerAgain(state: State, old: Message): void {
  const next = made(`${old.id}'${time}`, 'assistant', old.parents, old.lane);
  state.messages = new Map(state.messages).set(next.id, next);
  show(state, next.id);
}
function below(state: State, old: Message): void {
  const next = made(`${old.id}+${time}`, 'assistant', [old.id], old.lane);
  state.messages = new Map(state.messages).set(next.id, next);
  show(state, next.id);
}

const kinds = ['say', 'again', 'edit', 'keep', 'models', 'choose', 'results', 'remove'] as const;

function act(state: State, [kind, pick, count]: [(typeof kinds)[number], number, number]): void {
  const seen = shownIn(state).flatMap((id) => state.messages.get(id) ?? []);
  const of = (role: Message['role']) => seen.filter((one) => one.role === role);
  const answer = of('assistant')[pick % Math.max(1, of('assistant').length)];
  const user = of('user')[pick % Math.max(1, of('user').length)];
  if (kind === 'say') say(state);
  else if (kind === 'models') state.models = Array.from({ length: count }, (_, at) => `m${at}`);
  else if (kind === 'edit' && user) say(state, user.parents);
  else if (kind === 'again' && answer) answerAgain(state, answer);
  else if (kind === 'results' && answer) below(state, answer);
  else if (kind === 'choose') show(state, [...state.messages.keys()][pick % Math.max(1, state.messages.size)] ?? '');
  else if (kind === 'keep' && answer) {
    state.models = ['m'];
    state.chosen = keepChoice(state.messages, state.chosen, answer);
  } else if (kind === 'remove' && seen.length) {
    const gone = withBelow(state.messages, seen[pick % seen.length]?.id ?? '');
    state.messages = new Map(state.messages);
    for (const { id } of gone) state.messages.delete(id);
  }
}

const statesOf = (some: readonly (typeof kinds)[number][]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...some), fc.nat(1000), fc.integer({ min: 1, max: 3 })), { maxLength: 25 })
    .map((steps) => {
      const state = fresh();
      for (const one of steps) act(state, one);
      return state;
    });
const states = statesOf(kinds);
const plain = statesOf(['say', 'edit', 'again', 'models', 'choose', 'keep']); // no chains, nothing unanswered

describe('whatever a person does', () => {
  it('every message can be shown, and choosing it shows it', () => {
    fc.assert(
      fc.property(states, (state) => {
        for (const id of state.messages.keys()) {
          expect(shownIn({ ...state, chosen: choiceOf(state.messages, state.chosen, id) })).toContain(id);
        }
      }),
    );
  });
  it('every message but those within a chain is reached by going from sibling to sibling', () => {
    fc.assert(
      fc.property(plain, (state) => {
        const reached = new Set<string>();
        const seen = new Set<string>();
        const left = [state.chosen];
        for (let chosen = left.pop(); chosen; chosen = left.pop()) {
          const shown = shownIn({ ...state, chosen });
          if (seen.has(shown.join())) continue;
          seen.add(shown.join());
          shown.forEach((id) => reached.add(id));
          for (const { siblings, lanes } of stepsOf(state.messages, { chosen })) {
            for (const id of [...siblings, ...lanes.flatMap((lane) => lane.siblings)]) {
              if (!reached.has(id)) left.push(choiceOf(state.messages, chosen, id));
            }
          }
        }
        expect([...state.messages.keys()].filter((id) => !reached.has(id))).toEqual([]);
      }),
    );
  });
  it('what was just said is shown, at the end', () => {
    fc.assert(
      fc.property(states, (state) => {
        say(state);
        const last = stepsOf(state.messages, state).at(-1);
        expect(last?.user).toBe([...state.messages.values()].findLast(({ role }) => role === 'user'));
        expect(last?.lanes).toHaveLength(state.models.length);
      }),
    );
  });
  it('the history of a lane alternates, and ends with what is asked for', () => {
    fc.assert(
      fc.property(plain, (state) => {
        for (const one of state.messages.values()) {
          const history = historyOf(state.messages, state, one.id, one.lane);
          expect(history.at(-1)).toBe(one);
          expect(history[0]?.parents).toEqual([]);
          history.forEach(({ role }, at) => expect(role).toBe(at % 2 ? 'assistant' : 'user'));
        }
      }),
    );
  });
  it('a removal takes away what hangs on it and nothing else, and can be taken back exactly', () => {
    fc.assert(
      fc.property(states, fc.nat(), (state, pick) => {
        const id = [...state.messages.keys()][pick % Math.max(1, state.messages.size)];
        if (id === undefined) return;
        const gone = withBelow(state.messages, id);
        const left = new Map(state.messages);
        for (const one of gone) left.delete(one.id);
        expect(gone.map((one) => one.id)).toContain(id);
        for (const one of left.values()) {
          expect(shownIn({ messages: left, chosen: choiceOf(left, state.chosen, one.id) })).toContain(one.id);
        }
        const back = new Map(left);
        for (const one of gone) back.set(one.id, one);
        expect(stepsOf(back, state)).toEqual(stepsOf(state.messages, state));
      }),
    );
  });
  it('nothing is shown twice, and every choice that is noted is one', () => {
    fc.assert(
      fc.property(states, (state) => {
        const shown = shownIn(state);
        expect(new Set(shown).size).toBe(shown.length);
        for (const id of Object.values(choiceOf(state.messages, {}, shown.at(-1) ?? ''))) {
          expect(state.messages.has(id)).toBe(true);
        }
      }),
    );
  });
});

describe('messages of strangers', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', '', '__proto__', 'lost'];
  const wild = fc
    .array(
      fc.record({
        id: fc.constantFrom(...ids),
        chat: fc.constant('c'),
        role: fc.constantFrom('user' as const, 'assistant' as const),
        parents: fc.array(fc.constantFrom(...ids), { maxLength: 3 }),
        lane: fc.constantFrom(0, 1, -1, 7.5, NaN),
        created: fc.constantFrom(0, 1, NaN),
        text: fc.constant(''),
      }),
      { maxLength: 9 },
    )
    .map((list): Tree => treeOf(...list));
  const chosen = fc.dictionary(
    fc.constantFrom('u:', 'u:a', 'a:a:0', 'a::0', 'k:a', 'toString'),
    fc.constantFrom(...ids),
  );

  it('with cycles, orphans and unknown parents end, and nothing is shown twice', () => {
    fc.assert(
      fc.property(wild, chosen, (messages, choice) => {
        const shown = shownIn({ messages, chosen: choice });
        expect(new Set(shown).size).toBe(shown.length);
        for (const id of ids) {
          const history = historyOf(messages, { chosen: choice }, id, 0);
          expect(new Set(history).size).toBe(history.length);
          withBelow(messages, id);
          choiceOf(messages, choice, id);
          nextParents(messages, { chosen: choice, models: ['m'] });
          leafOf(messages, { chosen: choice });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('side by side', () => {
  const u = made('u', 'user', []);
  const [a, b] = [made('a', 'assistant', ['u'], 0), made('b', 'assistant', ['u'], 1)];
  const next = made('n', 'user', ['a', 'b']);
  const messages = treeOf(u, a, b, next);

  it('each lane has its own history', () => {
    expect(historyOf(messages, { chosen: {} }, 'n', 0).map(({ id }) => id)).toEqual(['u', 'a', 'n']);
    expect(historyOf(messages, { chosen: {} }, 'n', 1).map(({ id }) => id)).toEqual(['u', 'b', 'n']);
    expect(historyOf(messages, { chosen: {} }, 'n', 5).map(({ id }) => id)).toEqual(['u', 'a', 'n']);
  });
  it('the next question follows all lanes, or the one that was kept as long as its model is alone', () => {
    const two = treeOf(u, a, b);
    const chosen = keepChoice(two, {}, b);
    expect(nextParents(two, { chosen: {}, models: ['x'] })).toEqual(['a', 'b']);
    expect(nextParents(two, { chosen, models: ['x'] })).toEqual(['b']);
    expect(nextParents(two, { chosen, models: ['x', 'y'] })).toEqual(['a', 'b']);
  });
  it('of several follow-ups the one whose parents are all shown comes first', () => {
    const again = made('b2', 'assistant', ['u'], 1);
    const other = made('o', 'user', ['a', 'b2']);
    const all = treeOf(u, a, b, next, again, other);
    expect(stepsOf(all, { chosen: { 'a:u:1': 'b' } }).at(-1)?.user?.id).toBe('n');
    expect(stepsOf(all, { chosen: { 'a:u:1': 'b2' } }).at(-1)?.user?.id).toBe('o');
    expect(stepsOf(all, { chosen: { 'a:u:1': 'b' } }).at(-1)?.siblings).toEqual(['n', 'o']);
  });
  it('what follows one lane alone goes with that lane; what follows both stays', () => {
    const alone = made('x', 'user', ['b']);
    const gone = withBelow(treeOf(u, a, b, next, alone), 'b').map(({ id }) => id);
    expect(gone.sort()).toEqual(['b', 'x']);
  });
});

it('a conversation that begins with an answer is shown from there', () => {
  const messages = treeOf(made('hello', 'assistant', []), made('u', 'user', ['hello']), made('a', 'assistant', ['u']));
  const steps = stepsOf(messages, { chosen: {} });
  expect(steps.map(({ user, lanes }) => [user?.id ?? null, lanes[0]?.answers[0]?.id])).toEqual([
    [null, 'hello'],
    ['u', 'a'],
  ]);
});

it('two thousand messages are walked through in one go: the work grows with their number only', () => {
  const list: Message[] = [];
  for (let at = 0; at < 1000; at++) {
    list.push(made(`u${at}`, 'user', at ? [`a${at - 1}`] : []), made(`a${at}`, 'assistant', [`u${at}`]));
  }
  const messages = treeOf(...list);
  let reads = 0;
  const watch = { get: (of: Message, name: keyof Message) => (reads++, of[name]) };
  const counted = new Map([...messages].map(([id, one]) => [id, new Proxy(one, watch)]));
  expect(stepsOf(counted, { chosen: {} })).toHaveLength(1000);
  expect(reads).toBeLessThan(2000 * 60);
});
