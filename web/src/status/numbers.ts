// Numbers, money and times as the person's language writes them. What nobody knows is a dash.
import { language } from './words';

const NONE = '–';
const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function kept<Format extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => Format): Format {
  const key = `${language.value} ${name}`;
  let found = made.get(key) as Format | undefined;
  if (!found) {
    if (made.size > 60) made.clear();
    made.set(key, (found = make()));
  }
  return found;
}

function written(value: number, options: Intl.NumberFormatOptions): string {
  const format = kept(JSON.stringify(options), () => new Intl.NumberFormat(language.value, options));
  return format.format(value);
}

function unit(value: number, name: string): string {
  return written(value, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: value < 10 ? 1 : 0 });
}

export const count = (value: number): string => written(value, { maximumFractionDigits: 0 });

/** A count in little room: 12K. */
export const compact = (value: number): string => written(value, { notation: 'compact', maximumFractionDigits: 2 });

/** A part of a whole; of nothing it is a dash. */
export const percent = (part: number, whole: number): string =>
  whole > 0 ? written(part / whole, { style: 'percent', maximumFractionDigits: 1 }) : NONE;

/** Dollars, small ones with two digits that say something. */
export function dollars(value: number | null): string {
  if (value === null) return NONE;
  const size = Math.abs(value);
  const digits: Intl.NumberFormatOptions =
    size === 0 || size >= 1
      ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
      : size >= 0.01
        ? { minimumFractionDigits: 2, maximumFractionDigits: 4 }
        : { maximumSignificantDigits: 2 };
  return money(value, digits);
}

function money(value: number, digits: Intl.NumberFormatOptions): string {
  return written(value, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', ...digits });
}

/** Dollars at an axis, all with as many digits as the step between them needs. */
export function dollarsBy(value: number, step: number): string {
  let digits = 0;
  while (digits < 9 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits += 1;
  if (digits === 1) digits = 2;
  return money(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** How long something took. */
export function duration(seconds: number | null): string {
  if (seconds === null) return NONE;
  return seconds < 1 ? unit(seconds * 1000, 'millisecond') : unit(seconds, 'second');
}

/** How long something has been: its two largest units. */
export function age(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'day'],
    [Math.floor((seconds % 86400) / 3600), 'hour'],
    [Math.floor((seconds % 3600) / 60), 'minute'],
    [Math.floor(Math.max(0, seconds) % 60), 'second'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  const shown = first < 0 ? parts.slice(3) : parts.slice(first, first + 2);
  return shown.map(([value, name]) => unit(value, name)).join(' ');
}

export const bytes = (value: number): string => unit(value / 1e6, 'megabyte');

function time(name: string, seconds: number, options: Intl.DateTimeFormatOptions): string {
  return kept(name, () => new Intl.DateTimeFormat(language.value, options)).format(seconds * 1000);
}

/** The time of day, here. */
export const clock = (seconds: number): string => time('clock', seconds, { timeStyle: 'medium' });

/** Date and time, here. */
export const moment = (seconds: number): string =>
  time('moment', seconds, { dateStyle: 'medium', timeStyle: 'medium' });

/** A day of UTC, written 2026-11-21; `long` with its weekday and year. */
export function day(text: string, long = false): string {
  const seconds = Date.parse(`${text}T00:00:00Z`) / 1000;
  if (!Number.isFinite(seconds)) return text;
  const date: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', timeZone: 'UTC' };
  return time(long ? 'long' : 'day', seconds, long ? { ...date, weekday: 'short', year: 'numeric' } : date);
}
