// How answers begin: what is asked, how they and the question are shown and stored at once.
import { batch } from '@preact/signals';
import { store } from '../data/store';
import { keepChat } from '../data/sync';
import type { Chat, Message } from '../model/types';
import { gateway, messages, newId } from '../state';
import { t } from '../text';
import { bodyFor, shown } from './body';
import { drive } from './drive';
import { Refused } from './problem';
import { keep, MOST_RUNS, open, runs, showRuns, type Ask, type Kept } from './run';
import { choiceOf, historyOf } from './tree';
import { post } from './wire';

/** Put messages in and take some away, as one change. */
export function change(list: readonly Message[], gone: readonly string[] = []): void {
  const next = new Map(messages.peek());
  for (const id of gone) next.delete(id);
  for (const one of list) next.set(one.id, one);
  messages.value = next;
}

/** Raises where too many answers are written already. */
export function requireRoom(wanted: number): void {
  if (runs.size + wanted > MOST_RUNS) throw new Error(t('chat.too_many', { most: MOST_RUNS }));
}

/** Ask with this history; `blobs` are there before they are stored. */
export function asking(of: Chat, history: readonly Message[], blobs?: ReadonlyMap<string, Blob>): Ask {
  return async (run) => {
    const { model = '', server, base } = run.message;
    const blobOf = async (id: string) => blobs?.get(id) ?? (await store()).blob(id);
    // The rest of an object is none: what is gone on with is judged as a whole, but not asked for by its schema.
    const body = await bodyFor(base ? { ...of, shape: undefined } : of, history, model, blobOf);
    const text = JSON.stringify(body);
    const size = new Blob([text]).size;
    const most = gateway.peek().max_body;
    const mb = (bytes: number) => Math.ceil(bytes / 1024 ** 2);
    if (size > most) {
      throw new Refused({ message: t('chat.too_big', { size: mb(size), most: mb(most) }), code: 'too_big' });
    }
    run.message = { ...run.message, request: shown(body) };
    run.asked = run.message.request?.length ?? 0;
    run.clock.sent = performance.now();
    return post('v1/chat/completions', text, server, run.abort.signal);
  };
}

export function answerTo(of: Chat, parent: string, lane: number, model: string, server: string | undefined): Kept {
  return {
    id: newId(),
    chat: of.id,
    role: 'assistant',
    parents: parent ? [parent] : [],
    lane,
    created: Date.now() + 1, // after the question, also where they are sorted by time
    text: '',
    status: 'running',
    model,
    ...(server && { server }),
    ...(of.shape && { schema: of.shape.schema }),
  };
}

/** Show an answer that begins, with others that change with it, and let it come. */
export function launch(
  of: Chat,
  answers: readonly Kept[],
  more: readonly Message[],
  blobs?: ReadonlyMap<string, Blob>,
): void {
  const begun = answers.map((message) => open(message));
  batch(() => {
    change([...more, ...answers]);
    showRuns();
    void keepChat({ ...of, chosen: choiceOf(messages.peek(), of.chosen, answers[0]?.id ?? '') });
  });
  void keep([...more, ...answers]);
  const all = messages.peek();
  for (const run of begun) {
    const { parents, lane } = run.message;
    void drive(run, asking(of, historyOf(all, of, parents[0] ?? '', lane), blobs));
  }
}
