// Owning an answer where the browser has no locks: the tab that reads it writes down the time again and again.

const EVERY = 2000; // ms
const STALE = 90_000; // a tab in the background is given its timers only once a minute

export async function ownByTime(id: string, fresh: boolean, work: () => Promise<void>): Promise<void> {
  const name = `franca.beat.${id}`;
  const age = () => {
    const at = Date.now() - Number(localStorage.getItem(name) ?? 0);
    return at < 0 ? STALE : at;
  };
  while (!fresh && age() < STALE) await new Promise((resolve) => setTimeout(resolve, EVERY));
  const beat = () => localStorage.setItem(name, String(Date.now()));
  const leave = () => localStorage.removeItem(name);
  beat();
  const timer = setInterval(beat, EVERY);
  addEventListener('pagehide', leave);
  try {
    await work();
  } finally {
    clearInterval(timer);
    removeEventListener('pagehide', leave);
    leave();
  }
}
