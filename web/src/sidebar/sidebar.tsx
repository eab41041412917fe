// The conversations at the side of the page; on a small screen a drawer above it.
import { effect, signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { openChat, startChat } from '../chat/actions';
import type { Found } from '../data/search';
import { store } from '../data/store';
import { Icon } from '../parts/icon';
import { sidebarOpen } from '../prefs';
import { sharing } from '../share/which';
import { chats, gateway, panel } from '../state';
import { t } from '../text';
import { allTags } from './groups';
import { List } from './list';

const MOST_FOUND = 50;
const SEARCH_AFTER = 120; // ms without a key

const query = signal('');
const found = signal<readonly Found[] | null>(null);
const onlyTag = signal('');

// A phone that lies on its side is wide, but has no room for a column.
const small = globalThis.matchMedia?.('(max-width: 48rem), (max-width: 60rem) and (pointer: coarse)');
const narrow = signal(small?.matches ?? false);
let wasOpen = sidebarOpen.peek();
if (narrow.value) sidebarOpen.value = false;
small?.addEventListener('change', () => {
  narrow.value = small.matches;
  if (small.matches) wasOpen = sidebarOpen.value;
  sidebarOpen.value = !small.matches && wasOpen;
});

const close = () => (sidebarOpen.value = false);
const closeDrawer = () => narrow.value && close();
const open = (id: string) => {
  void openChat(id);
  closeDrawer();
};
const begin = () => {
  startChat();
  closeDrawer();
};

effect(() => {
  const text = query.value;
  const stop = new AbortController();
  const timer = setTimeout(
    async () => {
      const some = text.trim() ? await (await store()).search(text, MOST_FOUND, stop.signal) : null;
      if (!stop.signal.aborted) found.value = some;
    },
    text ? SEARCH_AFTER : 0,
  );
  return () => {
    clearTimeout(timer);
    stop.abort();
  };
});

/** While the drawer is open nothing behind it can be reached; the focus goes in, and back in the end. */
function useDrawer(on: boolean, place: { current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    if (!on) return;
    const behind = document.querySelector<HTMLElement>('.middle');
    const before = document.activeElement;
    if (behind) behind.inert = true;
    place.current?.querySelector('button')?.focus();
    return () => {
      if (behind) behind.inert = false;
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [on]);
}

function Tags() {
  const all = allTags(chats.value);
  const chosen = onlyTag.value;
  useEffect(() => {
    if (chosen && !all.includes(chosen)) onlyTag.value = '';
  });
  if (!all.length) return null;
  return (
    <div class="tags" role="group" aria-label={t('sidebar.tags')}>
      {all.map((tag) => (
        <button
          key={tag}
          class="chip"
          type="button"
          aria-pressed={tag === chosen}
          onClick={() => (onlyTag.value = tag === chosen ? '' : tag)}
        >
          {tag}
        </button>
      ))}
    </div>
  );
}

function Foot() {
  const share = () => {
    sharing.value = '';
    panel.value = { name: 'share' };
  };
  return (
    <footer>
      <button class="bare" type="button" onClick={() => (panel.value = { name: 'settings' })}>
        {t('sidebar.settings')}
      </button>
      <button class="bare" type="button" data-do="share" onClick={share}>
        {t('sidebar.share')}
      </button>
      {gateway.value.status && (
        <a class="button" href="status">
          {t('sidebar.status')}
        </a>
      )}
    </footer>
  );
}

export function Sidebar() {
  const place = useRef<HTMLElement>(null);
  const drawer = narrow.value && sidebarOpen.value;
  useDrawer(drawer, place);
  if (!sidebarOpen.value) return null;
  const tag = onlyTag.value;
  const list = tag ? chats.value.filter(({ tags }) => tags.includes(tag)) : chats.value;
  return (
    <>
      {drawer && <div class="behind" onPointerDown={close} />}
      <nav
        ref={place}
        class={drawer ? 'side drawer' : 'side'}
        aria-label={t('sidebar.label')}
        data-part="sidebar"
        onKeyDown={(event) => event.key === 'Escape' && closeDrawer()}
      >
        <div class="row">
          <button class="grow new" type="button" onClick={begin}>
            <Icon name="plus" />
            {t('sidebar.new')}
          </button>
          {drawer && (
            <button class="bare" type="button" aria-label={t('sidebar.close')} onClick={close}>
              <Icon name="close" />
            </button>
          )}
        </div>
        <input
          type="search"
          aria-label={t('sidebar.search')}
          placeholder={t('sidebar.search')}
          value={query.value}
          onInput={(event) => (query.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' || !query.value || event.isComposing) return;
            event.stopPropagation();
            query.value = '';
          }}
        />
        <Tags />
        <List list={list} found={found.value} onOpen={open} />
        <Foot />
      </nav>
    </>
  );
}
