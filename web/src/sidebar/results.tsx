// What a search found: one hit for each conversation, marked in what stands around it.
import type { Found } from '../data/search';
import type { Chat } from '../model/types';
import { openId } from '../state';
import { t } from '../text';

interface Props {
  list: readonly Chat[];
  found: readonly Found[];
  onOpen: (id: string) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

export default function Results({ list, found, onOpen, onKeyDown }: Props) {
  const known = new Map(list.map((chat) => [chat.id, chat]));
  const shown = found.filter(({ chat }) => known.has(chat));
  return (
    <div class="list" onKeyDown={onKeyDown}>
      <p class="soft small" role="status">
        {shown.length ? t('sidebar.found', { count: shown.length }) : t('sidebar.nothing')}
      </p>
      <ul>
        {shown.map(({ chat, excerpt, at, length }) => (
          <li key={chat} class={openId.value === chat ? 'open' : ''} data-chat={chat}>
            <button
              class="bare grow"
              type="button"
              data-part="entry"
              aria-current={openId.value === chat ? 'true' : undefined}
              onClick={() => onOpen(chat)}
            >
              <span class="grow">
                <span class="name cut">{known.get(chat)?.title || t('sidebar.untitled')}</span>
                <span class="more">
                  {excerpt.slice(0, at)}
                  <mark>{excerpt.slice(at, at + length)}</mark>
                  {excerpt.slice(at + length)}
                </span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
