// One conversation of the list: opens it, and has a menu for what else can be done.
import { signal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { keepChat } from '../data/sync';
import type { Chat } from '../model/types';
import { Menu } from '../parts/menu';
import { sharing } from '../share/which';
import { openId, panel } from '../state';
import { t } from '../text';
import { tagsOf } from './groups';

/** What is being written in place. */
export const written = signal<{ id: string; what: 'title' | 'tags' } | null>(null);

export const removeChat = async (chat: Chat): Promise<void> => (await import('./remove')).removeChat(chat);

function Field({ chat, what }: { chat: Chat; what: 'title' | 'tags' }) {
  const field = useRef<HTMLInputElement>(null);
  const over = useRef(false);
  useLayoutEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const end = (keep: boolean, event: Event) => {
    if (over.current) return;
    over.current = true;
    const item = field.current?.closest('li');
    const text = field.current?.value.trim().slice(0, 400) ?? '';
    written.value = null;
    if (keep && what === 'tags') void keepChat({ ...chat, tags: tagsOf(text) });
    else if (keep && text && text !== chat.title) void keepChat({ ...chat, title: text.slice(0, 200), named: true });
    if (event.type === 'keydown') requestAnimationFrame(() => item?.querySelector('button')?.focus());
  };
  return (
    <input
      ref={field}
      aria-label={t(`sidebar.${what}_hint`)}
      placeholder={t(`sidebar.${what}_hint`)}
      defaultValue={what === 'tags' ? chat.tags.join(', ') : chat.title}
      onBlur={(event) => end(true, event)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.isComposing) return;
        if (event.key === 'Enter' || event.key === 'Escape') end(event.key === 'Enter', event);
      }}
    />
  );
}

interface Props {
  chat: Chat;
  running: boolean;
  tabIndex: number;
  onOpen: (id: string) => void;
}

export function Entry({ chat, running, tabIndex, onOpen }: Props) {
  const { id, pinned } = chat;
  const title = chat.title || t('sidebar.untitled');
  if (written.value?.id === id) {
    return (
      <li>
        <Field chat={chat} what={written.value.what} />
      </li>
    );
  }
  const share = () => {
    sharing.value = id;
    panel.value = { name: 'share' };
  };
  return (
    <li class={openId.value === id ? 'open' : ''} data-chat={id}>
      <button
        class="bare grow"
        type="button"
        data-part="entry"
        tabIndex={tabIndex}
        aria-current={openId.value === id ? 'true' : undefined}
        title={title}
        onClick={() => onOpen(id)}
      >
        <span class="grow">
          <span class="name cut">{title}</span>
          {chat.tags.length > 0 && <span class="more cut">{chat.tags.join(' · ')}</span>}
        </span>
        {running && (
          <span class="busy">
            <span class="unseen">{t('sidebar.running')}</span>
          </span>
        )}
      </button>
      <Menu
        label={t('sidebar.menu', { title })}
        icon="more"
        tabIndex={tabIndex}
        items={[
          { label: t('sidebar.rename'), icon: 'edit', run: () => (written.value = { id, what: 'title' }) },
          {
            label: t(pinned ? 'sidebar.unpin' : 'sidebar.pin'),
            icon: 'pin',
            run: () => void keepChat({ ...chat, pinned: !pinned }),
          },
          { label: t('sidebar.tags'), icon: 'tag', run: () => (written.value = { id, what: 'tags' }) },
          { label: t('sidebar.export'), icon: 'download', run: share },
          { label: t('sidebar.delete'), icon: 'trash', bad: true, run: () => void removeChat(chat) },
        ]}
      />
    </li>
  );
}
