// The head of the status page: what runs and since when, what it was asked and how that ended, what it cost.
import type { ComponentChildren } from 'preact';
import { age, bytes, count, dollars, moment, percent } from './numbers';
import { State } from './parts';
import type { Status, Tone } from './told';
import { t, type Word } from './words';

const OUTCOMES: Record<string, [Tone, Word]> = {
  ok: ['good', 'status.ok'],
  error: ['bad', 'status.error'],
  cut: ['bad', 'status.cut'],
  refused: ['warn', 'status.refused'],
  left: ['none', 'status.left'],
};

/** How a request ended, in a word and a shape. */
export function Outcome({ name, children }: { name: string; children?: ComponentChildren }) {
  const [tone, word] = OUTCOMES[name] ?? ['none', undefined];
  return (
    <State tone={tone}>
      {word ? t(word) : name}
      {children}
    </State>
  );
}

export function HeadView({ told }: { told: Status }) {
  const all = Object.values(told.requests).reduce((one, two) => one + two, 0);
  const order = Object.keys(OUTCOMES);
  const outcomes = Object.entries(told.requests).sort(([one], [two]) => order.indexOf(one) - order.indexOf(two));
  const fine = told.store === 'ok' || told.store === 'none';
  return (
    <section aria-label={t('status.head')}>
      <p class="soft">
        {t('status.running', { version: told.version, since: moment(told.began), age: age(told.now - told.began) })}
        {' · '}
        {t('status.workers', { count: told.workers })}
        {told.draining && (
          <>
            {' · '}
            <State tone="warn">{t('status.draining')}</State>
          </>
        )}
      </p>
      <dl class="tiles">
        <Tile name={t('status.inFlight')}>{count(told.in_flight)}</Tile>
        <Tile name={t('status.today')}>{dollars(told.spent_today)}</Tile>
        <Tile name={t('status.month')}>{dollars(told.spent_month ?? null)}</Tile>
        <Tile name={t('status.tokensSince')}>{count(told.tokens)}</Tile>
        <Tile name={t('status.unpriced')}>
          {told.unpriced ? <State tone="warn">{count(told.unpriced)}</State> : count(0)}
          {told.unpriced > 0 && <small>{t('status.unpricedWhy')}</small>}
        </Tile>
        <Tile name={t('status.store')}>
          <State tone={fine ? (told.store === 'ok' ? 'good' : 'none') : 'bad'}>
            {fine ? t(told.store === 'ok' ? 'status.storeOk' : 'status.storeNone') : told.store}
          </State>
          {told.usage_waiting > 0 && <small>{t('status.waiting', { count: count(told.usage_waiting) })}</small>}
          {told.usage_dropped > 0 && (
            <small class="bad">{t('status.dropped', { count: count(told.usage_dropped) })}</small>
          )}
        </Tile>
        <Tile name={t('status.memory')}>{bytes(told.memory)}</Tile>
        <Tile name={t('status.requestsSince')} wide>
          {count(all)}
          {all > 0 && (
            <>
              <svg class="bar split" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
                {outcomes.map(([name, value], index) => {
                  const before = outcomes.slice(0, index).reduce((sum, [, one]) => sum + one, 0);
                  const tone = OUTCOMES[name]?.[0] ?? 'none';
                  return (
                    <rect key={name} class={tone} x={(100 * before) / all} width={(100 * value) / all} height="1" />
                  );
                })}
              </svg>
              <small class="outcomes">
                {outcomes.map(([name, value]) => (
                  <Outcome key={name} name={name}>
                    {' '}
                    <b>{count(value)}</b> ({percent(value, all)})
                  </Outcome>
                ))}
              </small>
            </>
          )}
        </Tile>
      </dl>
    </section>
  );
}

function Tile({ name, wide, children }: { name: string; wide?: boolean; children: ComponentChildren }) {
  return (
    <div class={wide ? 'wide' : undefined}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
