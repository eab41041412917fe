// Clearing away what an earlier page left: conversations whose deletion was not taken back, and blobs that nothing
// refers to.
import type { BrowserStore } from './browser';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export async function sweep(kept: BrowserStore): Promise<void> {
  const now = Date.now();
  for (const { id, hidden } of await kept.chatRows()) {
    // That of the last minute may be taken back in another tab.
    if (hidden && hidden < now - MINUTE) await kept.deleteChat(id);
  }
  if (!(await kept.read((db) => db.count('blobs')))) return;
  await kept.write(['messages', 'blobs'], async (tx) => {
    const [messages, blobs] = [tx.objectStore('messages'), tx.objectStore('blobs')];
    // A fresh one may be waiting for its message, or for a deletion to be taken back.
    for (const id of await blobs.index('at').getAllKeys(IDBKeyRange.upperBound(now - HOUR))) {
      if (!(await messages.index('files').count(id))) await blobs.delete(id);
    }
  });
}
