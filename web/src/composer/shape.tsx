// The panel of structured mode: paste a JSON Schema or an example of the answer, name it, turn it on.
import { useEffect, useId, useState } from 'preact/hooks';
import { changeChat } from '../chat/actions';
import type { Shape } from '../model/types';
import { Dialog } from '../parts/dialog';
import { chat, panel } from '../state';
import { t } from '../text';
import { faultOf } from './fields';
import { readJson } from './json';
import './panels.css';
import { EXAMPLES, isName, isSchema, isThing, MOST_SOURCE, nameFor, schemaOf, schemaTrouble, unwrap } from './wanted';

type Source = Shape['source'];
interface Editor {
  text: string; // as it was pasted
  source: Source;
  made: string; // the schema made of an example, as text; it can be edited
  name: string;
}

const pretty = (value: unknown) => JSON.stringify(value, null, 2);

/** What was being written when the panel was closed without a shape that could be used: of one conversation. */
let unfinished: { of: string; editor: Editor } | undefined;

function editorOf(of: string, shape: Shape | undefined): Editor {
  if (shape) {
    const made = shape.source === 'example' ? pretty(shape.schema) : '';
    return { text: shape.text, source: shape.source, made, name: shape.name };
  }
  return unfinished?.of === of ? unfinished.editor : { text: '', source: 'schema', made: '', name: 'answer' };
}

/** The text as JSON, or what is wrong with it in words. Nothing at all is neither. */
function read(text: string): { value?: unknown; wrong: string } {
  if (!text.trim()) return { wrong: '' };
  if (text.length > MOST_SOURCE) return { wrong: t('composer.too_long') };
  const { value, wrong } = readJson(text);
  if (!wrong) return { value, wrong: '' };
  const fault = faultOf(wrong);
  return { wrong: t(fault.key, fault.values) };
}

/** What the editor stands for at the moment. */
function shapeOf(editor: Editor): { shape?: Shape; wrong: string } {
  const { text, source, made, name } = editor;
  const { value, wrong } = read(source === 'schema' ? text : made);
  if (wrong || value === undefined) return { wrong };
  const { schema } = unwrap(value);
  if (!isThing(schema)) return { wrong: t('composer.no_schema') };
  if (!isName(name)) return { wrong: '' };
  return { shape: { name, source, text, schema }, wrong: '' };
}

interface CodeProps {
  label: string;
  rows: number;
  value: string;
  wrong: string;
  hint?: string;
  change: (text: string) => void;
}

function Code({ label, rows, value, wrong, hint, change }: CodeProps) {
  const id = useId();
  return (
    <div>
      <label class="field">
        {label}
        <textarea
          class="code"
          rows={rows}
          spellcheck={false}
          placeholder={hint}
          aria-invalid={Boolean(wrong)}
          aria-describedby={id}
          value={value}
          onInput={({ currentTarget }) => change(currentTarget.value)}
        />
      </label>
      <p id={id} class="wrong small" role="status">
        <bdi>{wrong}</bdi>
      </p>
    </div>
  );
}

/** Runs after a moment of quiet; what is under way is called off when there is news. */
function useAsked(run: (signal: AbortSignal) => Promise<void>, on: unknown): void {
  useEffect(() => {
    const quit = new AbortController();
    const timer = setTimeout(() => void run(quit.signal), 400);
    return () => {
      clearTimeout(timer);
      quit.abort();
    };
  }, [on]);
}

function useEditor(of: string) {
  const [editor, setEditor] = useState(() => editorOf(of, chat.peek().shape));
  const [trouble, setTrouble] = useState('');
  const set = (patch: Partial<Editor>) => setEditor((before) => ({ ...before, ...patch }));
  const found = shapeOf(editor);
  const exampleText = editor.source === 'example' && !editor.made ? editor.text : '';
  useAsked(async (signal) => {
    const { value } = read(exampleText);
    if (value === undefined) return;
    try {
      const schema = await schemaOf(value, signal);
      if (!signal.aborted) set({ made: pretty(schema) });
    } catch (error) {
      if (!signal.aborted) setTrouble(t('composer.no_made', { why: error instanceof Error ? error.message : '' }));
    }
  }, exampleText);
  const schemaText = found.shape ? pretty(found.shape.schema) : '';
  useAsked(async (signal) => {
    const told = found.shape ? await schemaTrouble(found.shape.schema, signal) : '';
    if (!signal.aborted && found.shape) setTrouble(told);
  }, schemaText);
  const paste = (text: string) => {
    const { value } = read(text);
    setTrouble('');
    if (value === undefined) return set({ text, made: '' });
    const inside = unwrap(value);
    const source: Source = isSchema(inside.schema) ? 'schema' : 'example';
    set({ text, source, made: '', ...(inside.name ? { name: inside.name } : {}) });
  };
  return { editor, set, found, trouble, paste };
}

