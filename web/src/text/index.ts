// The words of the page: English is always there, another language is loaded when it is wanted. A word that a language
// lacks is shown in English. What only panels and late parts say stands in files of its own (AREA_late.json), which are
// loaded with the first of them.
import { signal } from '@preact/signals';

type Words = Record<string, string>;

export const LANGUAGES = { en: 'English', de: 'Deutsch', tr: 'Türkçe', zh: '中文' } as const;
export type Language = keyof typeof LANGUAGES;

const english: Words = Object.assign(
  {},
  ...Object.values(
    import.meta.glob<Words>(['./en/*.json', '!./en/*_late.json', '!./en/status.json'], {
      eager: true,
      import: 'default',
    }),
  ),
);
const others: Partial<Record<Language, () => Promise<{ words: Words }>>> = {
  de: () => import('./de'),
  tr: () => import('./tr'),
  zh: () => import('./zh'),
};

const words = signal<Words>(english);
export const language = signal<Language>('en');

/** Take in the English words of a part that is loaded late. */
export function learn(more: Words): void {
  Object.assign(english, more);
}

let late: Promise<void> | undefined;

/** The words of the parts that are loaded late. */
export function moreWords(): Promise<void> {
  late ??= import('./en').then(
    (more) => learn(more.words),
    (error) => {
      late = undefined; // the next part tries again
      throw error;
    },
  );
  return late;
}

/** The words of a key in the language of the person, `{name}` replaced by `values.name`. */
export function t(key: string, values?: Record<string, string | number>): string {
  const found = words.value[key] ?? english[key] ?? key;
  return values ? found.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole)) : found;
}

/** The best language for what a browser prefers. */
export function languageFor(wanted: readonly string[]): Language {
  for (const one of wanted) {
    const short = one.slice(0, 2).toLowerCase();
    if (short in LANGUAGES) return short as Language;
  }
  return 'en';
}

/** Speak this language from now on. One whose words cannot be had leaves English. */
export async function speak(wanted: Language): Promise<void> {
  let found = english;
  try {
    found = (await others[wanted]?.())?.words ?? english;
  } catch {
    wanted = 'en';
  }
  words.value = found;
  language.value = wanted;
  document.documentElement.lang = wanted;
}

const formats = new Map<string, Intl.NumberFormat>();

/** A number as the language writes it. */
export function number(value: number, options: Intl.NumberFormatOptions = {}): string {
  const key = language.value + JSON.stringify(options);
  let format = formats.get(key);
  if (!format) {
    if (formats.size > 50) formats.clear();
    formats.set(key, (format = new Intl.NumberFormat(language.value, options)));
  }
  return format.format(value);
}
