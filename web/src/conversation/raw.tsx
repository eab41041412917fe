// The drawer with all that is known of one answer: facts, request, response, and how to ask the same elsewhere.
import { useState } from 'preact/hooks';
import { asCurl, asPython } from '../chat/actions';
import type { Message } from '../model/types';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { messages, panel } from '../state';
import { number, t } from '../text';
import { CopyButton } from './buttons';
import { money } from './figures';
import { pretty } from './pretty';
import { endOf } from './problem';
import { story } from './structured';
import { when } from './when';

export default function Raw() {
  const open = panel.value;
  const message = open?.name === 'raw' ? messages.value.get(open.of) : undefined;
  if (!message) return null;
  const { id, request, response } = message;
  return (
    <Dialog title={t('conversation.raw')} kind="side" onClose={() => (panel.value = null)}>
      <dl class="raw-facts">
        {factsOf(message).map(([name, value]) => (
          <div key={name}>
            <dt>{t(`conversation.fact_${name}`)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Written title={t('conversation.raw_request')} text={request && pretty(request)} open />
      <Written title={t('conversation.raw_response')} text={response && pretty(response)} />
      <Written title="curl" make={() => asCurl(id)} />
      <Written title="Python" make={() => asPython(id)} />
    </Dialog>
  );
}

/** How it ended: what its server ended for want of room, or by a filter, is not called complete. */
function stateOf(message: Message): string | undefined {
  const why = message.status === 'done' ? endOf(message) : '';
  return why ? t(`conversation.${why}`) : message.status && t(`conversation.status_${message.status}`);
}

/** What is known, with the names of its words; nothing that nobody told. */
export function factsOf(message: Message): [string, string][] {
  const { figures = {}, shaped, problem } = message;
  const seconds = (value?: number) => value !== undefined && number(value, { maximumFractionDigits: 2 }) + ' s';
  const count = (value?: number) => value !== undefined && (figures.counted === false ? '≈ ' : '') + number(value);
  const facts: [string, string | false | undefined][] = [
    ['asked', message.model],
    ['answered', figures.model],
    ['tried', figures.tried],
    ['adapted', figures.adapted],
    ['shaped', shaped && story(shaped)],
    ['status', stateOf(message)],
    ['problem', problem && [problem.message, problem.code, problem.status].filter(Boolean).join(' · ')],
    ['finish', message.finish],
    ['prompt', count(figures.prompt)],
    ['cached', count(figures.cached)],
    ['written', count(figures.written)],
    ['reasoning', count(figures.reasoning)],
    ['first', seconds(figures.first)],
    ['total', seconds(figures.total)],
    ['cost', figures.cost !== undefined && (figures.exact ? '' : '≈ ') + money(figures.cost)],
    ['continued', message.continued ? number(message.continued) : ''],
    ['created', when(message.created)],
  ];
  return facts.filter((fact): fact is [string, string] => !!fact[1]);
}

interface WrittenProps {
  title: string;
  text?: string;
  make?: () => Promise<string>; // when it is opened
  open?: boolean;
}

function Written({ title, text, make, open }: WrittenProps) {
  const [made, setMade] = useState(text);
  const fill = () => {
    if (made === undefined) make?.().then(setMade, (error: unknown) => setMade(String(error)));
  };
  if (!text && !make) return null;
  return (
    <details class="fold" open={open} onToggle={(event) => event.currentTarget.open && fill()}>
      <summary>
        {title}
        <Icon name="down" />
      </summary>
      {made !== undefined && (
        <div class="copied">
          <CopyButton text={() => made} label={t('conversation.copy_named', { name: title })} />
          <pre class="raw" role="group" tabIndex={0} aria-label={title}>
            {made}
          </pre>
        </div>
      )}
    </details>
  );
}
