// A JSON value as a tree: open and close, walk with the arrows, copy a part or where it stands.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from '../parts/icon';
import { said } from '../state';
import { number, t } from '../text';
import { copyText } from '../conversation/copy';
import './tree.css';
import { entry, idOf, jsonText, keysOf, openAtFirst, pathText, rowsOf, STEP, visible } from './rows';
import type { Opened, Row } from './rows';

const CUT = 300; // characters of a text that are shown at first
const CUT_STEP = 20_000;
const MOST_INDENT = 16;

/** A text with what is not seen made so; long ones in steps. */
function Text({ text }: { text: string }) {
  const [shown, setShown] = useState(CUT);
  if (text.length <= shown) return <span class="v-string">"{visible(text)}"</span>;
  return (
    <span class="v-string">
      "{visible(text.slice(0, shown))}…
      <button
        class="bare word"
        type="button"
        tabIndex={-1}
        onClick={(event) => (event.stopPropagation(), setShown(shown + CUT_STEP))}
      >
        {t('composer.more', { n: number(text.length - shown) })}
      </button>
    </span>
  );
}

/** The first names in a closed object. */
function namesIn(value: object): string {
  const keys = keysOf(value);
  const names = visible(keys.slice(0, 4).join(', ').slice(0, 60));
  return keys.length ? ` ${names}${keys.length > 4 ? ', …' : ''} ` : '';
}

function Value({ row }: { row: Row }) {
  const { value, count, open } = row;
  if (typeof value === 'string') return <Text text={value} />;
  if (count === undefined || typeof value !== 'object' || value === null) {
    return <span class={`v-${value === null ? 'null' : typeof value}`}>{String(value)}</span>;
  }
  const isList = Array.isArray(value);
  return (
    <span class="soft">
      {isList ? '[' : '{'}
      {!open && (isList ? count > 0 && number(count) : namesIn(value))}
      {isList ? ']' : '}'}
      {(open || !isList) && count > 0 && <span class="small"> {number(count)}</span>}
    </span>
  );
}

async function copy(text: string): Promise<void> {
  said.value = t((await copyText(text)) ? 'composer.copied' : 'composer.not_copied');
}

function Act({ icon, label, text }: { icon: IconName; label: string; text: () => string }) {
  return (
    <button
      class="bare"
      type="button"
      tabIndex={-1}
      title={label}
      aria-label={label}
      onClick={(event) => (event.stopPropagation(), void copy(text()))}
    >
      <Icon name={icon} />
    </button>
  );
}

interface LineProps {
  row: Row;
  active: boolean;
  toggle: (row: Row) => void;
}

function Line({ row, active, toggle }: LineProps) {
  const key = row.path.at(-1);
  return (
    <div
      class="line"
      role="treeitem"
      data-id={row.id}
      tabIndex={active ? 0 : -1}
      aria-level={row.level}
      aria-setsize={row.siblings}
      aria-posinset={row.place}
      aria-expanded={row.open}
      style={{ paddingInlineStart: `${Math.min(row.level - 1, MOST_INDENT) * 1.1}rem` }}
      onClick={() => toggle(row)}
    >
      <span class="turn">{row.open !== undefined && <Icon name={row.open ? 'down' : 'right'} />}</span>
      {row.more !== undefined ? (
        <span class="word">
          {t('composer.more_entries', { n: number(Math.min(STEP, row.more)), all: number(row.more) })}
        </span>
      ) : (
        <span class="said">
          {key !== undefined && (
            <>
              <bdi class={typeof key === 'number' ? 'index' : 'key'}>{visible(String(key))}</bdi>
              <span class="soft">: </span>
            </>
          )}
          <bdi>
            <Value row={row} />
          </bdi>
        </span>
      )}
      {row.more === undefined && (
        <span class="acts">
          <Act icon="copy" label={t('composer.copy_value')} text={() => jsonText(row.value)} />
          <Act icon="tag" label={t('composer.copy_path')} text={() => pathText(row.path)} />
        </span>
      )}
    </div>
  );
}

export default function ValueTree({ value }: { value: unknown }) {
  const place = useRef<HTMLDivElement>(null);
  const first = useMemo(() => openAtFirst(value), [value]);
  const [changed, setChanged] = useState<{ of: unknown; opened: Opened }>();
  const opened = changed && changed.of === value ? changed.opened : first;
  const rows = useMemo(() => rowsOf(value, opened), [value, opened]);
  const [active, setActive] = useState('[]');
  const current = rows.find((row) => row.id === active) ?? rows[0];

  const wanted = useRef(false);
  const go = (id = active) => {
    wanted.current = true;
    setActive(id);
  };
  useEffect(() => {
    if (!wanted.current) return;
    wanted.current = false;
    for (const line of place.current?.children ?? []) {
      if (line instanceof HTMLElement && line.tabIndex === 0) line.focus();
    }
  });

  const show = (id: string, most: number) => setChanged({ of: value, opened: new Map(opened).set(id, most) });
  const toggle = (row: Row) => {
    go(row.id);
    if (row.more !== undefined) {
      const id = idOf(row.path);
      const shown = opened.get(id) ?? 0;
      show(id, shown + STEP);
      if (typeof row.value === 'object' && row.value) go(idOf([...row.path, entry(row.value, shown)[0]]));
    } else if (row.open !== undefined) show(row.id, row.open ? 0 : STEP);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = rows.indexOf(current);
    const parent = () => rows.slice(0, at).findLast((row) => row.level < current.level);
    if (event.key === 'ArrowDown') go(rows[at + 1]?.id);
    else if (event.key === 'ArrowUp') go(rows[at - 1]?.id);
    else if (event.key === 'Home') go(rows[0]?.id);
    else if (event.key === 'End') go(rows.at(-1)?.id);
    else if (event.key === 'ArrowRight' && current.open) go(rows[at + 1]?.id);
    else if (event.key === 'ArrowLeft' && !current.open) go(parent()?.id);
    else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') toggle(current);
    else if (/^(Enter| )$/.test(event.key) && event.target instanceof HTMLButtonElement) return;
    else if (/^(Enter| )$/.test(event.key)) toggle(current);
    else if (event.key === 'c') void copy(jsonText(current.value));
    else if (event.key === 'p') void copy(pathText(current.path));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="value-tree">
      <button class="bare all" type="button" onClick={() => void copy(jsonText(value))}>
        <Icon name="copy" /> {t('composer.copy_all')}
      </button>
      <div ref={place} class="lines" role="tree" aria-label={t('composer.tree')} onKeyDown={onKeyDown}>
        {rows.map((row) => (
          <Line key={row.id} row={row} active={row === current} toggle={toggle} />
        ))}
      </div>
    </div>
  );
}
