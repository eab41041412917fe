// What all parts of the status page are made of: a state in shape, colour and word, a table that becomes cards on a
// phone, a choice between few things, a long list that is shown in part first.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Tone } from './told';
import { t } from './words';

const SHAPES = {
  good: 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1',
  warn: 'M6 .8 11.6 11H.4z',
  bad: 'M1.2 1.2h9.6v9.6H1.2z',
  none: 'M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1m0 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6',
} satisfies Record<Tone, string>;

/** A word with a shape before it: circle good, triangle to be watched, square bad, ring neither. */
export function State({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`state ${tone}`}>
      <svg viewBox="0 0 12 12" aria-hidden="true">
        <path d={SHAPES[tone]} fill-rule="evenodd" />
      </svg>
      <span>{children}</span>
    </span>
  );
}

export interface Heading<Row> {
  name: string;
  kind?: 'number' | 'wide' | 'head' | 'graph';
  cell: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  label: string;
  headings: Heading<Row>[];
  rows: readonly Row[];
  id: (row: Row) => string;
  /** The cells of a last row of sums. */
  foot?: ComponentChildren[];
}

/** A table. Its roles are written out, because the cards of a phone would take them away. */
export function Table<Row>({ label, headings, rows, id, foot }: TableProps<Row>) {
  return (
    <div class="table" role="group" aria-label={label} tabIndex={0}>
      <table role="table" aria-label={label}>
        <thead role="rowgroup">
          <tr role="row">
            {headings.map((heading, place) => (
              <th key={place} role="columnheader" scope="col" class={heading.kind}>
                {heading.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={id(row)} role="row">
              {headings.map((heading, place) => (
                <td key={place} role="cell" class={heading.kind} data-name={heading.name}>
                  {heading.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {foot && (
          <tfoot role="rowgroup">
            <tr role="row">
              {foot.map((value, place) => (
                <td key={place} role="cell" class={headings[place]?.kind} data-name={headings[place]?.name}>
                  {value}
                </td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

interface ChoiceProps<Value> {
  label: string;
  values: readonly [Value, string][];
  chosen: Value;
  onChoose: (value: Value) => void;
}

/** One of few. */
export function Choice<Value extends string | number>({ label, values, chosen, onChoose }: ChoiceProps<Value>) {
  return (
    <div class="choice" role="group" aria-label={label}>
      {values.map(([value, name]) => (
        <button key={value} type="button" aria-pressed={value === chosen} onClick={() => onChoose(value)}>
          {name}
        </button>
      ))}
    </div>
  );
}

/** The first `most` of these until all are asked for, and the button to ask. */
export function useFew<Row>(rows: readonly Row[], most: number): [readonly Row[], ComponentChildren] {
  const [all, setAll] = useState(false);
  const button = rows.length > most && (
    <button type="button" class="few" aria-expanded={all} onClick={() => setAll(!all)}>
      {all ? t('status.fewer') : t('status.all', { count: rows.length })}
    </button>
  );
  return [all ? rows : rows.slice(0, most), button];
}
