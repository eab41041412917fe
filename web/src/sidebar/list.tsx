// The conversations by age, or what a search found. Arrows move in it, F2 renames, Delete deletes.
import { useState } from 'preact/hooks';
import { answering } from '../data/answering';
import type { Found } from '../data/search';
import type { Chat } from '../model/types';
import { Lazy } from '../shell/lazy';
import { openId } from '../state';
import { t } from '../text';
import { Entry, removeChat, written } from './entry';
import { grouped } from './groups';

const FIRST = 100;
const FURTHER = 200;

interface Props {
  list: readonly Chat[];
  found: readonly Found[] | null;
  onOpen: (id: string) => void;
}

const loadResults = () => import('./results');

const OPENS = 'li > button';

/** Arrows, Home and End among the entries; true if the key was one of them. */
function move(event: KeyboardEvent, at: HTMLElement): boolean {
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(OPENS)];
  const now = all.indexOf(at);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return false;
  all[Math.max(0, Math.min(next, all.length - 1))]?.focus();
  return true;
}

export function List({ list, found, onOpen }: Props) {
  const [most, setMost] = useState(FIRST);
  const [at, setAt] = useState('');
  const onKeyDown = (event: KeyboardEvent) => {
    const button = (event.target as HTMLElement).closest<HTMLElement>(OPENS);
    if (!button || event.ctrlKey || event.metaKey || event.altKey) return;
    const chat = list.find(({ id }) => id === button.parentElement?.dataset.chat);
    if (!move(event, button)) {
      if (!chat || found || (event.key !== 'F2' && event.key !== 'Delete')) return;
      if (event.key === 'F2') written.value = { id: chat.id, what: 'title' };
      else {
        const item = button.parentElement;
        const next = (item?.nextElementSibling ?? item?.previousElementSibling)?.querySelector('button');
        next?.focus();
        void removeChat(chat);
      }
    }
    event.preventDefault();
  };
  const onFocusIn = (event: FocusEvent) =>
    setAt((event.target as HTMLElement).closest<HTMLElement>('li')?.dataset.chat ?? '');

  if (found) return <Lazy load={loadResults} props={{ list, found, onOpen, onKeyDown }} />;
  const shown = list.slice(0, most);
  const running = new Set(answering.value.values());
  // One stop of the tab key for all of them.
  const stop = [at, openId.value].find((id) => shown.some((chat) => chat.id === id)) ?? shown[0]?.id;
  return (
    <div class="list" onKeyDown={onKeyDown} onFocusIn={onFocusIn}>
      {!list.length && <p class="soft small">{t('sidebar.none')}</p>}
      {grouped(list, Date.now(), most).map(([name, some]) => (
        <section key={name}>
          <h2>{t(`sidebar.${name}`)}</h2>
          <ul>
            {some.map((chat) => (
              <Entry
                key={chat.id}
                chat={chat}
                running={running.has(chat.id)}
                tabIndex={chat.id === stop ? 0 : -1}
                onOpen={onOpen}
              />
            ))}
          </ul>
        </section>
      ))}
      {list.length > most && (
        <button class="bare" type="button" onClick={() => setMost(most + FURTHER)}>
          {t('sidebar.further', { count: list.length - most })}
        </button>
      )}
    </div>
  );
}
