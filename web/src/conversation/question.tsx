// What the person said: as it was typed, with what was attached.
import { useState } from 'preact/hooks';
import type { Message } from '../model/types';
import { Lazy } from '../shell/lazy';
import { editing } from '../state';
import { t } from '../text';
import { when } from './when';
import Foot from './foot';

const loadAttached = () => import('./attached');
const LONG = 1800; // characters, and lines: more is folded away at first
const LINES = 24;

export function Question({ message, siblings }: { message: Message; siblings: readonly string[] }) {
  const { id, text, attachments } = message;
  const [all, setAll] = useState(false);
  const long = text.length > LONG || text.split('\n', LINES + 1).length > LINES;
  return (
    <article
      class={editing.value === id ? 'message question edited' : 'message question'}
      data-part="message"
      data-role="user"
      data-id={id}
      tabIndex={-1}
      aria-label={t('conversation.you')}
    >
      {attachments?.length && <Lazy load={loadAttached} props={{ attachments }} />}
      {text && (
        <div class="bubble" title={when(message.created)}>
          <div class={long && !all ? 'typed short' : 'typed'} dir="auto">
            {text}
          </div>
          {long && (
            <button class="bare small" type="button" aria-expanded={all} onClick={() => setAll(!all)}>
              {t(all ? 'conversation.less' : 'conversation.all')}
            </button>
          )}
        </div>
      )}
      <footer>
        <Foot message={message} siblings={siblings} />
      </footer>
    </article>
  );
}
