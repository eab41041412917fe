// The bar above a conversation: who is asked, and the few things that concern all of it.
import { changeChat, startChat } from '../chat/actions';
import { Icon } from '../parts/icon';
import { Menu } from '../parts/menu';
import { sidebarOpen } from '../prefs';
import { chat, messages, models, modelTrouble, panel } from '../state';
import { t } from '../text';

/** A model's own name without its server, for places with little room. */
export function shortName(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1) || id;
}

function Asked() {
  const { models: chosen, server = '' } = chat.value;
  const known = models.value[server];
  const trouble = modelTrouble.value[server];
  const words = chosen.map(shortName).join(' + ') || t(known || trouble ? 'shell.choose_model' : 'shell.loading');
  return (
    <button
      class="asked"
      type="button"
      data-part="model"
      aria-haspopup="dialog"
      title={chosen.join('\n')}
      onClick={() => (panel.value = { name: 'models' })}
    >
      <span class="cut">
        <span class="unseen">{t('shell.model')} </span>
        {words}
      </span>
      {trouble && !known?.length ? <Icon name="warn" /> : <Icon name="down" />}
    </button>
  );
}

export function TopBar() {
  const open = sidebarOpen.value;
  const empty = messages.value.size === 0;
  return (
    <header class="topbar" data-part="topbar">
      <button
        class="bare"
        type="button"
        aria-label={t('shell.sidebar')}
        title={t('shell.sidebar')}
        aria-expanded={open}
        onClick={() => (sidebarOpen.value = !open)}
      >
        <Icon name="menu" />
      </button>
      <Asked />
      {chat.value.models.length > 1 && (
        <button
          class="bare"
          type="button"
          title={t('shell.one_only')}
          aria-label={t('shell.one_only')}
          onClick={() => void changeChat({ models: chat.value.models.slice(0, 1) })}
        >
          <Icon name="columns" />
        </button>
      )}
      <span class="grow" />
      <button
        class="bare"
        type="button"
        aria-label={t('shell.new')}
        title={t('shell.new')}
        onClick={startChat}
        hidden={empty && open}
      >
        <Icon name="plus" />
      </button>
      <Menu
        label={t('shell.more')}
        icon="more"
        items={[
          { label: t('shell.share'), icon: 'share', run: () => (panel.value = { name: 'share' }) },
          { label: t('shell.settings'), icon: 'settings', run: () => (panel.value = { name: 'settings' }) },
          { label: t('shell.help'), icon: 'help', run: () => (panel.value = { name: 'help' }) },
        ]}
      />
    </header>
  );
}
