// The bytes of files that go with unsent messages, so that a reload does not lose them: a small store of their own,
// from which everything older than three days goes away.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { store } from '../data/store';
import type { Attachment } from '../model/types';
import type { Held } from './draft';

interface Kept extends DBSchema {
  files: { key: string; value: { id: string; data: Blob; at: number } };
}

const MOST_BYTES = 200 * 1024 * 1024;
const OLDEST = 3 * 24 * 3600 * 1000;
const ours = new Set<string>(); // ids that this tab wrote
let base: Promise<IDBPDatabase<Kept>> | undefined;

function open(): Promise<IDBPDatabase<Kept>> {
  base ??= openDB<Kept>('franca-drafts', 1, {
    upgrade: (made) => void made.createObjectStore('files', { keyPath: 'id' }),
  }).then(async (made) => {
    for (let at = await made.transaction('files', 'readwrite').store.openCursor(); at; at = await at.continue()) {
      if (Date.now() - at.value.at > OLDEST) void at.delete();
    }
    return made;
  });
  return base;
}

/** Keep these, and no longer what this tab kept before. A browser that refuses keeps nothing. */
export async function keepFiles(all: readonly Held[]): Promise<void> {
  try {
    const made = await open();
    let room = MOST_BYTES;
    const wanted = new Set(all.map((one) => one.attachment.id));
    for (const id of [...ours]) if (!wanted.has(id) && ours.delete(id)) await made.delete('files', id);
    for (const { attachment, data } of all) {
      room -= data.size;
      if (ours.has(attachment.id) || room < 0) continue;
      ours.add(attachment.id);
      await made.put('files', { id: attachment.id, data, at: Date.now() });
    }
  } catch {
    // then they last as long as the page
  }
}

const KINDS = ['image', 'audio', 'pdf', 'text'];

function isAttachment(value: unknown): value is Attachment {
  if (typeof value !== 'object' || value === null) return false;
  const { id, kind, name, type, size } = value as Record<string, unknown>;
  return [id, name, type].every((one) => typeof one === 'string') && KINDS.includes(String(kind)) && Number(size) >= 0;
}

/** The files of a draft that was written down. What is not there any more is left out. */
export async function filesOf(list: readonly unknown[]): Promise<Held[]> {
  const made = await open();
  const found: Held[] = [];
  for (const attachment of list.filter(isAttachment).slice(0, 10)) {
    const data = (await made.get('files', attachment.id))?.data;
    if (!data) continue;
    ours.add(attachment.id);
    found.push({ attachment, data });
  }
  return found;
}

/** The files of a message that was sent; `lost` are the names of those that the store no longer has. */
export async function filesOfMessage(list: readonly Attachment[]): Promise<{ held: Held[]; lost: string[] }> {
  const from = await store();
  const held: Held[] = [];
  const lost: string[] = [];
  for (const attachment of list) {
    const data = await from.blob(attachment.id);
    if (data) held.push({ attachment, data });
    else lost.push(attachment.name);
  }
  return { held, lost };
}
