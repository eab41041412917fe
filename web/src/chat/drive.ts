// The life of an answer: it is read from the first place that gives it whole, and ended as what it is.
import { batch } from '@preact/signals';
import { store } from '../data/store';
import { t } from '../text';
import { outcomeOf } from './outcome';
import { own } from './own';
import { mask } from './problem';
import { again, endThought, readAll } from './read';
import { goFurther, keep, open, publish, runs, showRuns, snapshot, type Ask, type Kept, type Run } from './run';

/** Read an answer to its end. Of several ways to ask, the next one counts where the last gave nothing whole. */
export function drive(run: Run, ...asks: Ask[]): Promise<void> {
  return own(run.message.id, true, () => work(run, asks));
}

async function work(run: Run, asks: readonly Ask[]): Promise<void> {
  for (const [at, ask] of asks.entries()) {
    if (at) goFurther(run);
    await readAll(run, ask);
    if (run.stopped || run.problem || run.answer?.problem || run.answer?.whole) break;
  }
  await finish(run);
}

const waiting = new Set<string>();

/** Read on an answer that was begun before this page was loaded, as soon as no other tab reads it. */
export async function pickUp(id: string): Promise<void> {
  if (runs.has(id) || waiting.has(id)) return;
  waiting.add(id);
  await own(id, false, async () => {
    const message = await (await store()).message(id);
    waiting.delete(id);
    if (message?.status !== 'running') return message && publish(message);
    const run = open(message, true);
    showRuns();
    await work(run, message.answer ? [again] : []);
  });
}

async function finish(run: Run): Promise<void> {
  const now = (run.clock.end = performance.now());
  run.flush?.();
  endThought(run, now);
  clearTimeout(run.timer);
  const {
    answer,
    live: { text, reasoning },
  } = run;
  const outcome = outcomeOf(run);
  const { schema, base, prior, ...message } = snapshot(run);
  const ended: Kept = { ...message, ...outcome };
  if (answer) {
    answer.tools.forEach((one, at) => (one.id ||= `call_${at}`));
    if (answer.tools.length) ended.tools = answer.tools.map((one) => ({ ...one }));
    const length = text.length + reasoning.length - (base ? base[0] + base[1] : 0);
    const calls = answer.tools.reduce((sum, one) => sum + one.name.length + one.arguments.length, 0);
    const reckon = await import('./figures').catch(() => null); // an answer without figures is one all the same
    const figures = reckon?.figuresOf(answer, run.clock, { ...ended, figures: run.head }, run.asked, length + calls);
    ended.figures = base && figures ? reckon?.together(prior ?? {}, figures) : (figures ?? ended.figures);
    ended.response = mask(run.raw ?? '');
  }
  if (ended.status === 'done' && schema !== undefined && text) {
    const told = run.structured || String(answer?.told.structured ?? '');
    const problems = [{ path: '', message: t('chat.offline') }];
    ended.shaped = await import('./shaped').then(
      ({ judge }) => judge(schema, text, told, run.abort.signal),
      () => ({ schema, mode: '', repairs: 0, attempts: 0, valid: false, problems }),
    );
  }
  // Of an answer that was cut the gateway may still have more.
  if (ended.status === 'cut') Object.assign(ended, { schema, base, prior });
  else delete ended.answer;
  runs.delete(ended.id);
  batch(() => {
    publish(ended);
    showRuns();
  });
  if (!run.gone) await keep([ended]);
}
