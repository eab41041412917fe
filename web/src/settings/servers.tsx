// Other servers by their address: asked by the gateway, never by the page, and only those that the operator allows.
import { useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { otherServers, setKey } from '../prefs';
import { gateway, newId } from '../state';
import { t } from '../text';
import { allowed } from './allowed';
import { KeyField } from './key';

const MOST = 20;

function NewServer() {
  const [url, setUrl] = useState('');
  const [name, setName] = useState('');
  const trouble = url ? allowed(url, gateway.value.servers) : '';
  const add = (event: Event) => {
    event.preventDefault();
    if (!url || trouble) return;
    const made = { id: newId(), name: name.trim() || new URL(url).host, url: url.trim().replace(/\/+$/, '') };
    otherServers.value = [...otherServers.value, made].slice(-MOST);
    setUrl('');
    setName('');
  };
  return (
    <form class="new-server" onSubmit={add}>
      <label class="field">
        {t('settings.server_url')}
        <input
          type="url"
          inputMode="url"
          placeholder="https://host/v1"
          value={url}
          aria-invalid={Boolean(trouble)}
          onInput={(event) => setUrl(event.currentTarget.value)}
        />
      </label>
      <label class="field">
        {t('settings.server_name')}
        <input value={name} maxLength={60} onInput={(event) => setName(event.currentTarget.value)} />
      </label>
      {trouble && <p class="note bad small">{t(trouble, { allowed: gateway.value.servers.join(', ') })}</p>}
      <button type="submit" disabled={!url || Boolean(trouble)}>
        <Icon name="plus" /> {t('settings.server_add')}
      </button>
    </form>
  );
}

export function Servers() {
  const list = otherServers.value;
  if (!gateway.value.servers.length && !list.length) return null;
  return (
    <section class="servers" data-part="servers">
      <h3>{t('settings.servers')}</h3>
      <p class="soft small">{t('settings.servers_about', { allowed: gateway.value.servers.join(', ') || '–' })}</p>
      {list.map((one) => (
        <fieldset key={one.id}>
          <legend>
            <bdi>{one.name}</bdi>
          </legend>
          <p class="row small">
            <bdi class="grow cut soft">{one.url}</bdi>
            <button
              class="bare bad"
              type="button"
              aria-label={t('settings.server_remove', { name: one.name })}
              onClick={() => {
                setKey(one.id, '', false);
                otherServers.value = list.filter((other) => other !== one);
              }}
            >
              <Icon name="trash" />
            </button>
          </p>
          <KeyField server={one.id} label={t('settings.server_key')} />
        </fieldset>
      ))}
      {gateway.value.servers.length > 0 && <NewServer />}
    </section>
  );
}
