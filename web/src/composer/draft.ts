// What is being written: text and files of each conversation. They survive switching, a reload and a failed send;
// they go away only when the message stands in the tree.
import { computed, effect, signal, untracked } from '@preact/signals';
import { send } from '../chat/actions';
import type { Attachment } from '../model/types';
import { blank, chat, editing, handed, isRunning, messages, newId } from '../state';
import { moreWords, t } from '../text';

/** A file that goes with the message. `full` is the picture before it was scaled down. */
export interface Held {
  attachment: Attachment;
  data: Blob;
  full?: Blob;
  scaled?: boolean;
  pasted?: boolean; // long text from the clipboard
}
interface Written {
  text: string;
  files: readonly Held[];
}

const STORED = 'franca.drafts';
const NEW = ''; // the place of the conversation that is not stored yet
const MOST_DRAFTS = 20;
const MOST_STORED = 200_000; // characters of one draft
const nothing: Written = { text: '', files: [] };

export const text = signal('');
export const files = signal<readonly Held[]>([]);
export const troubles = signal<readonly string[]>([]);
export const reading = signal(0); // files that are being looked at
export const sending = signal(false);

/** Whether an answer of this conversation is being written: here, or for another tab. */
export const isWriting = computed(() => {
  if (isRunning.value) return true;
  for (const { status } of messages.value.values()) if (status === 'running') return true;
  return false;
});

/** Why the message cannot be sent now (a key of the texts); "" when it can. */
export const waits = computed(() => {
  if (isWriting.value) return 'composer.wait_running';
  if (reading.value) return 'composer.wait_files';
  if (sending.value) return 'composer.wait_sending';
  if (!text.value.trim() && !files.value.length) return 'composer.wait_empty';
  return chat.value.models.length ? '' : 'composer.wait_model';
});

let place = NEW;
let chatId = '';
let before: Written | null = null; // what had been typed when editing began
const drafts = new Map<string, Written>();
let timer: ReturnType<typeof setTimeout> | undefined;

const now = (): Written => before ?? { text: text.peek(), files: files.peek() };

function show(written: Written = nothing): void {
  text.value = written.text;
  files.value = written.files;
  troubles.value = [];
}

function keep(at: string, written: Written): void {
  drafts.delete(at);
  if (written.text || written.files.length) drafts.set(at, written);
  if (drafts.size > MOST_DRAFTS) drafts.delete(drafts.keys().next().value ?? NEW);
}

const load = () => import('./kept');

/** Write all drafts down: texts for this tab, bytes of files in a store of their own. */
function save(): void {
  clearTimeout(timer);
  timer = undefined;
  keep(place, now());
  const list = [...drafts].map(([at, { text, files }]) => [
    at,
    text.length > MOST_STORED ? '' : text,
    files.map(({ attachment }) => attachment),
  ]);
  try {
    sessionStorage.setItem(STORED, JSON.stringify(list));
  } catch {
    // then they last as long as the page
  }
  const all = [...drafts.values()].flatMap((one) => one.files);
  if (all.length || didKeep) {
    didKeep = true;
    load().then(
      (kept) => kept.keepFiles(all),
      () => {},
    );
  }
}
let didKeep = false;

function restore(): void {
  let list: unknown;
  try {
    list = JSON.parse(sessionStorage.getItem(STORED) ?? '[]');
  } catch {
    return;
  }
  if (!Array.isArray(list)) return;
  const wanted: [string, unknown[]][] = [];
  for (const [at, words, held] of list.filter(Array.isArray).slice(-MOST_DRAFTS)) {
    if (typeof at !== 'string' || typeof words !== 'string') continue;
    keep(at, { text: words, files: [] });
    if (Array.isArray(held) && held.length) wanted.push([at, held]);
  }
  if (!wanted.length) return;
  didKeep = true;
  reading.value++;
  load()
    .then(async (kept) => {
      for (const [at, held] of wanted) add(at, await kept.filesOf(held));
    })
    .catch(() => {})
    .finally(() => reading.value--);
}

/** Put files into the draft of a place, whether it is shown or not. */
function add(at: string, more: readonly Held[]): void {
  if (!more.length) return;
  if (at === place) files.value = [...files.peek(), ...more];
  else {
    const old = drafts.get(at) ?? nothing;
    keep(at, { ...old, files: [...old.files, ...more] });
  }
}

