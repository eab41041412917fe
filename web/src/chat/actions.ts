// What a person does with a conversation.
import { batch } from '@preact/signals';
import { store } from '../data/store';
import { keepChat } from '../data/sync';
import { titleOf } from '../data/title';
import type { Chat, Draft, Message } from '../model/types';
import { lastModels, recents } from '../prefs';
import { blank, chat, chats, editing, messages, newChat, newId, openId, toast } from '../state';
import { t } from '../text';
import { answerTo, change, launch, requireRoom } from './ask';
import { pickUp } from './drive';
import { halt, runs, snapshot } from './run';
import { choiceOf, historyOf, keepChoice, nextParents } from './tree';
import { dropAnswer } from './wire';

export { loadModels } from './models';

const MOST_LANES = 6;
const MOST_RECENTS = 8;

/** Say something to all models of the open conversation. Raises, with nothing done, where it cannot be sent. */
export async function send({ text, files }: Draft): Promise<void> {
  const before = chat.peek();
  const { models, server } = before;
  if (!models.length) throw new Error(t('chat.no_model'));
  if (models.length > MOST_LANES) throw new Error(t('chat.too_many', { most: MOST_LANES }));
  requireRoom(models.length);
  const all = messages.peek();
  const edited = all.get(editing.peek());
  const parents = edited?.parents ?? nextParents(all, before);
  if (parents.some((id) => all.get(id)?.status === 'running')) throw new Error(t('chat.still_running'));
  const now = Date.now();
  const attachments = files.map(({ attachment }) => attachment);
  const said: Message = { id: newId(), chat: before.id, role: 'user', parents, lane: 0, created: now, text };
  if (attachments.length) said.attachments = attachments;
  const title = before.title || titleOf(text) || attachments[0]?.name || '';
  const of: Chat = { ...before, title, updated: now };
  // These will soon be wanted.
  void Promise.all([import('./later'), import('./figures')]).catch(() => undefined);
  void store().then((to) => files.forEach(({ attachment, data }) => void to.putBlob(attachment.id, data)));
  const blobs = new Map(files.map(({ attachment, data }) => [attachment.id, data]));
  batch(() => {
    const answers = models.map((model, lane) => answerTo(of, said.id, lane, model, server));
    launch(of, answers, [said], blobs);
    if (openId.peek() !== of.id) {
      openId.value = of.id;
      blank.value = newChat();
    }
    editing.value = '';
    if (!server) {
      lastModels.value = models;
      recents.value = [...new Set([...models, ...recents.peek()])].slice(0, MOST_RECENTS);
    }
  });
}

/** Stop one answer, or all of the open conversation. What came of them stays. */
export function stop(id?: string): void {
  for (const one of id ? [messages.peek().get(id)] : messages.peek().values()) {
    const run = one && runs.get(one.id);
    if (run) halt(run);
    else if (one?.status === 'running' && one.answer) void dropAnswer(one.answer); // in another tab
  }
}

/** What is done with what was said before; it is fetched with the first answer. */
async function later() {
  try {
    return await import('./later');
  } catch {
    toast.value = { text: t('chat.offline'), bad: true };
    return undefined;
  }
}

/** Another version of an answer, by the same model or another one. */
export const regenerate = async (answerId: string, model?: string): Promise<void> =>
  (await later())?.regenerate(answerId, model);
/** Have a question answered that has no answer. */
export const answer = async (userId: string): Promise<void> => (await later())?.answer(userId);
/** Ask again where an answer failed; it takes the place of that one. */
export const retry = async (answerId: string): Promise<void> => (await later())?.retry(answerId);
/** Go on with an answer that was cut, stopped or too long: what the gateway still has of it, else by asking. */
export const goOn = async (answerId: string): Promise<void> => (await later())?.goOn(answerId);
/** What the tools gave that an answer called: the model goes on with it. */
export const giveResults = async (answerId: string, results: Record<string, string>): Promise<void> =>
  (await later())?.giveResults(answerId, results);
/** Take a message away with everything below it; a while it can be had back. */
export const remove = async (messageId: string): Promise<void> => (await later())?.remove(messageId);

/** Show this version. */
export function choose(messageId: string): void {
  changeChat({ chosen: choiceOf(messages.peek(), chat.peek().chosen, messageId) });
}

/** Go on with the model of this answer alone. */
export function keepLane(answerId: string): void {
  const answer = messages.peek().get(answerId);
  if (answer?.model === undefined) return;
  changeChat({ models: [answer.model], chosen: keepChoice(messages.peek(), chat.peek().chosen, answer) });
}

/** Change the open conversation; it is stored if it has been. */
export function changeChat(patch: Partial<Chat>): void {
  const next = { ...chat.peek(), ...patch };
  if (chats.peek().some(({ id }) => id === next.id)) void keepChat(next);
  else blank.value = next;
}

let opening = '';

/** Open a conversation that is stored; a blank one where there is none of this id. */
export async function openChat(id: string): Promise<void> {
  opening = id;
  if (id === openId.peek() && id) return;
  if (!chats.peek().some((one) => one.id === id)) return startChat();
  const list = await (await store()).messages(id);
  if (opening !== id) return;
  batch(() => {
    messages.value = new Map(list.map((one) => [one.id, one]));
    for (const run of runs.values()) if (run.message.chat === id) change([snapshot(run)]);
    openId.value = id;
    editing.value = '';
  });
}

/** Begin a conversation. */
export function startChat(): void {
  opening = '';
  batch(() => {
    blank.value = newChat();
    messages.value = new Map();
    openId.value = '';
    editing.value = '';
  });
}

/** Read on what is shown as being written and is not read by this tab. */
export function pickUpShown(): void {
  for (const { id, status } of messages.value.values()) if (status === 'running') void pickUp(id);
}

const asCode = async (answerId: string, kind: 'curl' | 'python') => {
  const answer = messages.peek().get(answerId);
  if (!answer) return '';
  const of = chat.peek();
  const { codeFor } = await import('./code');
  return codeFor(kind, of, answer, historyOf(messages.peek(), of, answer.parents[0] ?? '', answer.lane));
};

export const asCurl = (answerId: string): Promise<string> => asCode(answerId, 'curl');
export const asPython = (answerId: string): Promise<string> => asCode(answerId, 'python');
