// The numbers of the status page: scales, stacks, groups, filters, and how numbers are written.
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { age, bytes, count, day, dollars, dollarsBy, duration, percent } from '../src/status/numbers';
import { everyOf, ticksOf } from '../src/status/scale';
import { errorsOf, has, toneOf, type ErrorSeen } from '../src/status/told';
import { daysOf, groupsOf, MEASURES, stackOf, totalsOf, valueOf, type Line } from '../src/status/usage';
import { language, languageOf, speak, t } from '../src/status/words';

const line = (more: Partial<Line>): Line => ({
  requests: 1,
  failed: 0,
  refused: 0,
  prompt_tokens: 0,
  completion_tokens: 0,
  cost: 0,
  unpriced: 0,
  ...more,
});
const DAYS = ['2026-11-01', '2026-11-02', '2026-11-03'];
const lines = fc.array(
  fc
    .record({
      day: fc.constantFrom(...DAYS),
      model: fc.constantFrom('', 'a/x', 'a/y', 'b/x', 'b/y', 'c/x', 'c/y', 'd/x', 'd/y'),
      requests: fc.nat(1000),
      failed: fc.nat(50),
      prompt_tokens: fc.nat(10_000),
      completion_tokens: fc.nat(10_000),
      cost: fc.nat(4000).map((value) => value / 1024),
    })
    .map(line),
  { maxLength: 60 },
);
const model = (one: Line) => one.model ?? '';

describe('ticks', () => {
  it('begin at zero, reach the largest value, and are few', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-7, max: 1e12, noNaN: true }), fc.integer({ min: 2, max: 8 }), (most, wanted) => {
        const ticks = ticksOf(most, wanted);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1) ?? 0).toBeGreaterThanOrEqual(most * (1 - 1e-8));
        expect(ticks.at(-2) ?? 0).toBeLessThan(most);
        expect(ticks.length).toBeLessThanOrEqual(wanted + 2);
      }),
    );
  });

  it('are evenly apart by a round step', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-7, max: 1e12, noNaN: true }), (most) => {
        const ticks = ticksOf(most);
        const step = ticks[1] ?? 0;
        ticks.forEach((tick, index) => expect(tick / step).toBeCloseTo(index, 6));
        const [digits] = step.toExponential().split('e');
        expect(['1', '2', '2.5', '5']).toContain(digits);
      }),
    );
  });

  it('of whole things are whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (most) => {
        expect(ticksOf(most, 4, true).every(Number.isInteger)).toBe(true);
      }),
    );
    expect(ticksOf(1, 4, true)).toEqual([0, 1]);
    expect(ticksOf(10, 4, true)).toEqual([0, 3, 6, 9, 12]);
  });

  it('of nothing are one step', () => {
    for (const nothing of [0, -1, NaN, Infinity]) expect(ticksOf(nothing)).toEqual([0, 1]);
  });

  it('have room for their labels', () => {
    expect(everyOf(7, 700, 64)).toBe(1);
    expect(everyOf(90, 280, 64)).toBe(21);
    expect(everyOf(90, 0, 64)).toBeGreaterThan(0);
  });
});

describe('usage', () => {
  it('counts tokens of prompt and answer together', () => {
    expect(valueOf(line({ prompt_tokens: 3, completion_tokens: 4 }), 'tokens')).toBe(7);
  });

  it('has each day of its time, over the end of a month and of summer time', () => {
    expect(daysOf('2026-10-24T00:00:00Z', 9)).toEqual([
      '2026-10-24',
      '2026-10-25',
      '2026-10-26',
      '2026-10-27',
      '2026-10-28',
      '2026-10-29',
      '2026-10-30',
      '2026-10-31',
      '2026-11-01',
    ]);
    expect(daysOf(null, 7)).toEqual([]);
  });

  it('is the same in groups, in stacks and in its lines', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(...MEASURES), (all, measure) => {
        const whole = all.reduce((sum, one) => sum + valueOf(one, measure), 0);
        const groups = groupsOf(all, model, measure);
        expect(groups.reduce((sum, one) => sum + valueOf(one, measure), 0)).toBeCloseTo(whole, 6);
        const stack = stackOf(all, DAYS, model, measure);
        expect(totalsOf(stack).reduce((sum, one) => sum + one, 0)).toBeCloseTo(whole, 6);
        for (const column of stack.columns) {
          expect(column.parts.reduce((sum, one) => sum + one, 0)).toBeCloseTo(column.total, 6);
          const own = all.filter((one) => one.day === column.day);
          expect(column.total).toBeCloseTo(
            own.reduce((sum, one) => sum + valueOf(one, measure), 0),
            6,
          );
        }
      }),
    );
  });

  it('is grouped with the largest first, and its lines stay as they were', () => {
    fc.assert(
      fc.property(lines, fc.constantFrom(...MEASURES), (all, measure) => {
        const before = structuredClone(all);
        const values = groupsOf(all, model, measure).map((one) => valueOf(one, measure));
        expect(values).toEqual([...values].sort((one, two) => two - one));
        expect(all).toEqual(before);
      }),
    );
  });

  it('is stacked by the largest five, the others together', () => {
    const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name, index) =>
      line({ day: DAYS[index % 3], model: name, requests: 10 - index }),
    );
    const stack = stackOf(all, DAYS, model, 'requests');
    expect(stack.names).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(stack.rest).toBe(true);
    expect(totalsOf(stack)).toEqual([10, 9, 8, 7, 6, 9]);
    expect(stackOf(all.slice(0, 5), DAYS, model, 'requests').rest).toBe(false);
  });

  it('leaves out what has nothing to show, and days that are not asked for', () => {
    const all = [line({ day: DAYS[0], model: 'a' }), line({ day: '2025-01-01', model: 'a', cost: 3 })];
    expect(stackOf(all, DAYS, model, 'failed').names).toEqual([]);
    expect(stackOf(all, DAYS, model, 'requests').columns.map((column) => column.total)).toEqual([1, 0, 0]);
  });
});

