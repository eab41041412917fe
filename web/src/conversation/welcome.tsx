// An empty conversation: who answers, what is missing, and a few ways to begin.
import { loadModels } from '../chat/actions';
import { Icon } from '../parts/icon';
import { keys } from '../prefs';
import { chat, gateway, handed, models, modelTrouble, panel } from '../state';
import { t } from '../text';
import { nameOf } from './names';

const EXAMPLES = ['explain', 'code', 'table', 'plan'];

export function Welcome() {
  const { server = '', models: chosen } = chat.value;
  const names = chosen.map((id) => nameOf(id, server).name).join(', ');
  return (
    <div class="welcome" data-part="welcome">
      <p class="brand">Franca</p>
      <h1>{t('conversation.hello')}</h1>
      <p class="soft">{names ? t('conversation.with', { models: names }) : t('conversation.with_none')}</p>
      <Missing server={server} />
      <div class="examples">
        {EXAMPLES.map((name) => (
          <button key={name} type="button" onClick={() => (handed.value = t(`conversation.example_${name}`))}>
            {t(`conversation.example_${name}`)}
          </button>
        ))}
      </div>
    </div>
  );
}

function Missing({ server }: { server: string }) {
  const trouble = modelTrouble.value[server];
  const wantsKey = gateway.value.keys && !server;
  if (wantsKey && (trouble || !keys.value[''])) {
    return (
      <p class="note warn row">
        <Icon name="key" />
        <span class="grow">{keys.value[''] ? trouble : t('conversation.wants_key')}</span>
        {keys.value[''] && (
          <button type="button" onClick={() => void loadModels(server)}>
            {t('conversation.retry')}
          </button>
        )}
        <button type="button" onClick={() => (panel.value = { name: 'settings' })}>
          {t('conversation.enter_key')}
        </button>
      </p>
    );
  }
  if (!trouble && models.value[server]?.length !== 0) return null;
  return (
    <p class="note warn row" data-part="no-models">
      <Icon name="server" />
      <span class="grow">
        {trouble || t('conversation.no_models')} {t('conversation.no_models_do')}
      </span>
      <button type="button" onClick={() => void loadModels(server)}>
        {t('conversation.retry')}
      </button>
    </p>
  );
}
