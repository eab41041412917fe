// The admin's status page: theme and language first, then the key, then what the gateway tells.
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { HeadView } from './headview';
import { ErrorsView, KeysView, ServersView } from './lists';
import { clock, moment } from './numbers';
import { State } from './parts';
import { asking, enter, inside, leave, paused, refresh, setPaused, status, trouble, wrong } from './state';
import { UsageView } from './usageview';
import { languageOf, speak, t } from './words';

/** What the chat page keeps; a browser that forbids storage has nothing. */
function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function dress(): void {
  const theme = kept('franca.theme');
  const root = document.documentElement;
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  else delete root.dataset.theme;
}

const listen = () => speak(languageOf([kept('franca.language'), ...navigator.languages]));

function Page() {
  return (
    <>
      <header class="top">
        <h1>{t('status.title')}</h1>
        {inside.value && <Controls />}
        <a href="./">{t('status.chat')}</a>
      </header>
      <main>{inside.value ? <All /> : <Gate />}</main>
    </>
  );
}

function Gate() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [wrong.value]);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    const secret = field.current?.value.trim();
    if (secret && !asking.value) void enter(secret);
  };
  return (
    <form class="card gate" onSubmit={onSubmit}>
      <Icon name="key" />
      <label class="field">
        {t('status.adminKey')}
        <input
          ref={field}
          type="password"
          autocomplete="off"
          spellcheck={false}
          required
          aria-invalid={wrong.value !== ''}
          aria-describedby="told"
        />
      </label>
      <p id="told" role="alert" class={wrong.value ? 'note bad' : 'unseen'}>
        {wrong.value}
      </p>
      <button class="main" type="submit" aria-disabled={asking.value}>
        {t(asking.value ? 'status.loading' : 'status.show')}
      </button>
      <p class="small soft">{t('status.keptNowhere')}</p>
    </form>
  );
}

function Controls() {
  const bad = trouble.value;
  const now = status.value?.now;
  return (
    <>
      <span role="status">
        {bad ? (
          <State tone="bad">{t(bad.gone ? 'status.goneShort' : 'status.troubleShort')}</State>
        ) : paused.value ? (
          <State tone="none">{t('status.paused')}</State>
        ) : (
          <State tone="good">{t('status.live')}</State>
        )}
      </span>
      <span class="soft small grow">{now !== undefined && t('status.asOf', { time: clock(now) })}</span>
      <button type="button" onClick={() => setPaused(!paused.value)}>
        {t(paused.value ? 'status.resume' : 'status.pause')}
      </button>
      <button class="bare" type="button" aria-label={t('status.refresh')} title={t('status.refresh')} onClick={refresh}>
        <Icon name="refresh" />
      </button>
      <button type="button" onClick={() => leave()}>
        {t('status.forget')}
      </button>
    </>
  );
}

function All() {
  const told = status.value;
  const bad = trouble.value;
  if (!told) return null;
  return (
    <>
      {bad && (
        <p class="note bad" role="alert">
          {bad.gone ? t('status.gone', { time: moment(bad.since) }) : t('status.trouble', { words: bad.words })}
        </p>
      )}
      <HeadView told={told} />
      <ServersView told={told} />
      <UsageView />
      <KeysView told={told} />
      <ErrorsView told={told} />
    </>
  );
}

dress();
addEventListener('storage', (event) => {
  if (event.key === 'franca.theme' || event.key === null) dress();
  if (event.key === 'franca.language' || event.key === null) void listen();
});
void listen().then(() => {
  const place = document.getElementById('app');
  if (place) render(<Page />, place);
});
