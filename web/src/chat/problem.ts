// What went wrong, in words for a person: from an error of the gateway or a server, a refusal of our own, the network.
import type { Problem } from '../model/types';
import { keys } from '../prefs';
import { gateway } from '../state';
import { t } from '../text';
import { asCount, asText, isObject, parsed } from './json';
import { TooLong } from './sse';

const MOST = 4000;

/** Thrown where a request is not even sent, or its answer not read on. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

/** Take every key that this page knows out of a text. */
export function mask(text: string): string {
  for (const key of Object.values(keys.peek())) if (key.length > 5) text = text.replaceAll(key, '***');
  return text;
}

/** The error of an answer or of an event, whatever its shape. */
export function errorOf(value: unknown, status?: number): Problem {
  const error = isObject(value) ? (value.error ?? value) : value;
  const { message, detail, code, type } = isObject(error) ? error : { message: error };
  const said = asText(message) || asText(detail) || (error ? JSON.stringify(error) : '');
  const number = asCount(code);
  const word = asText(code) || asText(type);
  return {
    message: mask(said.slice(0, MOST)) || t('chat.failed', { status: status ?? '' }),
    ...(word && { code: mask(word.slice(0, 100)) }),
    ...((status ?? number) && { status: status ?? number }),
  };
}

export async function readText(response: Response, most: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  if (!response.body) return text;
  const reader = response.body.getReader();
  for (let size = 0; ;) {
    const { value, done } = await reader.read();
    if (done) return text + decoder.decode();
    size += value.length;
    text += decoder.decode(value, { stream: true });
    if (size <= most) continue;
    void reader.cancel();
    return text;
  }
}

/** Why a request was refused: by the gateway, or by another server that the person added. */
export async function problemFrom(response: Response, server?: string): Promise<Problem> {
  const { status, headers } = response;
  const text = await readText(response, 64 * 1024).catch(() => '');
  const told = parsed(text);
  const problem = errorOf(told === undefined && !/^\s*</.test(text) ? text : told, status);
  // Else it is the operator's key that the server refused.
  if (status === 401 && (server || gateway.peek().keys)) {
    problem.message = `${problem.message.replace(/[.!]?\s*$/, '.')} ${t('chat.key_where')}`;
  }
  const after = headers.get('retry-after');
  const wait = after && (Number(after) || (Date.parse(after) - Date.now()) / 1000);
  if (wait && wait > 0) problem.retryAfter = Math.ceil(wait);
  return problem;
}

/** What was thrown, as a problem. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Refused) return thrown.problem;
  if (thrown instanceof TooLong) return { message: t('chat.too_long'), code: 'too_long' };
  if (thrown instanceof TypeError) return { message: t('chat.offline'), code: 'offline' };
  return { message: mask(thrown instanceof Error ? thrown.message : String(thrown)) };
}