function follow(): void {
  const { id } = chat.value;
  const next = chat.value === blank.value ? NEW : id;
  if (next !== place) {
    untracked(() => {
      if (place === NEW && id === chatId) {
        drafts.delete(NEW); // it was stored just now: what is written goes with it
        place = next;
      } else {
        keep(place, now());
        place = next;
        before = null;
        editing.value = '';
        show(drafts.get(next));
      }
    });
  }
  chatId = id;
}

async function edit(id: string): Promise<void> {
  const message = messages.peek().get(id);
  if (!message) {
    editing.value = '';
    return;
  }
  before ??= { text: text.peek(), files: files.peek() };
  show({ text: message.text, files: [] });
  if (!message.attachments?.length) return;
  reading.value++;
  try {
    const { held, lost } = await (await load()).filesOfMessage(message.attachments);
    if (editing.peek() !== id) return;
    files.value = held;
    troubles.value = lost.map((name) => t('composer.lost', { name }));
  } catch {
    troubles.value = [t('composer.failed')];
  } finally {
    reading.value--;
  }
}

function leave(): void {
  if (!before) return;
  const written = before;
  before = null;
  show(written);
}

function take(): void {
  const given = handed.value;
  if (given === null) return;
  untracked(() => (text.value = text.value.trim() ? `${text.value}\n\n${given}` : given));
  handed.value = null;
}

/** Begin to follow what is open; gives back how to end it. */
export function keepDrafts(): () => void {
  place = NEW;
  chatId = '';
  before = null;
  drafts.clear();
  restore();
  show(drafts.get(NEW));
  const ends = [
    effect(follow),
    effect(() => {
      const id = editing.value;
      untracked(() => (id ? void edit(id) : leave()));
    }),
    effect(take),
    effect(() => {
      void [text.value, files.value, place];
      timer ??= setTimeout(save, 400);
    }),
  ];
  addEventListener('pagehide', save);
  return () => {
    removeEventListener('pagehide', save);
    clearTimeout(timer);
    timer = undefined;
    for (const end of ends) end();
  };
}

let turn: Promise<void> = Promise.resolve();

/** Look at files and take those that fit; the others are told with why. One lot after the other. */
export function attach(list: readonly File[], pasted = false): Promise<void> {
  if (!list.length) return turn;
  const at = place;
  const whileEditing = editing.peek();
  reading.value++;
  troubles.value = [];
  turn = turn
    .then(async () => {
      const [{ look }] = await Promise.all([import('./files'), moreWords()]);
      const { held, problems } = await look(list, files.peek(), text.peek().length);
      if (editing.peek() === whileEditing) add(at, pasted ? held.map((one) => ({ ...one, pasted })) : held);
      troubles.value = problems;
    })
    .catch(() => void (troubles.value = [t('composer.failed')]))
    .finally(() => reading.value--);
  return turn;
}

/** Long text from the clipboard as a file. */
export function attachText(long: string): Promise<void> {
  const name = `${t('composer.pasted')}-${newId().slice(0, 4)}.txt`;
  return attach([new File([long], name, { type: 'text/plain' })], true);
}

/** The message stands in the tree: what was sent is no longer a draft; what was typed since then is. */
function done(sent: Written, to: string, edited: string): void {
  sending.value = false;
  if (edited) {
    if (editing.peek() === edited) editing.value = ''; // brings back what had been typed
  } else if (chat.peek().id !== to) keep(to, nothing);
  else {
    const typed = text.peek();
    show({
      text: typed.startsWith(sent.text) ? typed.slice(sent.text.length) : typed,
      files: files.peek().filter((one) => !sent.files.includes(one)),
    });
  }
  save();
}

export async function sendDraft(): Promise<void> {
  if (waits.peek()) return;
  const sent: Written = { text: text.peek(), files: files.peek() };
  const to = chat.peek().id;
  const edited = editing.peek();
  const known = new Set(messages.peek().keys());
  sending.value = true;
  troubles.value = [];
  let isThere = false;
  const end = effect(() => {
    if (isThere) return;
    isThere = [...messages.value.values()].some((one) => one.role === 'user' && one.chat === to && !known.has(one.id));
    if (isThere) untracked(() => done(sent, to, edited));
  });
  try {
    await send({ text: sent.text, files: sent.files.map(({ attachment, data }) => ({ attachment, data })) });
  } catch (error) {
    troubles.value = [t('composer.not_sent', { why: error instanceof Error ? error.message : String(error) })];
  } finally {
    end();
    sending.value = false;
  }
}