function Examples({ use }: { use: (name: string, schema: unknown) => void }) {
  return (
    <div class="row ready">
      <span class="soft small">{t('composer.examples')}</span>
      {Object.entries(EXAMPLES).map(([name, schema]) => (
        <button key={name} class="small" type="button" onClick={() => use(name, schema)}>
          {t(`composer.example_${name}`)}
        </button>
      ))}
    </div>
  );
}

function Form() {
  const { id } = chat.peek();
  const { editor, set, found, trouble, paste } = useEditor(id);
  const [on, setOn] = useState(Boolean(chat.peek().shape));
  const wrong = editor.source === 'schema' ? found.wrong : read(editor.text).wrong;
  const usable = found.shape && !trouble ? found.shape : undefined;
  const asked = JSON.stringify(usable ?? null);
  useEffect(() => {
    unfinished = on && usable ? undefined : { of: id, editor };
    // What is wrong is never sent: until it is right again, the last one that was stays in use.
    if (on && usable && chat.peek().id === id && JSON.stringify(chat.peek().shape) !== asked) {
      changeChat({ shape: usable });
    }
  }, [on, asked, editor]);
  const turn = () => {
    if (on) changeChat({ shape: undefined });
    setOn(!on);
  };
  return (
    <div class="params">
      <p class="soft">{t('composer.shape_about')}</p>
      <Examples use={(name, schema) => (paste(pretty(schema)), set({ name }))} />
      <Code
        label={t('composer.shape_source')}
        rows={editor.source === 'example' ? 6 : 13}
        value={editor.text}
        wrong={wrong}
        hint={'{"name": "Ada", "born": 1815}'}
        change={paste}
      />
      <div class="row" role="radiogroup" aria-label={t('composer.shape_kind')}>
        {(['schema', 'example'] as const).map((source) => (
          <label key={source} class="check">
            <input type="radio" checked={editor.source === source} onChange={() => set({ source, made: '' })} />
            {t(`composer.source_${source}`)}
          </label>
        ))}
      </div>
      {editor.source === 'example' && (
        <Code
          label={t('composer.shape_made')}
          rows={10}
          value={editor.made}
          wrong={found.wrong}
          change={(made) => set({ made })}
        />
      )}
      <label class="field">
        {t('composer.shape_name')}
        <input
          value={editor.name}
          maxLength={64}
          spellcheck={false}
          aria-invalid={!isName(editor.name)}
          onInput={({ currentTarget }) => set({ name: currentTarget.value })}
          onBlur={() => !isName(editor.name) && set({ name: nameFor(editor.name) })}
        />
      </label>
      {trouble && (
        <p class="note bad" role="alert">
          <bdi>{trouble}</bdi>
        </p>
      )}
      {on && !usable && chat.value.shape && <p class="note warn">{t('composer.shape_old')}</p>}
      <div class="row foot">
        <button
          class={on ? '' : 'main'}
          type="button"
          data-do="use"
          disabled={!on && !usable}
          aria-pressed={on}
          onClick={turn}
        >
          {t(on ? 'composer.shape_off' : 'composer.shape_on')}
        </button>
        {on && usable && <span class="good small">{t('composer.shape_is_on')}</span>}
      </div>
    </div>
  );
}

export default function ShapePanel() {
  return (
    <Dialog title={t('composer.shape')} kind="side" onClose={() => (panel.value = null)}>
      <Form key={chat.value.id} />
    </Dialog>
  );
}
