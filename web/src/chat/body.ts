// The body of a request, out of what was said so far.
import type { Chat, Message } from '../model/types';
import { t } from '../text';
import { isObject, parsed, type Json } from './json';
import { mask, Refused } from './problem';

export type BlobOf = (id: string) => Promise<Blob | undefined>;

const MOST_SHOWN = 256 * 1024;
const LONG = 1024;

/** Raises Refused where the person's own fields are no JSON. */
export async function bodyFor(
  chat: Pick<Chat, 'system' | 'params' | 'shape'>,
  history: readonly Message[],
  model: string,
  blobOf: BlobOf,
): Promise<Json> {
  const { extra, stop, ...params } = chat.params;
  const more = extra?.trim() ? parsed(extra) : {};
  if (!isObject(more)) throw new Refused({ message: t('chat.bad_extra'), code: 'bad_extra' });
  const messages: Json[] = chat.system.trim() ? [{ role: 'system', content: chat.system }] : [];
  for (const message of history) {
    if (message.role !== 'user') addAnswer(messages, message);
    else if (!message.attachments?.length) addSaid(messages, message.text);
    else {
      const { contentOf } = await import('./parts');
      addSaid(messages, await contentOf(message, blobOf));
    }
  }
  const body: Json = { model, messages, stream: true, stream_options: { include_usage: true }, ...params };
  if (!params.reasoning_effort) delete body.reasoning_effort;
  if (stop?.length) body.stop = stop;
  if (chat.shape) {
    const name = chat.shape.name.replace(/[^\w-]+/g, '_').slice(0, 64) || 'answer';
    body.response_format = { type: 'json_schema', json_schema: { name, schema: chat.shape.schema, strict: true } };
  }
  return { ...body, ...more, model, messages };
}

export type Content = string | Json[];

export const partsOf = (content: Content): Json[] =>
  typeof content === 'string' ? (content ? [{ type: 'text', text: content }] : []) : content;

/** Where an answer failed two questions follow each other. They go as one: some models want them to alternate. */
function addSaid(messages: Json[], content: Content): void {
  const last = messages.at(-1);
  if (last?.role !== 'user') messages.push({ role: 'user', content });
  else if (typeof last.content === 'string' && typeof content === 'string') last.content += `\n\n${content}`;
  else last.content = [...partsOf(last.content as Content), ...partsOf(content)];
}

function addAnswer(messages: Json[], { text, reasoning, tools }: Message): void {
  if (!tools?.length) {
    if (text) messages.push({ role: 'assistant', content: text });
    return;
  }
  messages.push({
    role: 'assistant',
    content: text || null,
    ...(reasoning && { reasoning_content: reasoning }), // some models want it back beside their calls
    tool_calls: tools.map((one) => ({
      id: one.id,
      type: 'function',
      function: { name: one.name, arguments: one.arguments },
    })),
  });
  for (const { id, result } of tools) {
    messages.push({ role: 'tool', tool_call_id: id, content: result ?? t('chat.no_result') });
  }
}

/** What is kept of a request to be shown: without the bytes of files, bounded, and without keys. */
export function shown(body: Json): string {
  const short = (_name: string, value: unknown) => {
    if (typeof value !== 'string' || value.length < LONG) return value;
    const found = /^(data:[^,]{0,200},)?[A-Za-z0-9+/=]+$/.exec(value);
    return found ? `${found[1] ?? ''}…(${Math.round((value.length * 3) / 4096)} KB)` : value;
  };
  return mask(JSON.stringify(body, short, 2)).slice(0, MOST_SHOWN);
}
