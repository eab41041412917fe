// Files as the parts of a message: pictures, sound and documents in base64, texts as text.
import type { Attachment, Message } from '../model/types';
import { t } from '../text';
import { partsOf, type BlobOf, type Content } from './body';
import type { Json } from './json';

export async function contentOf({ text, attachments = [] }: Message, blobOf: BlobOf): Promise<Content> {
  const parts: Json[] = [];
  let words = text;
  for (const one of attachments) {
    const blob = await blobOf(one.id);
    if (!blob) words += `\n\n${t('chat.file_gone', { name: one.name })}`;
    else if (one.kind === 'text') words += `\n\n${fenced(one.name, await new Response(blob).text())}`;
    else parts.push(partOf(one, await base64Of(blob)));
  }
  words = words.trimStart();
  return parts.length ? [...partsOf(words), ...parts] : words;
}

function partOf({ kind, name, type }: Attachment, data: string): Json {
  const url = `data:${type};base64,${data}`;
  if (kind === 'image') return { type: 'image_url', image_url: { url } };
  if (kind === 'pdf') return { type: 'file', file: { filename: name, file_data: url } };
  return { type: 'input_audio', input_audio: { data, format: /mpeg|mp3/.test(type) ? 'mp3' : 'wav' } };
}

/** A file's text under its name, in a fence that nothing in it can close. */
export function fenced(name: string, text: string): string {
  let fence = '```';
  while (text.includes(fence)) fence += '`';
  return `${name.replace(/[\r\n`]+/g, ' ')}\n${fence}\n${text}${text.endsWith('\n') ? '' : '\n'}${fence}`;
}

const PIECE = 3 * 8192; // a multiple of three, so that the pieces join; small enough for the stack

export async function base64Of(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await new Response(blob).arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) {
    text += btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE)));
  }
  return text;
}
