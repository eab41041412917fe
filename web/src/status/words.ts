// The words of the status page: English is always there, another language is loaded when it is wanted. It has an entry
// of its own, so that the words of the chat are not loaded for it.
import { signal } from '@preact/signals';
import english from '../text/en/status.json';

export type Word = keyof typeof english;
type Words = Record<string, string>;

const others: Record<string, () => Promise<{ default: Words }>> = {
  de: () => import('../text/de/status.json'),
  tr: () => import('../text/tr/status.json'),
  zh: () => import('../text/zh/status.json'),
};

const words = signal<Words>(english);
export const language = signal('en');

/** The words of a key in the language of the person, `{name}` replaced by `values.name`. */
export function t(key: Word, values: Record<string, string | number> = {}): string {
  const found = words.value[key] ?? english[key];
  return found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The first language of these that there are words for. */
export function languageOf(wanted: readonly (string | null | undefined)[]): string {
  const short = wanted.map((one) => (one ?? '').slice(0, 2).toLowerCase());
  return short.find((one) => one === 'en' || Object.hasOwn(others, one)) ?? 'en';
}

/** Speak this language from now on; English where its words cannot be had. */
export async function speak(wanted: string): Promise<void> {
  let found: Words = english;
  try {
    if (Object.hasOwn(others, wanted)) found = (await others[wanted]?.())?.default ?? english;
  } catch {
    wanted = 'en';
  }
  words.value = found;
  language.value = wanted;
  document.documentElement.lang = wanted;
  document.title = t('status.title');
}
