// The database: what its rows look like, and how it is opened and brought up to date.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Chat, Message } from '../model/types';

/** A deleted conversation stays hidden for a while, so that the deletion can be taken back. */
export type ChatRow = Chat & { hidden?: number };
/** `files` are the ids of its attachments, for the index that tells whether a blob is still referred to. */
export type MessageRow = Message & { files?: string[] };
export interface BlobRow {
  id: string;
  data: Blob;
  at: number;
}

export interface Tables extends DBSchema {
  chats: { key: string; value: ChatRow; indexes: { updated: number } };
  messages: { key: string; value: MessageRow; indexes: { chat: string; status: string; files: string } };
  blobs: { key: string; value: BlobRow; indexes: { at: number } };
}
export type Database = IDBPDatabase<Tables>;

const VERSION = 1;

interface Hearers {
  blocked(): void;
  old(): void;
  lost(): void;
}

/** Fails where the browser forbids storage. A newer page in another tab makes this one close its connection. */
export async function openDatabase(name: string, hearers: Hearers, version = VERSION): Promise<Database> {
  const db: Database = await openDB<Tables>(name, version, {
    upgrade(made, from) {
      if (from < 1) {
        made.createObjectStore('chats', { keyPath: 'id' }).createIndex('updated', 'updated');
        const messages = made.createObjectStore('messages', { keyPath: 'id' });
        messages.createIndex('chat', 'chat');
        messages.createIndex('status', 'status');
        messages.createIndex('files', 'files', { multiEntry: true });
        made.createObjectStore('blobs', { keyPath: 'id' }).createIndex('at', 'at');
      }
    },
    blocked: hearers.blocked,
    blocking(_current, _wanted, event) {
      (event.target as IDBDatabase).close();
      hearers.old();
    },
    terminated: hearers.lost,
  });
  return db;
}

export function toRow(message: Message): MessageRow {
  return message.attachments?.length ? { ...message, files: message.attachments.map(({ id }) => id) } : message;
}

export function fromRow(row: MessageRow): Message {
  if (!row.files) return row;
  const { files: _files, ...message } = row;
  return message;
}
