// Finding words in conversations whatever their case and accents are.
import type { Chat, Message } from '../model/types';

export interface Found {
  chat: string;
  message?: string; // absent: the hit is in the title or a tag
  excerpt: string;
  at: number; // where the hit begins in the excerpt
  length: number;
}

const MOST_TEXT = 400_000; // of one message that is looked through
const AROUND = 40; // characters before the hit

/** Letters without case and accents; the dotted and the dotless i are one, and so are both small sigmas, ß and ss. */
export function fold(text: string): string {
  const plain = /[^\0-\x7f]/.test(text) ? text.normalize('NFD').replace(/\p{M}+/gu, '') : text;
  return plain.toLowerCase().replace(/[ıſςß\u0307]/g, (sign) => ({ ı: 'i', ſ: 's', ς: 'σ', ß: 'ss' })[sign] ?? '');
}

/** Where in `text` its folded form reaches `wanted` characters. */
function place(text: string, wanted: number): number {
  let folded = 0;
  let at = 0;
  for (const sign of text) {
    const size = fold(sign).length;
    if (folded + size > wanted) break;
    folded += size;
    at += sign.length;
  }
  return at;
}

/** The part of `text` around the first place that has `folded` in it. */
export function excerptOf(text: string, folded: string): Pick<Found, 'excerpt' | 'at' | 'length'> | null {
  if (text.length > MOST_TEXT) text = text.slice(0, MOST_TEXT);
  const hit = fold(text).indexOf(folded);
  if (hit < 0) return null;
  const begin = place(text, hit);
  const end = Math.max(place(text, hit + folded.length), begin + 1);
  let from = Math.max(0, begin - AROUND);
  if (from) from = Math.min(begin, text.indexOf(' ', from) + 1 || begin);
  if (from > begin) from = begin;
  const tidy = (part: string) => part.replace(/\s+/g, ' ');
  const before = (from ? '…' : '') + tidy(text.slice(from, begin));
  const inside = tidy(text.slice(begin, end));
  const to = end + 80;
  return {
    excerpt: before + inside + tidy(text.slice(end, to)) + (to < text.length ? '…' : ''),
    at: before.length,
    length: inside.length,
  };
}

function inName(chat: Chat, folded: string): Found | null {
  for (const name of [chat.title, ...chat.tags]) {
    const part = excerptOf(name, folded);
    if (part) return { chat: chat.id, ...part };
  }
  return null;
}

function inMessages(chat: Chat, list: readonly Message[], folded: string): Found | null {
  for (const message of list) {
    const part = excerptOf(message.text, folded);
    if (part) return { chat: chat.id, message: message.id, ...part };
  }
  return null;
}

/** One hit for each conversation, in the order of `chats`. */
export async function searchIn(
  chats: readonly Chat[],
  messagesOf: (chat: string) => Promise<Message[]>,
  text: string,
  most: number,
  signal: AbortSignal,
): Promise<Found[]> {
  const folded = fold(text.trim().slice(0, 200));
  const found: Found[] = [];
  if (!folded) return found;
  for (const chat of chats) {
    if (signal.aborted || found.length >= most) break;
    const hit = inName(chat, folded) ?? inMessages(chat, await messagesOf(chat.id), folded);
    if (hit) found.push(hit);
  }
  return signal.aborted ? [] : found;
}
