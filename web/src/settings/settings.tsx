// The settings: the key, how the page looks and speaks, and other servers where the operator allows them.
import { Dialog } from '../parts/dialog';
import { spoken, theme, wantedLanguage } from '../prefs';
import { gateway, panel } from '../state';
import { LANGUAGES, t } from '../text';
import '../shell/panels.css';
import { KeyField } from './key';
import { Servers } from './servers';

function Looks() {
  return (
    <div class="pairs">
      <label class="field">
        {t('settings.theme')}
        <select
          value={theme.value}
          onChange={(event) => {
            const value = event.currentTarget.value;
            theme.value = value === 'light' || value === 'dark' ? value : '';
          }}
        >
          <option value="">{t('settings.theme_system')}</option>
          <option value="light">{t('settings.theme_light')}</option>
          <option value="dark">{t('settings.theme_dark')}</option>
        </select>
      </label>
      <label class="field">
        {t('settings.language')}
        <select value={wantedLanguage.value} onChange={(event) => (wantedLanguage.value = event.currentTarget.value)}>
          <option value="">{t('settings.language_system')}</option>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

export default function Settings() {
  return (
    <Dialog title={t('settings.title')} onClose={() => (panel.value = null)}>
      <KeyField server="" label={t(gateway.value.keys ? 'settings.key' : 'settings.key_optional')} />
      <Looks />
      <label class="check">
        <input type="checkbox" checked={spoken.value} onChange={() => (spoken.value = !spoken.value)} />
        {t('settings.spoken')}
      </label>
      <Servers />
      <p class="soft small">
        {gateway.value.status && (
          <>
            <a href="status">{t('settings.status')}</a>
            {' · '}
          </>
        )}
        Franca {gateway.value.version}
        {' · '}
        <a href="page/licences.txt">{t('settings.licences')}</a>
      </p>
    </Dialog>
  );
}
