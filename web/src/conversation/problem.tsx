// What went wrong with an answer, or cut it short, in its own place, with what can be done about it.
import { useState } from 'preact/hooks';
import { answer, goOn, regenerate, retry } from '../chat/actions';
import type { Message, Problem } from '../model/types';
import { Icon } from '../parts/icon';
import { gateway, panel } from '../state';
import { t } from '../text';
import { useSeconds } from './seconds';

interface Props {
  message: Message;
  problem: Problem;
  fresh: boolean; // it happened before the eyes of the reader
}

export function ProblemBox({ message, problem, fresh }: Props) {
  const { status, code, retryAfter, details } = problem;
  const [begun] = useState(Date.now());
  const left = (retryAfter ?? 0) - useSeconds(fresh && retryAfter ? begun : undefined);
  return (
    <div class="note bad problem" data-part="problem" role={fresh ? 'alert' : undefined}>
      <Icon name="warn" />
      <div class="grow">
        <p>{problem.message || t('conversation.problem')}</p>
        {details && (
          <ul>
            {details.map(({ path, message: what }) => (
              <li>
                <code>{path || '/'}</code> {what}
              </li>
            ))}
          </ul>
        )}
        <p class="small">{[code, status].filter((one) => one && one !== problem.message).join(' · ')}</p>
        <p class="row">
          {message.status === 'error' && (
            <button type="button" data-do="retry" onClick={() => void retry(message.id)}>
              <Icon name="refresh" />
              {t('conversation.retry')}
            </button>
          )}
          {message.text && message.status === 'error' && (
            <button type="button" data-do="on" onClick={() => void goOn(message.id)}>
              <Icon name="play" />
              {t('conversation.continue')}
            </button>
          )}
          {status === 401 && (message.server || gateway.value.keys) && (
            <button type="button" onClick={() => (panel.value = { name: 'settings' })}>
              <Icon name="key" />
              {t('conversation.enter_key')}
            </button>
          )}
          {fresh && left > 0 && (
            <span class="small" aria-hidden="true">
              {t('conversation.wait', { seconds: left })}
            </span>
          )}
        </p>
      </div>
    </div>
  );
}

/** Why an answer ended otherwise than by being complete; '' if it is. */
export function endOf({ status, finish, text, tools, images, shaped }: Message): string {
  if (status === 'cut' || status === 'stopped') return status;
  if (status !== 'done') return '';
  if (finish === 'length') return 'length';
  if (finish === 'content_filter') return 'filtered';
  return text || tools?.length || images?.length || shaped ? '' : 'empty';
}

export function canGoOn(message: Message): boolean {
  return !!message.text && ['cut', 'stopped', 'length'].includes(endOf(message));
}

/** A question whose answers were taken away, or that came without one. */
export function Unanswered({ of }: { of: string }) {
  const begin = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    currentTarget.closest('.step')?.querySelector<HTMLElement>('[data-part=message]')?.focus(); // the button goes away
    void answer(of);
  };
  return (
    <div class="ending soft" data-part="ending" data-why="unanswered">
      <button type="button" data-do="answer" onClick={begin}>
        <Icon name="play" />
        {t('conversation.ask')}
      </button>
    </div>
  );
}

export function Ending({ message }: { message: Message }) {
  const why = endOf(message);
  if (!why) return null;
  return (
    <div class={why === 'stopped' ? 'ending soft' : 'ending note warn'} data-part="ending" data-why={why}>
      <span class="grow">{t(`conversation.${why}`)}</span>
      {canGoOn(message) && (
        <button type="button" data-do="on" onClick={() => void goOn(message.id)}>
          <Icon name="play" />
          {t('conversation.continue')}
        </button>
      )}
      {why !== 'length' && why !== 'stopped' && (
        <button type="button" data-do="again" onClick={() => void regenerate(message.id)}>
          <Icon name="refresh" />
          {t('conversation.again')}
        </button>
      )}
    </div>
  );
}
