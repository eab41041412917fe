// One answer, from its first token to its last and ever after: the same nodes all along.
import { computed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Message } from '../model/types';
import { Icon } from '../parts/icon';
import { Lazy } from '../shell/lazy';
import { chat, type Live } from '../state';
import { number, t } from '../text';
import Foot from './foot';
import { AsWritten, Markdown } from './markdown';
import { nameOf } from './names';
import { Ending, ProblemBox } from './problem';
import { Reasoning } from './reasoning';
import { firstSeen, useSeconds } from './seconds';
import { when } from './when';

const loadTools = () => import('./tools');
const loadShaped = () => import('./structured');
const loadImages = () => import('./images');

const NEW = 5000; // ms
const shaping = computed(() => !!chat.value.shape);

interface Props {
  message: Message;
  running: Live | undefined;
  siblings: readonly string[];
  goesOn: boolean; // the same model after the results of its tools: no name again
}

export function Answer({ message, running, siblings, goesOn }: Props) {
  const { id, status, text, tools, images, shaped, problem } = message;
  const seen = useRef(false);
  if (running || Date.now() - message.created < NEW) seen.current = true;
  const { name, from } = nameOf(message.model, message.server);
  return (
    <article
      class="message answer"
      data-part="message"
      data-role="assistant"
      data-status={status}
      data-id={id}
      tabIndex={-1}
      aria-label={t('conversation.answer_of', { model: name })}
    >
      {!goesOn && (
        <p class="head" title={when(message.created)}>
          <b class="cut">{name}</b>
          {from && <span class="soft cut">{from}</span>}
        </p>
      )}
      <Reasoning message={message} running={running} />
      {shaped && <Lazy load={loadShaped} props={{ shaped }} />}
      {shaped || (running && shaping.value) ? (
        <details class="fold plain" open={!shaped}>
          <summary>
            {t('conversation.as_written')}
            <Icon name="down" />
          </summary>
          <AsWritten text={text} running={running} />
        </details>
      ) : (
        <Markdown of="text" text={text} running={running} />
      )}
      {images?.length && <Lazy load={loadImages} props={{ images }} />}
      {tools?.length && <Lazy load={loadTools} props={{ message }} />}
      {status === 'running' && <Waiting running={running} begun={!!text} />}
      {problem && <ProblemBox message={message} problem={problem} fresh={seen.current} />}
      <Ending message={message} />
      {status !== 'running' && (
        <footer>
          <Foot message={message} siblings={siblings} />
        </footer>
      )}
    </article>
  );
}

/** Three quiet dots for as long as more may come; without `running` another tab gets the answer. */
function Waiting({ running, begun }: { running: Live | undefined; begun: boolean }) {
  const waits = running ? running.phase.value === 'waiting' : !begun;
  const seconds = useSeconds(running && waits ? firstSeen(running) : undefined);
  return (
    <p class="waiting soft small" data-part={waits ? 'waiting' : 'writing'}>
      <i />
      <i />
      <i />
      {waits && <span class="unseen">{t('conversation.waiting')}</span>}
      {seconds >= 3 && t('conversation.seconds', { seconds: number(seconds) })}
    </p>
  );
}
