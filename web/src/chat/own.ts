// One tab at most reads an answer. It holds a lock while it does; the next that wants it waits until that is free.

/** Do the work when no other tab does it. `fresh`: nobody else can know of it yet. */
export async function own(id: string, fresh: boolean, work: () => Promise<void>): Promise<void> {
  let done: Promise<void> | undefined;
  const once = () => (done ??= work());
  if (fresh) void once();
  const locks = globalThis.navigator?.locks;
  try {
    // There are none on a page of plain http that is not localhost.
    if (locks) await locks.request(`franca.${id}`, once);
    else await (await import('./beat')).ownByTime(id, fresh, once);
  } catch {
    // what forbids locks, or a part that could not be loaded, must not forbid answers
  }
  await once();
}
