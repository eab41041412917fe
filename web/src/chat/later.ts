// What a person does with what was said before: have it answered anew, go on with it, give results, take it away.
import { batch } from '@preact/signals';
import { store } from '../data/store';
import type { Chat, Message } from '../model/types';
import { chat, messages, toast } from '../state';
import { t } from '../text';
import { stop } from './actions';
import { answerTo, asking, change, launch, requireRoom } from './ask';
import { drive } from './drive';
import { again } from './read';
import { goFurther, halt, keep, open, runs, showRuns, snapshot, type Ask, type Kept } from './run';
import { askToGoOn } from './seam';
import { belowIn, historyOf } from './tree';

/** Whether so many more answers may be written; what does not go is told at the bottom of the page. */
function roomFor(wanted = 1): boolean {
  try {
    requireRoom(wanted);
    return true;
  } catch (error) {
    toast.value = { text: error instanceof Error ? error.message : String(error), bad: true };
    return false;
  }
}

export async function regenerate(answerId: string, model?: string): Promise<void> {
  const old = messages.peek().get(answerId);
  if (old?.role !== 'assistant' || !roomFor()) return;
  stop(answerId);
  const of = chat.peek();
  const next = answerTo(of, old.parents[0] ?? '', old.lane, model ?? old.model ?? of.models[0] ?? '', old.server);
  launch(of, [next], []);
}

/** Answers to a question that has none: they were taken away, or never came. */
export async function answer(userId: string): Promise<void> {
  const of = chat.peek();
  const { models, server } = of;
  if (messages.peek().get(userId)?.role !== 'user' || !models.length || !roomFor(models.length)) return;
  launch(
    of,
    models.map((model, lane) => answerTo(of, userId, lane, model, server)),
    [],
  );
}

export async function retry(answerId: string): Promise<void> {
  const old = messages.peek().get(answerId);
  if (old?.role !== 'assistant' || old.status === 'running' || !roomFor()) return;
  const of = chat.peek();
  const { id, created, lane, parents, model = of.models[0] ?? '', server } = old;
  launch(of, [{ ...answerTo(of, parents[0] ?? '', lane, model, server), id, created }], []);
}

export async function goOn(answerId: string): Promise<void> {
  const old: Kept | undefined = messages.peek().get(answerId);
  if (old?.role !== 'assistant' || old.status === 'running') return;
  if (!old.text) return retry(answerId);
  if (!roomFor()) return;
  const of = chat.peek();
  const history = historyOf(messages.peek(), of, old.parents[0] ?? '', old.lane);
  const { problem: _problem, finish: _finish, shaped, ...rest } = old;
  const run = open({ ...rest, tools: undefined, status: 'running', schema: old.schema ?? shaped?.schema });
  const asks: Ask[] = [askOn(of, history)];
  if (old.status === 'cut' && old.answer) asks.unshift(again);
  else goFurther(run);
  batch(() => {
    change([snapshot(run)]);
    showRuns();
  });
  await drive(run, ...asks);
}

const askOn =
  (of: Chat, history: readonly Message[]): Ask =>
  (run) =>
    asking(of, askToGoOn(history, snapshot(run)))(run);

export async function giveResults(answerId: string, results: Record<string, string>): Promise<void> {
  const old = messages.peek().get(answerId);
  if (!old?.tools || old.status === 'running' || !roomFor()) return;
  const of = chat.peek();
  const tools = old.tools.map((one) => ({ ...one, result: results[one.id] ?? one.result }));
  launch(of, [answerTo(of, answerId, old.lane, old.model ?? '', old.server)], [{ ...old, tools }]);
}

export async function remove(messageId: string): Promise<void> {
  const gone = withBelow(messages.peek(), messageId).map((one): Message => {
    const run = runs.get(one.id);
    if (!run) return one;
    run.gone = true;
    halt(run);
    return { ...snapshot(run), status: 'stopped' };
  });
  const ids = gone.map(({ id }) => id);
  if (!ids.length) return;
  change([], ids);
  toast.value = { text: t('chat.removed'), action: { label: t('chat.undo'), run: () => void restore(gone) } };
  await (await store()).deleteMessages(ids);
}

async function restore(gone: Message[]): Promise<void> {
  if (gone[0]?.chat === chat.peek().id) {
    change(gone);
    // What was pressed for it is gone.
    requestAnimationFrame(() => {
      if (document.activeElement !== document.body) return;
      const all = [...document.querySelectorAll<HTMLElement>('[data-part=message]')];
      all.find((one) => one.dataset.id === gone[0]?.id)?.focus({ preventScroll: true });
    });
  }
  await keep(gone);
}

/** This message and all that cannot be reached without it. */
export function withBelow(messages: ReadonlyMap<string, Message>, id: string): Message[] {
  const below = belowIn(messages);
  const gone = new Set<string>();
  const left = [id];
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    if (gone.has(one)) continue;
    gone.add(one);
    for (const { id: next, role, parents } of below.get(one) ?? []) {
      if (role !== 'user' || parents.every((parent) => gone.has(parent) || !messages.has(parent))) left.push(next);
    }
  }
  return [...gone].flatMap((one) => messages.get(one) ?? []);
}
