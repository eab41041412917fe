// Usage: by day as stacked columns or as a table of the same numbers, and by model and key as bars with their numbers.
import { signal } from '@preact/signals';
import { Icon } from '../parts/icon';
import { DayChart, Swatch } from './daychart';
import { compact, count, day, dollars, dollarsBy } from './numbers';
import { Choice, Table, useFew, type Heading } from './parts';
import {
  askUsage,
  range,
  saveUsage,
  setRange,
  status,
  trouble,
  usage,
  usageAsked,
  usageTrouble,
  type Usage,
} from './state';
import { MEASURES, daysOf, groupsOf, stackOf, totalsOf, valueOf, type Group, type Line, type Measure } from './usage';
import { t } from './words';

const RANGES = [7, 30, 90];
const FEW = 10;

const measure = signal<Measure>('requests');
const stackBy = signal<'model' | 'server'>('model');
const asTable = signal(false);

const nameOf = (line: Line): string => line[stackBy.value] || t('status.nowhere');
const keyOf = (line: Line): string => line.key_name || line.key || t('status.keyless');
const writer = (): ((value: number) => string) => (measure.value === 'cost' ? dollars : count);

export function UsageView() {
  const found = usage.value;
  return (
    <section aria-labelledby="usage" aria-busy={usageAsked.value}>
      <header class="row wrap">
        <h2 id="usage" class="grow">
          {t('status.usage')}
        </h2>
        <Choice
          label={t('status.measure')}
          values={MEASURES.map((one) => [one, t(`status.${one}`)])}
          chosen={measure.value}
          onChoose={(one) => (measure.value = one)}
        />
        <Choice
          label={t('status.days')}
          values={RANGES.map((days) => [days, t('status.range', { days })])}
          chosen={range.value}
          onChoose={setRange}
        />
      </header>
      {usageTrouble.value && !trouble.value && (
        <p class="note bad" role="alert">
          {usageTrouble.value}
        </p>
      )}
      {!found && !usageTrouble.value && <p class="soft">{t('status.loading')}</p>}
      {found && (found.lines.total.requests ? <Charts found={found} /> : <Nothing />)}
    </section>
  );
}

function Nothing() {
  return (
    <div class="card empty">
      <p>{t(status.value?.store === 'none' ? 'status.unkept' : 'status.unused')}</p>
      <button type="button" onClick={() => void askUsage()} disabled={usageAsked.value}>
        <Icon name="refresh" /> {t('status.again')}
      </button>
    </div>
  );
}

function Charts({ found }: { found: Usage }) {
  const { lines, total } = found.lines;
  return (
    <>
      <div class="card">
        <p class="sums">
          {MEASURES.map((one) => (
            <span key={one}>
              {t(`status.${one}`)} <b>{one === 'cost' ? dollars(valueOf(total, one)) : count(valueOf(total, one))}</b>
            </span>
          ))}
          <span>
            {t('status.refused')} <b>{count(total.refused)}</b>
          </span>
        </p>
        {total.unpriced > 0 && (
          <p class="note warn small">{t('status.unpricedNote', { count: count(total.unpriced) })}</p>
        )}
        <ByDay found={found} />
      </div>
      <div class="pair">
        <Bars
          title={t('status.byModel')}
          first={t('status.model')}
          groups={groupsOf(lines, (line) => line.model || t('status.nowhere'), measure.value)}
        />
        <Bars
          title={t('status.byKey')}
          first={t('status.key')}
          groups={groupsOf(found.keys.lines, keyOf, measure.value)}
        />
      </div>
    </>
  );
}

function ByDay({ found }: { found: Usage }) {
  const { lines, from } = found.lines;
  const stack = stackOf(lines, daysOf(from, found.days), nameOf, measure.value);
  const names = stack.rest ? [...stack.names, t('status.rest')] : stack.names;
  const totals = totalsOf(stack);
  const write = writer();
  const title = t('status.byDay', { what: t(`status.${measure.value}`) });
  return (
    <>
      <div class="row wrap">
        <h3 class="grow">{title}</h3>
        <Choice
          label={t('status.stacked')}
          values={[
            ['model', t('status.byModels')],
            ['server', t('status.byServers')],
          ]}
          chosen={stackBy.value}
          onChoose={(one) => (stackBy.value = one)}
        />
        <button type="button" aria-pressed={asTable.value} onClick={() => (asTable.value = !asTable.value)}>
          {t('status.asTable')}
        </button>
        <button type="button" onClick={() => void saveUsage()}>
          <Icon name="download" /> {t('status.csv')}
        </button>
      </div>
      {asTable.value ? (
        <Table
          label={title}
          headings={[
            { name: t('status.day'), kind: 'head', cell: (column) => day(column.day, true) },
            ...names.map((name, part) => ({
              name,
              kind: 'number' as const,
              cell: (column: { parts: number[] }) => write(column.parts[part] ?? 0),
            })),
            { name: t('status.together'), kind: 'number', cell: (column) => write(column.total) },
          ]}
          rows={[...stack.columns].reverse()}
          id={(column) => column.day}
          foot={[t('status.together'), ...totals.map(write), write(totals.reduce((one, two) => one + two, 0))]}
        />
      ) : (
        <DayChart
          label={title}
          columns={stack.columns}
          names={names}
          whole={measure.value !== 'cost'}
          write={write}
          writeTick={measure.value === 'cost' ? dollarsBy : compact}
        />
      )}
      {!asTable.value && (
        <ul class="legend" aria-label={t('status.legend')}>
          {names.map((name, part) => (
            <li key={part}>
              <Swatch part={part} names={names} /> {name} <span class="soft">{write(totals[part] ?? 0)}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="small soft">{t('status.utc')}</p>
    </>
  );
}

function Bars({ title, first, groups }: { title: string; first: string; groups: Group[] }) {
  const [rows, more] = useFew(groups, FEW);
  const most = Math.max(...groups.map((group) => valueOf(group, measure.value)), Number.MIN_VALUE);
  const numbers: [Measure, string][] = MEASURES.map((one) => [one, t(`status.${one}`)]);
  const headings: Heading<Group>[] = [
    {
      name: first,
      kind: 'graph',
      cell: (group) => (
        <>
          <span>{group.name}</span>
          <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
            <rect class="track" width="100" height="1" />
            <rect class="part p0" width={(100 * valueOf(group, measure.value)) / most} height="1" />
          </svg>
        </>
      ),
    },
    ...numbers.map(([one, name]) => ({
      name,
      kind: 'number' as const,
      cell: (group: Group) => {
        const value = one === 'cost' ? dollars(group.cost) : count(valueOf(group, one));
        return one === measure.value ? <b>{value}</b> : value;
      },
    })),
  ];
  return (
    <div class="card">
      <h3>{title}</h3>
      <Table label={title} headings={headings} rows={rows} id={(group) => group.name} />
      {more}
    </div>
  );
}
