// Bytes as data: URLs and back, and which kinds of files are taken at all.
import type { Attachment } from '../model/types';

const IMAGES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'];
const SOUNDS = ['wav', 'x-wav', 'wave', 'mpeg', 'mp3', 'ogg', 'webm', 'mp4', 'aac', 'flac', 'x-m4a', 'x-flac'];
const PIECE = 0x8000;

/** What the bytes of an attachment are served as: never anything that a browser would run. */
export function safeType(kind: Attachment['kind'], type: string): string | null {
  if (kind === 'text') return 'text/plain';
  const plain = type.toLowerCase().split(';')[0]?.trim() ?? '';
  if (kind === 'pdf') return plain === 'application/pdf' ? plain : null;
  if (kind === 'image') return IMAGES.includes(plain) ? plain : null;
  return SOUNDS.includes(plain.replace(/^audio\//, '')) && plain.startsWith('audio/') ? plain : null;
}

export async function toDataUrl(data: Blob): Promise<string> {
  const bytes = new Uint8Array(await data.arrayBuffer());
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return `data:${data.type || 'application/octet-stream'};base64,${btoa(text)}`;
}

/** The type and the base64 text of a data: URL. */
export function splitDataUrl(url: string): { type: string; text: string } | null {
  const comma = url.slice(0, 300).indexOf(',');
  const head = /^data:([\w.+-]{1,60}\/[\w.+-]{1,100})(?:;[\w=." -]{1,100})*;base64$/i.exec(url.slice(0, comma));
  return head?.[1] ? { type: head[1].toLowerCase(), text: url.slice(comma + 1) } : null;
}

export function isImageUrl(url: string): boolean {
  const parts = splitDataUrl(url);
  return parts !== null && safeType('image', parts.type) !== null && /^[A-Za-z0-9+/]+={0,2}$/.test(parts.text);
}

/** The bytes of a data: URL; null where it is none, or not of this kind. */
export function fromDataUrl(url: string, kind: Attachment['kind']): Blob | null {
  const parts = splitDataUrl(url);
  const type = parts && safeType(kind, parts.type);
  if (!parts || !type) return null;
  try {
    const text = atob(parts.text);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return new Blob([bytes], { type });
  } catch {
    return null;
  }
}
