// Conversations as JSON that this page can read again, anywhere. Keys are never part of a conversation; what the
// gateway was asked and said word for word is only written when that is wanted.
import type { Chat, Message } from '../model/types';
import { toDataUrl } from './bytes';

export const FORMAT = 'franca-chats';

/** A conversation with all that belongs to it. */
export interface Whole {
  chat: Chat;
  messages: readonly Message[];
  blobs: ReadonlyMap<string, Blob>;
}

/** A file stays below what an import takes. */
export const MOST_BYTES = 45 * 1024 * 1024;

function plainMessage(message: Message, raw: boolean): Partial<Message> {
  const { chat: _chat, answer: _answer, request, response, ...rest } = message;
  if (rest.status === 'running') rest.status = 'cut';
  return raw ? { ...rest, request, response } : rest;
}

/** One conversation as text, and how many attachments found no room in it. */
async function pieceOf({ chat, messages, blobs }: Whole, raw: boolean, most: number): Promise<[string, number]> {
  const said = messages.map((message) => plainMessage(message, raw));
  let room = most - JSON.stringify(said).length;
  let left = 0;
  const files: [string, string][] = [];
  for (const [id, data] of blobs) {
    room -= data.size * 1.34 + 200;
    if (room < 0) left++;
    else files.push([id, await toDataUrl(data)]);
  }
  return [JSON.stringify({ ...chat, messages: said, files: Object.fromEntries(files) }), left];
}

/** As many files as are needed so that each can be imported again. */
export async function toJson(
  all: AsyncIterable<Whole> | Iterable<Whole>,
  raw = false,
  most = MOST_BYTES,
): Promise<{ files: Blob[]; left: number }> {
  const files: Blob[] = [];
  let pieces: Blob[] = [];
  let size = 0;
  let left = 0;
  const end = () => {
    const head = `{"format":"${FORMAT}","version":1,"chats":[`;
    const parts = pieces.flatMap((piece, at) => (at ? [',\n', piece] : ['\n', piece]));
    files.push(new Blob([head, ...parts, '\n]}\n'], { type: 'application/json' }));
    pieces = [];
    size = 0;
  };
  for await (const one of all) {
    const [text, without] = await pieceOf(one, raw, most);
    const piece = new Blob([text]);
    if (pieces.length && size + piece.size > most) end();
    pieces.push(piece);
    size += piece.size;
    left += without;
  }
  if (pieces.length || !files.length) end();
  return { files, left };
}
