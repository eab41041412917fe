// Where the gateway is, and what every request to it carries. Addresses are relative to the page.
import { browser, keys, otherServers } from '../prefs';
import { t } from '../text';
import { Refused } from './problem';

/** Beside the page, wherever it is mounted. */
export const placeOf = (path: string): string => new URL(path, document.baseURI).href;

function keyOf(server: string): string {
  const key = keys.peek()[server]?.trim() ?? '';
  if (/[^\x21-\x7e]/.test(key)) throw new Refused({ message: t('chat.key_bad'), code: 'bad_key' });
  return key;
}

/** Who asks, and for which server ("" is the gateway's own). Raises Refused. */
export function headersFor(server = ''): Record<string, string> {
  const headers: Record<string, string> = { 'x-franca-browser': browser };
  const key = keyOf('');
  if (key) headers.authorization = `Bearer ${key}`;
  if (server) {
    const other = otherServers.peek().find(({ id }) => id === server);
    if (!other) throw new Refused({ message: t('chat.server_gone'), code: 'no_server' });
    headers['x-franca-base-url'] = other.url;
    const own = keyOf(server);
    if (own) headers['x-franca-api-key'] = own;
  }
  return headers;
}

export function post(path: string, body: string, server?: string, signal?: AbortSignal): Promise<Response> {
  const headers = { ...headersFor(server), 'content-type': 'application/json', 'x-franca-keep': '1' };
  return fetch(placeOf(path), { method: 'POST', headers, body, signal: signal ?? null });
}

const answerAt = (id: string) => placeOf(`page/api/answers/${encodeURIComponent(id)}`);

/** The answer that the gateway keeps, from its first byte on. */
export async function fetchAnswer(id: string, signal: AbortSignal): Promise<Response> {
  return fetch(answerAt(id), { headers: headersFor(), signal });
}

/** The answer is not wanted any more. */
export async function dropAnswer(id: string): Promise<void> {
  await fetch(answerAt(id), { method: 'DELETE', headers: headersFor(), keepalive: true }).catch(() => undefined);
}