describe('lists', () => {
  const error = (more: Partial<ErrorSeen>): ErrorSeen => ({
    id: 'req_1',
    at: 1,
    seconds: 1,
    route: 'chat',
    asked: 'fast',
    server: 'groq',
    model: 'llama',
    status: 429,
    outcome: 'error',
    error: 'rate_limit_exceeded',
    key: 'key_web',
    ...more,
  });

  it('find every word, whatever its case and place', () => {
    expect(has('RATE groq', 'groq', 'rate_limit')).toBe(true);
    expect(has('rate other', 'groq', 'rate_limit')).toBe(false);
    expect(has('  ', 'anything')).toBe(true);
  });

  it('of errors are filtered by server and text', () => {
    const all = [error({ id: 'a' }), error({ id: 'b', server: 'local', status: 502, error: 'server_unreachable' })];
    const found = (server: string, text: string) => errorsOf(all, server, text).map((one) => one.id);
    expect(found('', '')).toEqual(['a', 'b']);
    expect(found('local', '')).toEqual(['b']);
    expect(found('', '502 unreach')).toEqual(['b']);
    expect(found('groq', '502')).toEqual([]);
  });

  it('tell how near a budget is to its end', () => {
    expect([toneOf(null, 1), toneOf(1, null), toneOf(0.79, 1), toneOf(0.8, 1), toneOf(1, 1), toneOf(0, 0)]).toEqual([
      'none',
      'none',
      'good',
      'warn',
      'bad',
      'bad',
    ]);
  });
});

describe('numbers', () => {
  beforeEach(() => {
    language.value = 'en';
  });

  it('of money keep the digits that say something', () => {
    expect([null, 0, 0.0000123, 0.0042, 0.25, 12.5, 1234.567].map(dollars)).toEqual([
      '–',
      '$0.00',
      '$0.000012',
      '$0.0042',
      '$0.25',
      '$12.50',
      '$1,234.57',
    ]);
  });

  it('at an axis of money have as many digits as their step', () => {
    expect([dollarsBy(0, 0.25), dollarsBy(0.5, 0.25), dollarsBy(20, 10), dollarsBy(0.5, 0.5)]).toEqual([
      '$0.00',
      '$0.50',
      '$20',
      '$0.50',
    ]);
    expect(dollarsBy(0.000025, 0.000025)).toBe('$0.000025');
  });

  it('of time take the unit that fits', () => {
    expect([null, 0.0004, 0.25, 2.5, 75].map(duration)).toEqual(['–', '0.4 ms', '250 ms', '2.5 sec', '75 sec']);
    expect([0, 59, 60, 3700, 90_000].map(age)).toEqual(['0 sec', '59 sec', '1 min 0 sec', '1 hr 1 min', '1 day 1 hr']);
  });

  it('of shares and sizes are short', () => {
    expect([percent(1, 3), percent(0, 0), count(1234567), bytes(61_234_567)]).toEqual([
      '33.3%',
      '–',
      '1,234,567',
      '61 MB',
    ]);
  });

  it('of a day are those of UTC; what is no day is shown as it is', () => {
    expect([day('2026-11-01'), day('2026-11-01', true), day('other')]).toEqual(['Nov 1', 'Sun, Nov 1, 2026', 'other']);
  });

  it('follow the language', async () => {
    await speak('de');
    expect([count(1234567), dollars(12.5)]).toEqual(['1.234.567', '12,50\u00a0$']);
    expect(t('status.servers')).toBe('Server');
    expect(document.documentElement.lang).toBe('de');
    await speak('nonsense');
    expect(t('status.servers')).toBe('Servers');
  });
});

describe('words', () => {
  const read = (name: string) => {
    const text = readFileSync(`${import.meta.dirname}/../src/text/${name}/status.json`, 'utf8');
    return JSON.parse(text) as Record<string, string>;
  };
  const holes = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort();

  it.each(['de', 'tr', 'zh'])('in %s are the same ones, with the same values', (name) => {
    const english = read('en');
    const other = read(name);
    expect(Object.keys(other)).toEqual(Object.keys(english));
    for (const [key, text] of Object.entries(english)) expect(holes(other[key] ?? ''), key).toEqual(holes(text));
  });

  it('are in the first language that there are words for', () => {
    expect(languageOf([null, 'fr-FR', 'zh-CN', 'de'])).toBe('zh');
    expect(languageOf(['en-GB', 'de'])).toBe('en');
    expect(languageOf(['constructor', undefined])).toBe('en');
  });
});
