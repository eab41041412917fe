// The state of the status page: the key in memory, what was told last, and when it is asked again.
import { signal } from '@preact/signals';
import { t } from './words';
import type { Report } from './usage';
import type { Status } from './told';

const STATUS_EVERY = 5_000;
const USAGE_EVERY = 60_000;
const PATIENCE = 20_000;

export interface Usage {
  days: number;
  /** By day, server and model. */
  lines: Report;
  /** By key. */
  keys: Report;
}

export interface Trouble {
  /** Unix seconds of the first time that it did not work. */
  since: number;
  words: string;
  /** Whether nobody answered at all. */
  gone: boolean;
}

export const inside = signal(false);
export const asking = signal(false);
export const wrong = signal('');
export const status = signal<Status | null>(null);
export const trouble = signal<Trouble | null>(null);
export const usage = signal<Usage | null>(null);
export const usageTrouble = signal('');
export const usageAsked = signal(false);
export const paused = signal(false);
export const range = signal(30);

let key = ''; // in this variable and nowhere else
let turn = 0; // counts the keys, so that no late answer to an earlier one is shown
let statusTurn = 0;
let usageTurn = 0;
let statusTimer: ReturnType<typeof setTimeout> | undefined;
let usageTimer: ReturnType<typeof setTimeout> | undefined;
let usageDue = 0;

class Refused extends Error {
  constructor(
    readonly code: number,
    words: string,
  ) {
    super(words);
  }
}

async function get(path: string): Promise<Response> {
  const reply = await fetch(`admin/v1/${path}`, {
    headers: { authorization: `Bearer ${key}` },
    cache: 'no-store',
    credentials: 'same-origin',
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (reply.ok) return reply;
  let words = t('status.answered', { status: reply.status });
  try {
    const said: unknown = ((await reply.json()) as { error?: { message?: unknown } }).error?.message;
    if (typeof said === 'string') words = said;
  } catch {
    // no JSON: the status must do
  }
  throw new Refused(reply.status, words);
}

const isForbidden = (error: unknown): error is Refused =>
  error instanceof Refused && [401, 403, 404].includes(error.code);

/** Try a key: it is kept while the gateway takes it. */
export async function enter(secret: string): Promise<void> {
  leave();
  if (/[^!-~]/.test(secret)) return leave(t('status.wrong')); // no header can carry it
  key = secret;
  asking.value = true;
  await askStatus();
  asking.value = false;
  if (inside.value) await askUsage();
}

/** Forget the key and all that it told. */
export function leave(words = ''): void {
  clearTimeout(statusTimer);
  clearTimeout(usageTimer);
  turn += 1;
  key = '';
  inside.value = paused.value = usageAsked.value = false;
  status.value = usage.value = trouble.value = null;
  usageTrouble.value = '';
  wrong.value = words;
}

export async function askStatus(): Promise<void> {
  clearTimeout(statusTimer);
  const own = turn;
  const asked = (statusTurn += 1);
  try {
    const found = (await (await get('status')).json()) as Status;
    if (own !== turn || asked !== statusTurn) return;
    status.value = found;
    trouble.value = null;
    wrong.value = '';
    inside.value = true;
  } catch (error) {
    if (own !== turn || asked !== statusTurn) return;
    if (isForbidden(error)) return leave(error.code === 404 ? error.message : t('status.wrong'));
    const gone = !(error instanceof Refused);
    const words = gone ? t('status.silent') : error.message;
    if (!inside.value) return leave(words);
    trouble.value = { since: trouble.value?.since ?? Date.now() / 1000, words, gone };
  }
  plan();
}

export async function askUsage(): Promise<void> {
  clearTimeout(usageTimer);
  const own = turn;
  const asked = (usageTurn += 1);
  const days = range.value;
  usageAsked.value = true;
  usageDue = Date.now() + USAGE_EVERY;
  try {
    const from = `from=${days - 1}d`;
    const found = await Promise.all([get(`usage?by=day,server,model&${from}`), get(`usage?by=key&${from}`)]);
    const [lines, keys] = (await Promise.all(found.map((reply) => reply.json()))) as [Report, Report];
    if (own !== turn || asked !== usageTurn) return;
    usage.value = { days, lines, keys };
    usageTrouble.value = '';
  } catch (error) {
    if (own !== turn || asked !== usageTurn) return;
    usageTrouble.value = error instanceof Refused ? error.message : t('status.silent');
  }
  usageAsked.value = false;
  plan();
}

/** Ask again later, while somebody looks. */
function plan(): void {
  clearTimeout(statusTimer);
  clearTimeout(usageTimer);
  if (!inside.value || paused.value || document.hidden) return;
  statusTimer = setTimeout(askStatus, STATUS_EVERY);
  usageTimer = setTimeout(askUsage, Math.max(0, usageDue - Date.now()));
}

export function setRange(days: number): void {
  range.value = days;
  void askUsage();
}

export function setPaused(now: boolean): void {
  paused.value = now;
  if (now) plan();
  else void askStatus();
}

/** Ask for everything now. */
export function refresh(): void {
  void askStatus();
  void askUsage();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden || paused.value || !inside.value) plan();
  else void askStatus();
});

/** Offer the usage that is shown as a file of CSV. */
export async function saveUsage(): Promise<void> {
  const own = turn;
  try {
    const days = range.value;
    const reply = await get(`usage?by=day,key,server,model&from=${days - 1}d&format=csv`);
    const address = URL.createObjectURL(await reply.blob());
    if (own === turn) {
      const link = document.createElement('a');
      link.href = address;
      link.download = `franca-usage-${new Date().toISOString().slice(0, 10)}-${days}d.csv`;
      link.click();
    }
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  } catch (error) {
    if (own === turn) usageTrouble.value = error instanceof Refused ? error.message : t('status.silent');
  }
}
