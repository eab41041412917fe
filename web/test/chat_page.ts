// The page's state for a test: a clean database, a gateway on a real socket, one conversation.
import 'fake-indexeddb/auto';
import { Blob as NodeBlob } from 'node:buffer';
import { effect } from '@preact/signals';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { runs, timing } from '../src/chat/run';
import { startChat, stop } from '../src/chat/actions';
import { store } from '../src/data/store';
import type { Attachment, Draft, Message } from '../src/model/types';
import { favourites, keys, lastModels, recents } from '../src/prefs';
import { blank, chats, gateway, live, messages, models, modelTrouble, newChat, toast } from '../src/state';
import { startGateway, type Gateway } from './chat_server';

declare const jsdom: { reconfigure(options: { url: string }): void };

export let server: Gateway;

export function usePage(): void {
  beforeAll(async () => {
    globalThis.Blob = NodeBlob as typeof Blob; // jsdom's own cannot be stored or sent
    server = await startGateway();
    jsdom.reconfigure({ url: server.url });
    timing.pauses = [1, 2, 3];
    timing.store = 5;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.asked.length = 0;
    clear();
  });
  afterEach(async () => {
    stop();
    for (const run of runs.values()) run.abort.abort();
    await until(() => !runs.size);
  });
}

function clear(): void {
  favourites.value = recents.value = lastModels.value = [];
  keys.value = {};
  models.value = {};
  modelTrouble.value = {};
  toast.value = null;
  chats.value = [];
  live.value = new Map();
  gateway.value = { ...gateway.value, max_body: 32 * 1024 * 1024 };
  startChat();
  blank.value = { ...newChat(), models: ['m'] };
}

/** Wait until something holds of the signals that it reads, or (asked again and again) of anything else. */
export function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      let yes = false;
      effect(() => void (yes = holds()))();
      if (yes) resolve();
      else setTimeout(look, 1);
    };
    look();
  });
}

export const all = (): Message[] => [...messages.value.values()];
export const answers = (): Message[] => all().filter((one) => one.role === 'assistant');
export function answer(at = -1): Message {
  const found = answers().at(at);
  if (!found) throw new Error('there is no answer');
  return found;
}
export const draft = (text: string, files: Draft['files'] = []): Draft => ({ text, files });
export const settled = (): Promise<void> => until(() => !runs.size && !live.value.size);
export const stored = async (id: string): Promise<Message | undefined> => (await store()).message(id);
export const bytes = (data: string | Uint8Array, type: string): Blob => new NodeBlob([data], { type }) as Blob;
export const file = (id: string, kind: Attachment['kind'], name: string, type: string, data: string | Uint8Array) => ({
  attachment: { id, kind, name, type, size: data.length } satisfies Attachment,
  data: bytes(data, type),
});
