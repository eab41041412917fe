// Tokens, seconds and dollars of one answer: as they were told, else reckoned and marked so.
import type { Figures, Message } from '../model/types';
import { models } from '../state';
import type { Answer } from './answer';
import { asCount, asObject } from './json';

export interface Clock {
  sent: number; // ms; NaN where nobody knows, since the page was loaded anew meanwhile
  first: number;
  end: number;
}

const BURST = 0.05; // seconds: what came all at once has no rate
const A_TOKEN = 4; // characters, roughly

/** `asked` and `written` are characters. */
export function figuresOf(answer: Answer, clock: Clock, message: Message, asked: number, written: number): Figures {
  const { usage, told } = answer;
  const figures: Figures = { ...message.figures };
  const first = (clock.first - clock.sent) / 1000;
  const total = (clock.end - clock.sent) / 1000;
  if (first >= 0) figures.first = first;
  if (total >= 0) figures.total = total;
  figures.prompt = asCount(usage.prompt_tokens) ?? asCount(told.prompt_tokens);
  figures.written = asCount(usage.completion_tokens) ?? asCount(told.completion_tokens);
  figures.reasoning = asCount(asObject(usage.completion_tokens_details).reasoning_tokens);
  figures.cached = asCount(asObject(usage.prompt_tokens_details).cached_tokens);
  if (figures.written === undefined && written) {
    figures.written = Math.ceil(written / A_TOKEN);
    figures.prompt ??= asked ? Math.ceil(asked / A_TOKEN) : undefined;
    figures.counted = false;
  }
  // What was cut was waited for as well.
  const took = message.status === 'cut' ? 0 : total - first;
  if (figures.written && took > BURST) figures.rate = figures.written / took;
  addCost(figures, answer, message);
  for (const name of Object.keys(figures) as (keyof Figures)[]) if (figures[name] === undefined) delete figures[name];
  return figures;
}

function addCost(figures: Figures, { told, usage }: Answer, { server = '', model }: Message): void {
  const known = asCount(told.cost);
  figures.cost = known ?? asCount(usage.cost);
  if (figures.cost !== undefined) {
    figures.exact = known === undefined || told.exact === true;
    return;
  }
  const list = models.peek()[server] ?? [];
  const price = list.find(({ id }) => id === figures.model) ?? list.find(({ id }) => id === model);
  const { prompt, written } = figures;
  if (price?.promptPrice === undefined || price.writtenPrice === undefined) return;
  if (prompt === undefined || written === undefined) return;
  figures.cost = (prompt * price.promptPrice + written * price.writtenPrice) / 1e6;
  figures.exact = false;
}

/** Of an answer that was gone on with: what both parts took. */
export function together(before: Figures, now: Figures): Figures {
  const sum = { ...before, ...now };
  for (const name of ['written', 'reasoning', 'total', 'cost'] as const) {
    if (before[name] !== undefined && now[name] !== undefined) sum[name] = before[name] + now[name];
  }
  if (before.first !== undefined) sum.first = before.first;
  if (before.exact === false) sum.exact = false;
  if (before.counted === false) sum.counted = false;
  return sum;
}
