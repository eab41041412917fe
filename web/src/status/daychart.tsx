// Usage by day: columns stacked by name. What a column says is told on hover, on focus (arrows move from day to day,
// Escape hides it), and to screen readers as its name.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { day } from './numbers';
import { everyOf, ticksOf } from './scale';
import type { Column } from './usage';
import { t } from './words';

const HEIGHT = 200;
const TOP = 10;
const BELOW = 24;
const LETTER = 7;

interface Props {
  label: string;
  columns: Column[];
  /** Of the parts of all columns, the lowest first. */
  names: string[];
  whole: boolean;
  write: (value: number) => string;
  writeTick: (value: number, step: number) => string;
}

export function DayChart({ label, columns, names, whole, write, writeTick }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [active, setActive] = useState(-1);
  const [entry, setEntry] = useState(-1); // the day that the Tab key comes to
  useLayoutEffect(() => {
    const box = place.current;
    if (!box) return;
    const watch = new ResizeObserver(() => setWidth(box.clientWidth));
    watch.observe(box);
    setWidth(box.clientWidth);
    return () => watch.disconnect();
  }, []);

  const ticks = ticksOf(Math.max(...columns.map((column) => column.total), 0), 4, whole);
  const most = ticks.at(-1) ?? 1;
  const marks = ticks.map((tick) => writeTick(tick, ticks[1] ?? 1));
  const left = Math.max(...marks.map((mark) => mark.length)) * LETTER + 10;
  const step = Math.max(1, (width - left) / columns.length);
  const thick = Math.min(44, Math.max(1, step - Math.max(1, step * 0.25)));
  const y = (value: number) => TOP + HEIGHT * (1 - value / most);
  const middle = (index: number) => left + (index + 0.5) * step;
  const every = everyOf(columns.length, width - left, 80);
  const reached = entry >= 0 && entry < columns.length ? entry : columns.length - 1;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') return setActive(-1);
    const moves: Record<string, number> = { ArrowLeft: reached - 1, ArrowRight: reached + 1, Home: 0 };
    const to = event.key === 'End' ? columns.length - 1 : moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    place.current?.querySelectorAll<SVGGElement>('[data-day]')[to]?.focus();
  };
  const shown = columns[active];
  return (
    <div class="chart" ref={place} onPointerLeave={() => setActive(-1)}>
      {width > 0 && (
        <svg
          width={width}
          height={TOP + HEIGHT + BELOW}
          role="group"
          aria-label={`${label}. ${t('status.arrows')}`}
          onKeyDown={onKeyDown}
        >
          <g aria-hidden="true">
            {ticks.map((tick, index) => (
              <g key={index}>
                <line class={tick ? 'rule' : 'axis'} x1={left} x2={width} y1={y(tick)} y2={y(tick)} />
                <text x={left - 8} y={y(tick) + 4} text-anchor="end">
                  {marks[index]}
                </text>
              </g>
            ))}
            {columns.map(
              (column, index) =>
                (columns.length - 1 - index) % every === 0 && (
                  <text
                    key={column.day}
                    x={Math.min(middle(index), width - 22)}
                    y={TOP + HEIGHT + 18}
                    text-anchor="middle"
                  >
                    {day(column.day)}
                  </text>
                ),
            )}
          </g>
          {columns.map((column, index) => (
            <g
              key={column.day}
              role="img"
              data-day={column.day}
              aria-label={labelOf(column, names, write)}
              tabIndex={index === reached ? 0 : -1}
              class={index === active ? 'active' : undefined}
              onPointerEnter={() => setActive(index)}
              onFocus={() => (setEntry(index), setActive(index))}
              onBlur={() => setActive(-1)}
            >
              <rect class="hit" x={left + index * step} y={TOP - 4} width={step} height={HEIGHT + 4} />
              {barsOf(column, y).map((bar) => (
                <rect
                  key={bar.part}
                  class={colourOf(bar.part, names)}
                  x={middle(index) - thick / 2}
                  y={bar.top}
                  width={thick}
                  height={bar.height}
                />
              ))}
            </g>
          ))}
        </svg>
      )}
      {shown && (
        <div
          class="tip"
          aria-hidden="true"
          style={
            middle(active) > width / 2
              ? { right: `${width - middle(active) + step / 2 + 8}px` }
              : { left: `${middle(active) + step / 2 + 8}px` }
          }
        >
          <b>{day(shown.day, true)}</b>
          <dl>
            {names
              .map((name, part) => [name, part, shown.parts[part] ?? 0] as const)
              .filter(([, , value]) => value > 0)
              .reverse()
              .map(([name, part, value]) => (
                <div key={part}>
                  <dt>
                    <Swatch part={part} names={names} /> {name}
                  </dt>
                  <dd>{write(value)}</dd>
                </div>
              ))}
            <div>
              <dt>{t('status.together')}</dt>
              <dd>{write(shown.total)}</dd>
            </div>
          </dl>
        </div>
      )}
    </div>
  );
}

/** The colour of a part, the same in chart, legend and tip. */
export function Swatch({ part, names }: { part: number; names: string[] }) {
  return (
    <svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">
      <rect class={colourOf(part, names)} width="10" height="10" rx="2" />
    </svg>
  );
}

function colourOf(part: number, names: string[]): string {
  return part >= 5 && part === names.length - 1 ? 'part rest' : `part p${part}`;
}

/** The parts of a column from below, with a line of ground between them where there is room for one. */
function barsOf(column: Column, y: (value: number) => number): { part: number; top: number; height: number }[] {
  let sum = 0;
  return column.parts.flatMap((value, part) => {
    if (!value) return [];
    const bottom = y(sum);
    sum += value;
    const height = bottom - y(sum);
    return [{ part, top: y(sum), height: height > 3 && part ? height - 1.5 : Math.max(0.75, height) }];
  });
}

function labelOf(column: Column, names: string[], write: (value: number) => string): string {
  const parts = names.flatMap((name, part) => {
    const value = column.parts[part] ?? 0;
    return value ? [`${name} ${write(value)}`] : [];
  });
  return [`${day(column.day, true)}: ${write(column.total)}`, ...parts].join('; ');
}
