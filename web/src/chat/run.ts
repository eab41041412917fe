// Answers that are being written in this tab: what is known of each, and how it is shown and stored meanwhile.
import { store } from '../data/store';
import type { Figures, Message, Problem } from '../model/types';
import { live, messages } from '../state';
import type { Answer } from './answer';
import type { Clock } from './figures';
import { LiveAnswer } from './live';
import { dropAnswer } from './wire';

/** A message with what must outlast a reload of the page while it is written. */
export type Kept = Message & {
  base?: [text: number, reasoning: number]; // characters that were there before it was gone on with
  prior?: Figures; // of what was there before
  schema?: unknown; // what structured mode wants
};
export type Ask = (run: Run) => Promise<Response>;

export interface Run {
  message: Kept;
  readonly live: LiveAnswer;
  readonly abort: AbortController;
  readonly clock: Clock;
  head: Figures; // what the head of the answer told
  structured: string;
  asked: number; // characters
  stopped: boolean;
  gone: boolean; // its message was taken away
  resumed: boolean; // begun before the page was loaded
  changes: number;
  answer?: Answer;
  flush?: () => void; // gives what the answer still holds back
  raw?: string;
  problem?: Problem; // it ends with this
  trouble?: Problem; // of the network
  thinking?: number; // ms, when reasoning began
  timer?: ReturnType<typeof setTimeout>;
}

export const MOST_RUNS = 12;
/** ms: before an answer is asked for again, between two times of storing, until there must be a network again. */
export const timing = { pauses: [500, 2000, 6000], store: 1000, online: 60_000 };
export const runs = new Map<string, Run>();

/** Take note of an answer that begins; it is shown by `showRuns`. */
export function open(message: Kept, resumed = false): Run {
  const run: Run = {
    message,
    live: new LiveAnswer(message.id, message.text, message.reasoning),
    abort: new AbortController(),
    clock: { sent: NaN, first: NaN, end: NaN },
    head: message.base ? {} : { first: message.figures?.first },
    structured: '',
    asked: 0,
    stopped: false,
    gone: false,
    resumed,
    changes: 0,
  };
  runs.set(message.id, run);
  return run;
}

export function showRuns(): void {
  live.value = new Map([...runs].map(([id, run]) => [id, run.live]));
}

/** Show a message in the state that it has now, where its conversation is open. */
export function publish(message: Message): void {
  if (messages.peek().has(message.id)) messages.value = new Map(messages.peek()).set(message.id, message);
}

export async function keep(list: Message[]): Promise<void> {
  await (await store()).putMessages(list);
}

export const keepRun = async (run: Run) => run.gone || keep([snapshot(run)]);

/** As far as it has come. */
export function snapshot({ message, live: { text, reasoning }, answer, head }: Run): Kept {
  return {
    ...message,
    text,
    ...(reasoning && { reasoning }),
    ...(answer?.tools.length && { tools: answer.tools.map((one) => ({ ...one })) }),
    ...(answer?.images.length && { images: [...answer.images] }),
    figures: { ...(message.prior ?? head) },
  };
}

export function halt(run: Run): void {
  run.stopped = true;
  run.abort.abort();
  if (run.message.answer) void dropAnswer(run.message.answer);
}

/** What comes from now on is added to what is there. */
export function goFurther(run: Run): void {
  run.flush?.();
  const { text, reasoning } = run.live;
  const { message } = run;
  run.message = {
    ...message,
    base: [text.length, reasoning.length],
    prior: message.figures ?? {},
    continued: (message.continued ?? 0) + 1,
    answer: undefined,
  };
  run.head = {};
  run.answer = run.flush = run.trouble = undefined;
}
