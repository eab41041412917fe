// A conversation is a tree: which of it is shown, what a model is told, what goes when something is taken away.
// The messages may come from a file of a stranger: whatever their parents say, nothing here loops or throws.
import type { Chat, Message } from '../model/types';

export interface Lane {
  lane: number;
  answers: Message[]; // a chain: one, and after the results of its tools the next
  siblings: string[]; // versions of the first
}
export interface Step {
  user: Message | null; // null where a conversation begins with an answer
  siblings: string[];
  lanes: Lane[];
}

type Messages = ReadonlyMap<string, Message>;
type Chosen = Readonly<Record<string, string>>;
type Below = ReadonlyMap<string, readonly Message[]>;

const ROOT = '';
const older = (a: Message, b: Message) => a.created - b.created || (a.id < b.id ? -1 : 1);
const idOf = (message: Message) => message.id;
/** An answer has one parent, whatever it says. */
const parentsOf = ({ role, parents }: Message) => (role === 'user' ? parents : parents.slice(0, 1));

const indexes = new WeakMap<Messages, Below>();

/** What stands below each message, oldest first. */
export function belowIn(messages: Messages): Below {
  let found = indexes.get(messages);
  if (!found) {
    const made = new Map<string, Message[]>();
    for (const message of [...messages.values()].filter(idOf).sort(older)) {
      const places = parentsOf(message);
      for (const place of places.length ? new Set(places) : [ROOT]) {
        const list = made.get(place);
        if (list) list.push(message);
        else made.set(place, [message]);
      }
    }
    indexes.set(messages, (found = made));
  }
  return found;
}

/** Under which key of `chat.chosen` it stands which one is shown: of answers in a lane, or (without a lane) of what the
 * person said after these. */
export function branchKey(parents: readonly string[], lane?: number): string {
  return lane === undefined ? `u:${parents.join()}` : `a:${parents[0] ?? ROOT}:${lane}`;
}

/** Under which key it stands that one of several lanes is gone on with alone. */
export const keepKey = (parent: string): string => `k:${parent}`;

/** The choices on a way down: those of `wanted` come before those of `chosen`, and are noted. */
class Walk {
  readonly seen = new Set<string>();
  readonly noted: Record<string, string> = {};
  readonly below: Below;
  readonly steps: Step[] = [];

  constructor(
    messages: Messages,
    readonly chosen: Chosen,
    readonly wanted?: ReadonlySet<string>,
  ) {
    this.below = belowIn(messages);
    this.#go();
  }

  #fresh(parents: readonly string[], user: boolean): Message[] {
    const found = new Set<Message>();
    for (const parent of parents) {
      for (const one of this.below.get(parent) ?? []) {
        if ((one.role === 'user') === user && !this.seen.has(one.id)) found.add(one);
      }
    }
    return parents.length > 1 ? [...found].sort(older) : [...found];
  }

  #pick(key: string, list: readonly Message[], usual = list.at(-1)): Message | undefined {
    const wanted = this.wanted && list.find(({ id }) => this.wanted?.has(id));
    if (wanted && list.length > 1) this.noted[key] = wanted.id;
    const picked = wanted ?? list.find(({ id }) => id === this.chosen[key]) ?? usual;
    if (picked) this.seen.add(picked.id);
    return picked;
  }

  #lanes(parent: string): Lane[] {
    const groups = new Map<number, Message[]>();
    for (const one of this.#fresh([parent], false)) groups.set(one.lane, [...(groups.get(one.lane) ?? []), one]);
    return [...groups]
      .sort(([a], [b]) => a - b)
      .map(([lane, group]) => {
        const answers: Message[] = [];
        let next = this.#pick(branchKey([parent], lane), group);
        while (next) {
          answers.push(next);
          next = this.#pick(branchKey([next.id], lane), this.#fresh([next.id], false));
        }
        return { lane, answers, siblings: group.map(idOf) };
      });
  }

  #go(): void {
    const first = this.#lanes(ROOT);
    if (first.length) this.steps.push({ user: null, siblings: [], lanes: first });
    let shown = [ROOT, ...first.flatMap(({ answers }) => answers.map(idOf))];
    for (;;) {
      const list = this.#fresh(shown, true);
      const known = new Set(shown);
      const fit = (one: Message) => one.parents.filter((parent) => known.has(parent)).length;
      let usual = list[0];
      for (const one of list) if (usual && fit(one) >= fit(usual)) usual = one;
      const user = this.#pick(branchKey(leavesOf(this.steps.at(-1))), list, usual);
      if (!user) return;
      const lanes = this.#lanes(user.id);
      this.steps.push({ user, siblings: list.map(idOf), lanes });
      shown = [user.id, ...lanes.flatMap(({ answers }) => answers.map(idOf))];
    }
  }
}

/** The last answers of a step, one for each lane; the question itself where it has none. */
function leavesOf(step: Step | undefined): string[] {
  if (!step) return [];
  const ends = step.lanes.flatMap(({ answers }) => answers.slice(-1).map(idOf));
  return ends.length || !step.user ? ends : [step.user.id];
}

/** What is shown, from the root to the end. */
export function stepsOf(messages: Messages, chat: Pick<Chat, 'chosen'>): Step[] {
  return new Walk(messages, chat.chosen).steps;
}

/** The last answer that is shown in a lane. */
export function leafOf(messages: Messages, chat: Pick<Chat, 'chosen'>, lane = 0): Message | undefined {
  const lanes = stepsOf(messages, chat).at(-1)?.lanes ?? [];
  return (lanes.find((one) => one.lane === lane) ?? lanes[0])?.answers.at(-1);
}

/** The parents of what the person says next. */
export function nextParents(messages: Messages, chat: Pick<Chat, 'chosen' | 'models'>): string[] {
  const step = stepsOf(messages, chat).at(-1);
  const kept = step && chat.models.length === 1 && chat.chosen[keepKey(step.user?.id ?? ROOT)];
  const lane = step?.lanes.find((one) => String(one.lane) === kept);
  return leavesOf(step && lane ? { ...step, lanes: [lane] } : step);
}

/** From the root to this message, as the model of a lane was told it. */
export function historyOf(messages: Messages, _chat: Pick<Chat, 'chosen'>, id: string, lane: number): Message[] {
  const path: Message[] = [];
  const seen = new Set<string>();
  for (let one = messages.get(id); one && !seen.has(one.id);) {
    path.push(one);
    seen.add(one.id);
    const parents = parentsOf(one).flatMap((parent) => messages.get(parent) ?? []);
    one = parents.find((parent) => parent.lane === lane) ?? parents[0];
  }
  return path.reverse();
}

/** The choices by which this message is shown. */
export function choiceOf(messages: Messages, chosen: Chosen, id: string): Record<string, string> {
  const wanted = new Set<string>();
  const left = [id];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const message = wanted.has(one) ? undefined : messages.get(one);
    if (!message) continue;
    wanted.add(one);
    left.push(...parentsOf(message));
  }
  return { ...chosen, ...new Walk(messages, chosen, wanted).noted };
}

/** The choice by which one lane is gone on with alone. */
export function keepChoice(messages: Messages, chosen: Chosen, answer: Message): Record<string, string> {
  const user = historyOf(messages, { chosen }, answer.id, answer.lane).findLast((one) => one.role === 'user');
  return { ...chosen, [keepKey(user?.id ?? ROOT)]: String(answer.lane) };
}
