// The request of an answer as something to run: a curl command, or Python with franca. Whatever was said in it is
// quoted so that it is only ever text. Keys are not in it: they come from the environment.
import { store } from '../data/store';
import type { Chat, Message } from '../model/types';
import { keys, otherServers } from '../prefs';
import { gateway } from '../state';
import { bodyFor } from './body';
import { asList, asObject, isObject, parsed, type Json } from './json';
import { placeOf } from './wire';

const LONG = 100_000; // characters: more does not fit into one argument of a command

/** Text as one word of a POSIX shell. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A value as Python writes it. */
export function python(value: unknown, indent = ''): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value).replaceAll('\x7f', '\\x7f');
  const list = Array.isArray(value);
  const inner = `${indent}    `;
  const parts = list
    ? value.map((one) => python(one, inner))
    : Object.entries(value).map(([name, one]) => `${python(name)}: ${python(one, inner)}`);
  const [left, right] = list ? '[]' : '{}';
  const short = left + parts.join(', ') + right;
  if (short.length < 80 && !short.includes('\n')) return short;
  return `${left}\n${parts.map((one) => `${inner}${one},\n`).join('')}${indent}${right}`;
}

/** What was sent; made anew where it is not kept whole. */
async function bodyOf(chat: Chat, answer: Message, history: readonly Message[]): Promise<Json> {
  const { request = '', model = '' } = answer;
  const kept = request.includes('…(') ? undefined : parsed(request);
  if (isObject(kept)) return kept;
  const from = await store();
  return bodyFor(chat, history, model, (id) => from.blob(id));
}

function curl(body: Json, server: string | undefined): string {
  const other = otherServers.peek().find(({ id }) => id === server);
  const text = JSON.stringify(body, null, 2);
  const head = (value: string) => `  -H ${value} \\\n`;
  return (
    `curl -N ${shellWord(placeOf('v1/chat/completions'))} \\\n` +
    head("'content-type: application/json'") +
    (needsKey('') ? head('"authorization: Bearer $FRANCA_KEY"') : '') +
    (other ? head(shellWord(`x-franca-base-url: ${other.url}`)) : '') +
    (other && needsKey(other.id) ? head('"x-franca-api-key: $SERVER_KEY"') : '') +
    (text.length < LONG ? `  -d ${shellWord(text)}\n` : `  --data-binary @- <<'THE_END'\n${text}\nTHE_END\n`)
  );
}

const needsKey = (server: string) => Boolean(keys.peek()[server]) || (!server && gateway.peek().keys);

const NAMED = new Set(
  (
    'temperature top_p max_tokens max_completion_tokens seed stop reasoning_effort tools tool_choice response_format ' +
    'frequency_penalty presence_penalty parallel_tool_calls'
  ).split(' '),
);

function script(body: Json, server: string | undefined): string {
  const other = otherServers.peek().find(({ id }) => id === server);
  const key = other ? 'SERVER_KEY' : 'FRANCA_KEY';
  const place = python(other ? other.url : placeOf('v1'));
  const auth = needsKey(other ? other.id : '') ? `, api_key="env:${key}"` : '';
  const { messages, model, stream: _stream, stream_options: _options, ...fields } = body;
  const format = asObject(fields.response_format);
  const schema = format.type === 'json_schema' ? asObject(format.json_schema).schema : undefined;
  if (schema) delete fields.response_format;
  const named = Object.entries(fields).filter(([name]) => NAMED.has(name));
  const extra = Object.fromEntries(Object.entries(fields).filter(([name]) => !NAMED.has(name)));
  const list = [
    python(asList(messages), '    '),
    ...(schema ? [python(schema, '    ')] : []),
    `model=${python(model)}`,
    ...named.map(([name, value]) => `${name}=${python(value, '    ')}`),
    ...(Object.keys(extra).length ? [`extra=${python(extra, '    ')}`] : []),
  ];
  const [name, call, said] = schema ? ['found', 'structured', 'value'] : ['chat', 'chat', 'content'];
  return (
    `import franca\n\nclient = franca.Client(${place}${auth})\n` +
    `${name} = client.${call}(\n${list.map((one) => `    ${one},\n`).join('')})\nprint(${name}.${said})\n`
  );
}

export async function codeFor(
  kind: 'curl' | 'python',
  chat: Chat,
  answer: Message,
  history: readonly Message[],
): Promise<string> {
  const body = await bodyOf(chat, answer, history);
  return kind === 'curl' ? curl(body, answer.server) : script(body, answer.server);
}
