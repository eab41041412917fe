// In which order conversations and messages stand.
import type { Chat, Message } from '../model/types';

/** Pinned ones above, then the newest first. */
export function sorted(list: readonly Chat[]): Chat[] {
  return [...list].sort(
    (a, b) => Number(b.pinned ?? false) - Number(a.pinned ?? false) || b.updated - a.updated || (a.id < b.id ? -1 : 1),
  );
}

/** As they were made. */
export function byTime(list: Message[]): Message[] {
  return list.sort((a, b) => a.created - b.created || a.lane - b.lane || (a.id < b.id ? -1 : 1));
}
