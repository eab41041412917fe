// The first thing that runs: the page is shown, then what the gateway and the store know is fetched.
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app';
import { begin } from './chat/begin';
import { theme, wantedLanguage } from './prefs';
import { languageFor, LANGUAGES, speak, type Language } from './text';

effect(() => {
  if (theme.value) document.documentElement.dataset.theme = theme.value;
  else delete document.documentElement.dataset.theme;
  // what a phone paints around the page
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
    const name = theme.value || (meta.media.includes('dark') ? 'dark' : 'light');
    meta.content = name === 'dark' ? '#14181d' : '#ffffff';
  }
});
effect(() => {
  const wanted = wantedLanguage.value;
  void speak(wanted in LANGUAGES ? (wanted as Language) : languageFor(navigator.languages));
});

const place = document.getElementById('app');
if (place) render(<App />, place);
void begin();
