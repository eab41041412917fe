// What the page remembers of a person beside conversations: small things in localStorage. A browser may forbid that;
// then they last as long as the page. A key is written down only when the person says so.
import { effect, signal, type Signal } from '@preact/signals';
import type { OtherServer, Params, Preset } from './model/types';

const PREFIX = 'franca.';

function read(name: string): unknown {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function write(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // then it lasts as long as the page
  }
}

/** A signal that is kept. `fits` refuses what somebody else may have written there. */
function kept<T>(name: string, initial: T, fits: (value: unknown) => boolean): Signal<T> {
  const found = read(name);
  const made = signal<T>(found !== undefined && fits(found) ? (found as T) : initial);
  let first = true;
  effect(() => {
    const value = made.value;
    if (first) first = false;
    else write(name, value === initial ? undefined : value);
  });
  addEventListener('storage', (event) => {
    if (event.key !== PREFIX + name) return;
    const now = read(name);
    if (now === undefined || fits(now)) made.value = now === undefined ? initial : (now as T);
  });
  return made;
}

const isText = (value: unknown) => typeof value === 'string';
const isYes = (value: unknown) => typeof value === 'boolean';
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);
const isListOf =
  (...names: string[]) =>
  (value: unknown) =>
    Array.isArray(value) && value.every((one) => one && names.every((name) => isText(one[name])));

export const theme = kept<'light' | 'dark' | ''>('theme', '', (value) => value === 'light' || value === 'dark');
export const wantedLanguage = kept<string>('language', '', isText);
export const favourites = kept<string[]>('favourites', [], isTexts);
export const recents = kept<string[]>('recents', [], isTexts); // newest first, at most 8
export const lastModels = kept<string[]>('models', [], isTexts);
export const presets = kept<Preset[]>('presets', [], isListOf('id', 'name', 'text'));
export const defaults = kept<Params>('params', {}, (value) => typeof value === 'object' && !Array.isArray(value));
export const otherServers = kept<OtherServer[]>('servers', [], isListOf('id', 'name', 'url'));
export const sidebarOpen = kept<boolean>('sidebar', true, isYes);
export const spoken = kept<boolean>('spoken', true, isYes); // whether answers are told to screen readers

/** Names this browser to the gateway, so that a kept answer is given to nobody else. */
export const browser = ((): string => {
  const found = read('browser');
  if (typeof found === 'string' && found.length >= 22) return found;
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  const made = btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
  write('browser', made);
  return made;
})();

const KEYS = 'keys';
const given = read(KEYS);
const initial: Record<string, string> = {};
if (given && typeof given === 'object') {
  for (const [name, value] of Object.entries(given)) if (typeof value === 'string') initial[name] = value;
}

/** Keys by server: "" is the gateway. In memory; those of `keptKeys` are in localStorage too. */
export const keys = signal<Readonly<Record<string, string>>>(initial);
export const keptKeys = signal<ReadonlySet<string>>(new Set(Object.keys(initial)));

/** Set or take away (with "") the key of a server; `keep` writes it down in this browser. */
export function setKey(server: string, key: string, keep: boolean): void {
  const { [server]: _old, ...rest } = keys.value;
  const names = new Set(keptKeys.value);
  if (keep && key) names.add(server);
  else names.delete(server);
  keys.value = key ? { ...rest, [server]: key } : rest;
  keptKeys.value = names;
  const written = Object.fromEntries(Object.entries(keys.value).filter(([name]) => names.has(name)));
  write(KEYS, Object.keys(written).length ? written : undefined);
}
