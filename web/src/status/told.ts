// What the gateway tells at admin/v1/status, and what is looked for in it.

export interface ServerNow {
  name: string;
  state: string;
  requests: number;
  failures: number;
  in_flight: number;
  latency: number | null;
  keys: number;
  resting_keys: number;
  last_error: string;
}

export interface KeyNow {
  id: string;
  name: string;
  team: string;
  shown: string;
  state: string;
  day: number | null;
  month: number | null;
  total: number | null;
  budget_day: number | null;
  budget_month: number | null;
  budget_total: number | null;
}

export interface ErrorSeen {
  id: string;
  at: number;
  seconds: number;
  route: string;
  asked: string;
  server: string;
  model: string;
  status: number;
  outcome: string;
  error: string;
  key: string;
}

export interface Status {
  version: string;
  now: number;
  began: number;
  workers: number;
  draining: boolean;
  in_flight: number;
  requests: Record<string, number>;
  tokens: number;
  cost: number;
  unpriced: number;
  usage_waiting: number;
  usage_dropped: number;
  log_dropped: number;
  memory: number;
  store: string;
  spent_today: number | null;
  spent_month?: number | null;
  servers: ServerNow[];
  keys: KeyNow[];
  teams: KeyNow[];
  errors: ErrorSeen[];
}

/** Whether every word of `text` stands in one of these. */
export function has(text: string, ...values: string[]): boolean {
  const whole = values.join('\n').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

/** The errors of a server ("" for all) in which the words stand. */
export const errorsOf = (errors: readonly ErrorSeen[], server: string, text: string): ErrorSeen[] =>
  errors.filter(
    (one) =>
      (!server || one.server === server) &&
      has(text, one.server, one.asked, one.model, one.error, String(one.status), one.outcome, one.id, one.key),
  );

export type Tone = 'good' | 'warn' | 'bad' | 'none';

/** How near a budget is to its end. */
export function toneOf(spent: number | null, budget: number | null): Tone {
  if (spent === null || budget === null) return 'none';
  return spent >= budget ? 'bad' : spent >= 0.8 * budget ? 'warn' : 'good';
}
