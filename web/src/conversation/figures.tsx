// Tokens, time and money of one answer, in one quiet line.
import type { Message } from '../model/types';
import { number, t } from '../text';

export interface Figure {
  text: string;
  title?: string;
}

/** Seconds as people say them. */
const brief = (value: number) =>
  number(value, value < 0.1 ? { maximumSignificantDigits: 1 } : { maximumFractionDigits: value < 10 ? 1 : 0 });

export function money(value: number): string {
  const digits = value >= 1 || !value ? { maximumFractionDigits: 2 } : { maximumSignificantDigits: 2 };
  return number(value, { style: 'currency', currency: 'USD', ...digits });
}

/** What is known, in the order of the line. What nobody told is not there. */
export function figuresOf({ figures = {}, model }: Message): Figure[] {
  const { prompt, written, reasoning, cached, first, total, rate, cost, exact, counted } = figures;
  const line: Figure[] = [];
  const guess = counted === false ? '≈ ' : '';
  if (written !== undefined) {
    const all = Object.entries({ prompt, written, reasoning, cached, guess: guess ? 0 : undefined });
    line.push({
      text: guess + t(written === 1 ? 'conversation.token' : 'conversation.tokens', { count: number(written) }),
      title: all
        .filter(([, count]) => count !== undefined)
        .map(([name, count]) => t(`conversation.tokens_${name}`, { count: number(count ?? 0) }))
        .join(', '),
    });
  }
  if (rate !== undefined) line.push({ text: guess + t('conversation.rate', { count: brief(rate) }) });
  if (first !== undefined) {
    line.push({
      text: t('conversation.first', { seconds: brief(first) }),
      title: t('conversation.first_long', { seconds: brief(first), total: brief(total ?? first) }),
    });
  }
  if (cost !== undefined) {
    const title = t(exact ? 'conversation.cost_told' : 'conversation.cost_guessed');
    line.push({ text: (exact ? '' : '≈ ') + money(cost), title });
  }
  if (figures.model && figures.model !== model) {
    const after = figures.tried && t('conversation.tried', { tried: figures.tried });
    line.push({ text: figures.model, title: after || t('conversation.really') });
  }
  return line;
}

export function Figures({ message }: { message: Message }) {
  const line = figuresOf(message);
  if (!line.length) return null;
  return (
    <p class="figures" data-part="figures">
      {line.map(({ text, title }) => (
        <span key={title} title={title}>
          {text}
        </span>
      ))}
    </p>
  );
}
