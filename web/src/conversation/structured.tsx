// An answer that had to fit a schema: whether it does, how it was had, and its value as a tree.
import type { Shaped } from '../model/types';
import { Icon } from '../parts/icon';
import { Lazy } from '../shell/lazy';
import { t } from '../text';
import './more.css';

const loadTree = () => import('../composer/tree');

/** How the object was had, in words: nothing where the gateway says nothing. */
export function story({ mode, repairs, attempts }: Shaped): string {
  const known = ['native', 'tool', 'json_object', 'prompt'].includes(mode);
  return [
    mode && (known ? t(`conversation.mode_${mode}`) : mode),
    repairs > 0 && t(repairs === 1 ? 'conversation.repair' : 'conversation.repairs', { count: repairs }),
    attempts > 1 && t('conversation.attempts', { count: attempts }),
  ]
    .filter(Boolean)
    .join(' · ');
}

export default function Structured({ shaped }: { shaped: Shaped }) {
  const { valid, value, problems } = shaped;
  return (
    <div class="structured" data-part="structured" data-valid={valid}>
      <p class="row">
        <span class={valid ? 'chip good' : 'chip bad'}>
          <Icon name={valid ? 'check' : 'warn'} />
          {t(valid ? 'conversation.valid' : 'conversation.invalid')}
        </span>
        <span class="soft small grow">{story(shaped)}</span>
      </p>
      {problems.length > 0 && (
        <ul class="note bad small">
          {problems.slice(0, 50).map(({ path, message }, at) => (
            <li key={at}>
              <code>{path || '/'}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {value !== undefined && <Lazy load={loadTree} props={{ value }} />}
    </div>
  );
}
