// What a person writes into the fields of the parameters, as values that can be sent, or with what is wrong about it.
import type { Params } from '../model/types';
import { readJson, type Wrong } from './json';

export const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;
export const RANGES = {
  temperature: { min: 0, max: 2, whole: false },
  top_p: { min: 0, max: 1, whole: false },
  max_tokens: { min: 1, max: 10_000_000, whole: true },
  seed: { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, whole: true },
} as const;
export type NumberField = keyof typeof RANGES;
export const NUMBERS = Object.keys(RANGES) as NumberField[];
const MOST_STOPS = 16;
const MOST_EXTRA = 200_000; // characters

/** Fields of a request that the page fills itself: nobody else may, or it would not show what it sent. */
const OWN = ['model', 'messages', 'stream', 'stream_options', 'n', ...NUMBERS, 'stop', 'reasoning_effort'];

/** The fields as texts, just as they stand in the form. */
export type Texts = Record<NumberField | 'stop' | 'reasoning_effort' | 'extra', string>;
/** What is wrong: a key of the texts and what it speaks of. */
export type Fault = { key: string; values?: Record<string, string | number> };

export function textsOf(params: Params): Texts {
  const word = (value: number | undefined) => (value === undefined ? '' : String(value));
  return {
    temperature: word(params.temperature),
    top_p: word(params.top_p),
    max_tokens: word(params.max_tokens),
    seed: word(params.seed),
    stop: writeStops(params.stop ?? []),
    reasoning_effort: params.reasoning_effort ?? '',
    extra: params.extra ?? '',
  };
}

export function readNumber(field: NumberField, text: string): number | Fault | undefined {
  const clean = text.trim().replace(/^([+-]?\d*),(\d+)$/, '$1.$2'); // as many languages write it
  if (!clean) return undefined;
  const { min, max, whole } = RANGES[field];
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(clean) ? Number(clean) : NaN;
  if (Number.isNaN(value)) return { key: 'composer.no_number' };
  if (whole && !Number.isInteger(value)) return { key: 'composer.no_whole' };
  if (value < min || value > max) return { key: 'composer.out_of_range', values: { min, max } };
  return value;
}

const MARKS: Record<string, string> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

/** One a line; \n, \r, \t and \\ in a line stand for what cannot be written in one. */
export function readStops(text: string): string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return [...new Set(lines.map((line) => line.replace(/\\([nrt\\])/g, (_all, sign: string) => MARKS[sign] ?? '')))];
}

export function writeStops(stops: readonly string[]): string {
  const mark = (sign: string) => `\\${Object.keys(MARKS).find((one) => MARKS[one] === sign)}`;
  return stops.map((stop) => stop.replace(/[\n\r\t\\]/g, mark)).join('\n');
}

export function faultOf({ line, column, sign }: Wrong): Fault {
  return { key: sign ? 'composer.json_wrong' : 'composer.json_ends', values: { line, column, sign } };
}

/** What is wrong with the further fields of a request; undefined: nothing. */
export function extraFault(text: string): Fault | undefined {
  if (!text.trim()) return undefined;
  if (text.length > MOST_EXTRA) return { key: 'composer.too_long' };
  const { value, wrong } = readJson(text);
  if (wrong) return faultOf(wrong);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { key: 'composer.no_object' };
  const name = Object.keys(value).find((one) => OWN.includes(one) || one === '__proto__');
  return name === undefined ? undefined : { key: 'composer.own_field', values: { name } };
}

/** The form as parameters. A field with a fault is left out: what is wrong is never sent. */
export function readTexts(texts: Texts): { params: Params; faults: Partial<Record<keyof Texts, Fault>> } {
  const params: Params = {};
  const faults: Partial<Record<keyof Texts, Fault>> = {};
  for (const field of NUMBERS) {
    const found = readNumber(field, texts[field]);
    if (typeof found === 'object') faults[field] = found;
    else if (found !== undefined) params[field] = found;
  }
  const stop = readStops(texts.stop);
  if (stop.length > MOST_STOPS) faults.stop = { key: 'composer.too_many_stops', values: { most: MOST_STOPS } };
  else if (stop.length) params.stop = stop;
  if (EFFORTS.some((one) => one === texts.reasoning_effort)) params.reasoning_effort = texts.reasoning_effort;
  const fault = extraFault(texts.extra);
  if (fault) faults.extra = fault;
  else if (texts.extra.trim()) params.extra = texts.extra;
  return { params, faults };
}
