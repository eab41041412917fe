// The lists of the status page: servers, keys and teams with their budgets, and the latest errors.
import { signal } from '@preact/signals';
import { age, count, dollars, duration, moment, percent } from './numbers';
import { Outcome } from './headview';
import { State, Table, useFew, type Heading } from './parts';
import { errorsOf, has, toneOf, type ErrorSeen, type KeyNow, type ServerNow, type Status, type Tone } from './told';
import { t, type Word } from './words';

const SERVERS: Record<string, [Tone, Word]> = {
  up: ['good', 'status.up'],
  probing: ['warn', 'status.probing'],
  resting: ['bad', 'status.resting'],
};
const KEYS: Record<string, [Tone, Word]> = {
  valid: ['good', 'status.valid'],
  expired: ['warn', 'status.expired'],
  revoked: ['none', 'status.revoked'],
};
const FEW = 20;

const wantedKey = signal('');
const wantedServer = signal('');
const wantedText = signal('');

function Known({ name, of }: { name: string; of: Record<string, [Tone, Word]> }) {
  const [tone, word] = of[name] ?? ['none', undefined];
  return name ? <State tone={tone}>{word ? t(word) : name}</State> : null;
}

export function ServersView({ told }: { told: Status }) {
  const headings: Heading<ServerNow>[] = [
    { name: t('status.server'), kind: 'head', cell: (one) => one.name },
    { name: t('status.state'), cell: (one) => <Known name={one.state} of={SERVERS} /> },
    { name: t('status.latency'), kind: 'number', cell: (one) => duration(one.latency) },
    { name: t('status.inFlight'), kind: 'number', cell: (one) => count(one.in_flight) },
    { name: t('status.requests'), kind: 'number', cell: (one) => count(one.requests) },
    {
      name: t('status.failures'),
      kind: 'number',
      cell: (one) => `${count(one.failures)} (${percent(one.failures, one.requests)})`,
    },
    {
      name: t('status.keysResting'),
      kind: 'number',
      cell: (one) => (one.keys ? t('status.of', { part: one.resting_keys, whole: one.keys }) : '–'),
    },
    { name: t('status.lastError'), kind: 'wide', cell: (one) => one.last_error || '–' },
  ];
  return (
    <section aria-labelledby="servers">
      <h2 id="servers">{t('status.servers')}</h2>
      {told.servers.length ? (
        <div class="card">
          <Table label={t('status.servers')} headings={headings} rows={told.servers} id={(one) => one.name} />
        </div>
      ) : (
        <p class="card empty">{t('status.noServers')}</p>
      )}
    </section>
  );
}

export function KeysView({ told }: { told: Status }) {
  const found = told.keys.filter((one) => has(wantedKey.value, one.name, one.id, one.team, one.state, one.shown));
  const [keys, moreKeys] = useFew(found, FEW);
  const [teams, moreTeams] = useFew(told.teams, FEW);
  return (
    <section aria-labelledby="keys">
      <header class="row wrap">
        <h2 id="keys" class="grow">
          {t('status.keys')}
        </h2>
        {told.keys.length > 8 && <Search label={t('status.findKey')} value={wantedKey} />}
      </header>
      <div class="card">
        {told.keys.length ? (
          <Table label={t('status.keys')} headings={columnsOf(true)} rows={keys} id={(one) => one.id} />
        ) : (
          <p class="empty">{t('status.noKeys')}</p>
        )}
        {told.keys.length > 0 && !found.length && <p class="empty">{t('status.noneFound')}</p>}
        {moreKeys}
      </div>
      {teams.length > 0 && (
        <div class="card">
          <h3>{t('status.teams')}</h3>
          <Table label={t('status.teams')} headings={columnsOf(false)} rows={teams} id={(one) => one.id} />
          {moreTeams}
        </div>
      )}
    </section>
  );
}

