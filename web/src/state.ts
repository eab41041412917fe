// What the page shows at the moment: signals that the parts read, and that only chat/, data/ and the panels write.
import { computed, signal, type Signal } from '@preact/signals';
import { defaults, lastModels } from './prefs';
import type { Chat, GatewaySettings, Message, Model } from './model/types';

/** Until the gateway has told its own. */
export const gateway = signal<GatewaySettings>({
  version: '',
  keys: false,
  status: false,
  replay: false,
  remote_images: false,
  servers: [],
  max_body: 32 * 1024 * 1024,
});

/** All conversations but for their messages; newest first, pinned ones above. */
export const chats = signal<readonly Chat[]>([]);
export const openId = signal<string>('');
/** The messages of the open conversation. Replaced as a whole when one is changed, added or taken away. */
export const messages = signal<ReadonlyMap<string, Message>>(new Map());

/** A conversation that nothing was said in yet; it is stored with its first message. */
export const blank = signal<Chat>(newChat());
export const chat = computed<Chat>(() => chats.value.find((one) => one.id === openId.value) ?? blank.value);

export function newChat(): Chat {
  const now = Date.now();
  return {
    id: crypto.randomUUID ? crypto.randomUUID() : newId(),
    title: '',
    created: now,
    updated: now,
    tags: [],
    models: lastModels.peek().slice(0, 4),
    system: '',
    params: { ...defaults.peek() },
    chosen: {},
  };
}

/** A random id. (crypto.randomUUID is not there on a page of plain http that is not localhost.) */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Models by server: "" is the gateway. */
export const models = signal<Readonly<Record<string, readonly Model[]>>>({});
/** Why the models of a server are not there. */
export const modelTrouble = signal<Readonly<Record<string, string>>>({});

/** An answer that is being written: where its text comes from while it grows. */
export interface Live {
  readonly id: string;
  readonly phase: Signal<'waiting' | 'reasoning' | 'writing'>;
  readonly text: string;
  readonly reasoning: string;
  /** Called with what was added; tools, images and problems come with the message itself (`messages`). */
  onText(hear: (added: string) => void): () => void;
  onReasoning(hear: (added: string) => void): () => void;
}
export const live = signal<ReadonlyMap<string, Live>>(new Map());
export const isRunning = computed(() => {
  for (const id of live.value.keys()) if (messages.value.has(id)) return true;
  return false;
});

/** Which dialog or drawer is open; `of` is the id of the message that it is about. */
export type Panel =
  { name: 'settings' | 'help' | 'models' | 'params' | 'shape' | 'share' | 'servers' } | { name: 'raw'; of: string };
export const panel = signal<Panel | null>(null);

/** A word at the bottom of the page that goes away by itself, perhaps with something to do about it. */
export interface Toast {
  text: string;
  bad?: boolean;
  action?: { label: string; run: () => void };
}
export const toast = signal<Toast | null>(null);

/** What a screen reader is told; only whole sentences are put here. */
export const said = signal('');

/** The message that is being edited in the composer. */
export const editing = signal<string>('');
/** Text that the composer should take over, once. */
export const handed = signal<string | null>(null);
