// A field for a key. It stays in memory, unless the person wants it written down in this browser.
import { useState } from 'preact/hooks';
import { loadModels } from '../chat/actions';
import { keptKeys, keys, setKey } from '../prefs';
import { modelTrouble, models } from '../state';
import { number, t } from '../text';

export function KeyField({ server, label }: { server: string; label: string }) {
  const [typed, setTyped] = useState(keys.peek()[server] ?? '');
  const kept = keptKeys.value.has(server);
  const [keep, setKeep] = useState(kept);
  const saved = (keys.value[server] ?? '') === typed.trim();
  const use = async (value: string, keeping: boolean) => {
    setKey(server, value.trim(), keeping);
    await loadModels(server);
  };
  // Where no key was given there is nothing wrong with it yet; and this is where one is entered.
  const trouble = keys.value[server] && modelTrouble.value[server]?.replace(t('chat.key_where'), '').trim();
  return (
    <form
      class="key-field"
      data-part="key"
      onSubmit={(event) => {
        event.preventDefault();
        void use(typed, keep);
      }}
    >
      <label class="field">
        {label}
        <span class="row">
          <input
            type="password"
            autocomplete="off"
            spellcheck={false}
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button class="main" type="submit" disabled={saved && !trouble}>
            {t(keys.value[server] && !typed.trim() ? 'settings.forget' : 'settings.use')}
          </button>
        </span>
      </label>
      <label class="check small">
        <input
          type="checkbox"
          checked={keep}
          onChange={() => {
            setKeep(!keep);
            if (saved && typed) setKey(server, typed.trim(), !keep);
          }}
        />
        {t('settings.keep_key')}
      </label>
      <p class={trouble ? 'note bad small' : 'soft small'} role="status">
        {trouble ||
          (saved && typed
            ? t('settings.key_works', { count: number(models.value[server]?.length ?? 0) })
            : t(kept ? 'settings.key_kept' : 'settings.key_memory'))}
      </p>
    </form>
  );
}