function columnsOf(keys: boolean): Heading<KeyNow>[] {
  const name: Heading<KeyNow> = {
    name: t(keys ? 'status.key' : 'status.team'),
    kind: 'head',
    cell: (one) => (
      <>
        {one.id ? one.name : t('status.keyless')}
        {one.shown && <small class="soft"> {one.shown}</small>}
      </>
    ),
  };
  const more: Heading<KeyNow>[] = [
    { name: t('status.team'), cell: (one) => one.team || '–' },
    { name: t('status.state'), cell: (one) => <Known name={one.state} of={KEYS} /> },
  ];
  return [
    name,
    ...(keys ? more : []),
    { name: t('status.dayShort'), kind: 'number', cell: (one) => <Spent spent={one.day} budget={one.budget_day} /> },
    {
      name: t('status.monthShort'),
      kind: 'number',
      cell: (one) => <Spent spent={one.month} budget={one.budget_month} />,
    },
    { name: t('status.ever'), kind: 'number', cell: (one) => <Spent spent={one.total} budget={one.budget_total} /> },
  ];
}

/** Dollars, and beside a budget how much of it they are. */
function Spent({ spent, budget }: { spent: number | null; budget: number | null }) {
  if (budget === null) return <>{dollars(spent)}</>;
  const tone = toneOf(spent, budget);
  return (
    <div class="spent">
      <span>{t('status.of', { part: dollars(spent), whole: dollars(budget) })}</span>
      <svg class={`bar ${tone}`} viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
        <rect class="track" width="100" height="1" />
        <rect class={tone} width={budget > 0 ? Math.min(100, (100 * (spent ?? 0)) / budget) : 100} height="1" />
      </svg>
      <small>{tone === 'bad' ? <State tone="bad">{t('status.usedUp')}</State> : percent(spent ?? 0, budget)}</small>
    </div>
  );
}

function Search({ label, value }: { label: string; value: { value: string } }) {
  return (
    <input
      class="search"
      type="search"
      aria-label={label}
      placeholder={label}
      value={value.value}
      onInput={(event) => (value.value = event.currentTarget.value)}
    />
  );
}

export function ErrorsView({ told }: { told: Status }) {
  const names = new Map(told.keys.map((key) => [key.id, key.name]));
  const servers = [...new Set(told.errors.map((one) => one.server).filter(Boolean))].sort();
  if (wantedServer.value && !servers.includes(wantedServer.value)) servers.push(wantedServer.value);
  const found = errorsOf(told.errors, wantedServer.value, wantedText.value);
  const [rows, more] = useFew(found, 10);
  const headings: Heading<ErrorSeen>[] = [
    { name: t('status.time'), kind: 'head', cell: (one) => <time>{moment(one.at)}</time> },
    { name: t('status.outcome'), cell: (one) => <Outcome name={one.outcome} /> },
    { name: t('status.code'), kind: 'wide', cell: (one) => `${one.status || ''} ${one.error}`.trim() || '–' },
    { name: t('status.server'), cell: (one) => one.server || '–' },
    { name: t('status.model'), kind: 'wide', cell: (one) => one.asked || one.model || '–' },
    { name: t('status.key'), cell: (one) => names.get(one.key) || one.key || '–' },
    { name: t('status.took'), kind: 'number', cell: (one) => duration(one.seconds) },
    { name: t('status.request'), kind: 'wide', cell: (one) => <code>{one.id}</code> },
  ];
  return (
    <section aria-labelledby="errors">
      <header class="row wrap">
        <h2 id="errors" class="grow">
          {t('status.errors')}
        </h2>
        {told.errors.length > 0 && (
          <>
            <select
              class="search"
              aria-label={t('status.server')}
              value={wantedServer.value}
              onChange={(event) => (wantedServer.value = event.currentTarget.value)}
            >
              <option value="">{t('status.allServers')}</option>
              {servers.map((name) => (
                <option key={name}>{name}</option>
              ))}
            </select>
            <Search label={t('status.findError')} value={wantedText} />
          </>
        )}
      </header>
      <div class="card">
        {rows.length > 0 && <Table label={t('status.errors')} headings={headings} rows={rows} id={idOf} />}
        {!rows.length && (
          <p class="empty">
            {told.errors.length ? t('status.noneFound') : t('status.noErrors', { age: age(told.now - told.began) })}
          </p>
        )}
        {more}
      </div>
    </section>
  );
}

const idOf = (one: ErrorSeen): string => `${one.id} ${one.at}`;
