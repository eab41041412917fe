// Reading an answer off the network: pieces go to whoever shows them, and a connection that breaks is picked up again.
import { Answer } from './answer';
import type { Kind } from './live';
import { problemFrom, problemOf, Refused } from './problem';
import { keepRun, publish, snapshot, timing, type Ask, type Run } from './run';
import { EventReader, TooLong } from './sse';
import { dropAnswer, fetchAnswer } from './wire';

/** Ask for what the gateway keeps of it. */
export const again: Ask = (run) => fetchAnswer(run.message.answer ?? '', run.abort.signal);

export async function readAll(run: Run, ask: Ask): Promise<void> {
  for (let tries = 0; ;) {
    const had = run.answer?.size ?? 0;
    if (!(await readOnce(run, ask)) || run.stopped || !run.message.answer) return;
    if ((run.answer?.size ?? 0) > had) tries = 0;
    const wait = timing.pauses[tries++];
    if (wait === undefined) return;
    await pause(wait, run.abort.signal);
    if (run.stopped) return;
    ask = again;
  }
}

/** Wait, and where there is no network until there is one. */
async function pause(wait: number, signal: AbortSignal): Promise<void> {
  const until = (ms: number, ...names: string[]) =>
    new Promise<void>((resolve) => {
      const done = () => (clearTimeout(timer), names.forEach((name) => removeEventListener(name, done)), resolve());
      const timer = setTimeout(done, ms);
      names.forEach((name) => addEventListener(name, done));
      signal.addEventListener('abort', done, { once: true });
    });
  if (!signal.aborted) await until(wait);
  if (!signal.aborted && globalThis.navigator?.onLine === false) await until(timing.online, 'online');
}

/** Whether the answer broke off. */
async function readOnce(run: Run, ask: Ask): Promise<boolean> {
  try {
    const response = await ask(run);
    if (!response.ok || !response.body) {
      // Of an answer that was kept nothing more is there: what came of it counts.
      if (ask !== again) run.problem = await problemFrom(response, run.message.server);
      return false;
    }
    noteHead(run, response.headers);
    return await readBody(run, response.body.getReader());
  } catch (error) {
    if (run.stopped) return false;
    if (error instanceof Refused || error instanceof TooLong) {
      run.problem = problemOf(error);
      run.abort.abort();
      if (run.message.answer) void dropAnswer(run.message.answer);
      return false;
    }
    run.trouble = problemOf(error);
    return true;
  }
}

function noteHead(run: Run, headers: Headers): void {
  const told = (name: string) => headers.get(`x-franca-${name}`) || undefined;
  const answer = told('answer');
  if (answer && answer !== run.message.answer) {
    run.message = { ...run.message, answer };
    void keepRun(run);
  }
  run.structured = told('structured') ?? '';
  run.head = { ...run.head, model: told('model'), tried: told('tried'), adapted: told('adapted') };
}

async function readBody(run: Run, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<boolean> {
  const [answer, flush] = await answerFor(run);
  const events = new EventReader(answer);
  const adopt = () => {
    if (answer.size < (run.answer?.size ?? 0)) return; // it has not come as far as another one before
    run.answer = answer;
    run.flush = flush;
    run.raw = events.raw;
    if (answer.changes !== run.changes) publish(snapshot(run));
    run.changes = answer.changes;
    run.timer ??= setTimeout(() => {
      run.timer = undefined;
      void keepRun(run);
    }, timing.store);
  };
  while (!answer.over || !answer.closed) {
    const { value, done } = await reader.read();
    if (done) break;
    try {
      events.feed(value);
    } finally {
      adopt();
    }
  }
  const { any } = answer;
  try {
    events.end();
  } catch (error) {
    if (!any) throw error; // else the last event was cut
  }
  adopt();
  void reader.cancel().catch(() => undefined);
  return !answer.whole && !answer.problem && !answer.closed;
}

/** What puts an answer together and shows what it has more than was shown before. */
async function answerFor(run: Run): Promise<[Answer, () => void]> {
  const { base } = run.message;
  const seam = base && new (await import('./seam')).Seam(run.live.text.slice(0, base[0]));
  const sink = (kind: Kind, from = 0) => {
    let skip = run.live[kind].length - from;
    return (piece: string) => {
      if (skip < piece.length) add(run, kind, skip ? piece.slice(skip) : piece);
      skip = Math.max(0, skip - piece.length);
    };
  };
  const text = sink('text', base?.[0]);
  const answer = new Answer({
    text: (piece) => text(seam ? seam.feed(piece) : piece),
    reasoning: sink('reasoning', base?.[1]),
  });
  return [answer, () => (answer.end(), text(seam ? seam.end() : ''))];
}

function add(run: Run, kind: Kind, piece: string): void {
  if (!piece) return;
  const now = performance.now();
  if (!(run.clock.first >= 0)) {
    run.clock.first = now;
    if (run.clock.sent >= 0) run.head = { ...run.head, first: (now - run.clock.sent) / 1000 };
  }
  if (kind === 'reasoning') run.thinking ??= now;
  run.live.add(kind, piece);
  if (kind === 'text') endThought(run, now);
}

export function endThought(run: Run, now: number): void {
  if (run.thinking === undefined || run.message.thought !== undefined) return;
  run.message = { ...run.message, thought: (now - run.thinking) / 1000 };
  publish(snapshot(run));
}
