// Tabs of the same browser tell each other what they stored, so that all of them show the same.

export interface Change {
  chat: string;
  kind: 'chat' | 'messages' | 'gone';
  ids?: string[]; // of the messages, where they are few
}

export interface Tabs {
  tell(change: Change): void;
  /** What the others told, until the returned function is called. */
  hear(fn: (change: Change) => void): () => void;
  close(): void;
}

const KINDS = ['chat', 'messages', 'gone'];

export function openTabs(name = 'franca'): Tabs {
  const hearers = new Set<(change: Change) => void>();
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel(name);
  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<Change | null>) => {
      // An older or newer version of the page may stand in the other tab.
      if (!data || typeof data.chat !== 'string' || !KINDS.includes(data.kind)) return;
      for (const hearer of hearers) hearer(data);
    };
  }
  return {
    tell: (change) => channel?.postMessage(change),
    hear(fn) {
      hearers.add(fn);
      return () => void hearers.delete(fn);
    },
    close: () => channel?.close(),
  };
}

let ours: Tabs | undefined;
export const tabs = (): Tabs => (ours ??= openTabs());
export const tell = (change: Change): void => tabs().tell(change);
export const hear = (fn: (change: Change) => void): (() => void) => tabs().hear(fn);
