// Seconds that are counted while something goes on.
import { useEffect, useState } from 'preact/hooks';

const seen = new WeakMap<object, number>();

/** When this was first asked about, in ms since 1970: the beginning of what has no time of its own. */
export function firstSeen(what: object): number {
  const found = seen.get(what) ?? Date.now();
  seen.set(what, found);
  return found;
}

/** Whole seconds since then, shown anew once a second; 0 and still without a beginning. */
export function useSeconds(since: number | undefined): number {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (since === undefined) return;
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, [since]);
  return since === undefined ? 0 : Math.max(0, Math.floor((Date.now() - since) / 1000));
}
