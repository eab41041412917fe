// How an answer ended. Only what its server ended by itself is done.
import type { Message } from '../model/types';
import { t } from '../text';
import type { Run } from './run';

type Outcome = Pick<Message, 'status' | 'problem' | 'finish'>;

export function outcomeOf({ stopped, problem, trouble, resumed, answer, live }: Run): Outcome {
  const something = Boolean(live.text || answer?.tools.length || answer?.images.length);
  if (stopped) return { status: 'stopped' };
  const wrong = problem ?? answer?.problem;
  if (wrong) return { status: 'error', problem: wrong };
  if (!answer?.whole) {
    if (something || live.reasoning || resumed) return { status: 'cut' };
    return { status: 'error', problem: trouble ?? { message: t('chat.no_answer'), code: 'cut' } };
  }
  const { finish, refusal } = answer;
  const fail = (message: string, code: string): Outcome => ({ status: 'error', finish, problem: { message, code } });
  if (refusal) return fail(refusal, 'refused');
  if (finish === 'error') return fail(t('chat.failed', { status: '' }), finish);
  if (!something && finish !== 'length' && finish !== 'content_filter') return fail(t('chat.empty'), 'empty');
  return { status: 'done', finish };
}
