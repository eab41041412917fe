// The panel of what goes with every request of this conversation: system prompt and parameters. There is nothing to
// save: what is right is used at once, what is wrong is told and left out.
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { changeChat } from '../chat/actions';
import type { Params } from '../model/types';
import { Dialog } from '../parts/dialog';
import { defaults } from '../prefs';
import { chat, panel } from '../state';
import { number, t } from '../text';
import { EFFORTS, RANGES, readTexts, textsOf, type Fault, type NumberField, type Texts } from './fields';
import { Presets } from './presets';
import './panels.css';

/** What was wrong when the panel was closed: it is shown again, not lost. */
let unfinished: { of: string; texts: Texts } | undefined;

export function Wrong({ id, fault }: { id: string; fault?: Fault | undefined }) {
  const values = { ...fault?.values };
  for (const [name, value] of Object.entries(values)) if (typeof value === 'number') values[name] = number(value);
  return (
    <p id={id} class="wrong small" role="status">
      {fault && `${t(fault.key, values)} ${t('composer.not_used')}`}
    </p>
  );
}

/** The words of a field. ("composer.stop" is what the button says.) */
const labelOf = (name: keyof Texts) => t(name === 'stop' ? 'composer.stop_words' : `composer.${name}`);

interface FieldProps {
  name: keyof Texts;
  texts: Texts;
  fault: Fault | undefined;
  change: (name: keyof Texts, text: string) => void;
}

function NumberInput({ name, texts, fault, change }: FieldProps & { name: NumberField }) {
  const id = useId();
  const { min, max, whole } = RANGES[name];
  const text = texts[name];
  const isSet = text.trim() !== '';
  return (
    <div class="number">
      <label class="field" for={id}>
        {t(`composer.${name}`)}
      </label>
      <div class="row">
        {!whole && (
          <input
            class="grow"
            type="range"
            min={min}
            max={max}
            step={0.05}
            data-unset={!isSet || undefined}
            aria-label={t(`composer.${name}`)}
            aria-valuetext={isSet ? text : t('composer.unset')}
            value={isSet ? text.replace(',', '.') : 1}
            onInput={({ currentTarget }) => change(name, currentTarget.value)}
          />
        )}
        <input
          id={id}
          type="text"
          inputMode={whole ? 'numeric' : 'decimal'}
          autocomplete="off"
          placeholder={t(whole ? 'composer.unset' : 'composer.unset_short')}
          aria-invalid={Boolean(fault)}
          aria-describedby={`${id}-wrong`}
          value={text}
          onInput={({ currentTarget }) => change(name, currentTarget.value)}
        />
        {!whole && (
          <button
            type="button"
            disabled={!isSet}
            onClick={() => {
              change(name, '');
              document.getElementById(id)?.focus(); // a button that is disabled has no focus
            }}
          >
            {t('composer.clear')}
          </button>
        )}
      </div>
      <Wrong id={`${id}-wrong`} fault={fault} />
    </div>
  );
}

function LongInput({ name, texts, fault, change, rows, hint }: FieldProps & { rows: number; hint: string }) {
  const id = useId();
  return (
    <div>
      <label class="field">
        {labelOf(name)}
        <textarea
          class="code"
          rows={rows}
          spellcheck={false}
          placeholder={hint}
          aria-invalid={Boolean(fault)}
          aria-describedby={`${id}-wrong`}
          value={texts[name]}
          onInput={({ currentTarget }) => change(name, currentTarget.value)}
        />
      </label>
      <Wrong id={`${id}-wrong`} fault={fault} />
    </div>
  );
}

/** Calls what was given last a moment after the last call, and at the end. */
function useLater(run: () => void, on: unknown): void {
  const last = useRef<(() => void) | undefined>(undefined);
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    last.current = run;
    const timer = setTimeout(() => {
      last.current = undefined;
      run();
    }, 300);
    return () => clearTimeout(timer);
  }, [on]);
  useEffect(() => () => last.current?.(), []);
}

function Form() {
  const { id, params, system: initial } = chat.peek();
  const [texts, setTexts] = useState<Texts>(() => (unfinished?.of === id ? unfinished.texts : textsOf(params)));
  const [system, setSystem] = useState(initial);
  const { params: read, faults } = readTexts(texts);
  const change = (name: keyof Texts, text: string) => setTexts((before) => ({ ...before, [name]: text }));
  useLater(() => chat.peek().id === id && changeChat({ params: read, system }), JSON.stringify([read, system]));
  useEffect(() => {
    unfinished = Object.keys(faults).length ? { of: id, texts } : undefined;
  }, [texts]);
  const props = (name: keyof Texts) => ({ name, texts, fault: faults[name], change });
  return (
    <div class="params">
      <Presets text={system} change={setSystem} />
      <div class="pair">
        <NumberInput {...props('temperature')} name="temperature" />
        <NumberInput {...props('top_p')} name="top_p" />
        <NumberInput {...props('max_tokens')} name="max_tokens" />
        <NumberInput {...props('seed')} name="seed" />
      </div>
      <label class="field">
        {t('composer.reasoning_effort')}
        <select
          value={texts.reasoning_effort}
          onChange={({ currentTarget }) => change('reasoning_effort', currentTarget.value)}
        >
          <option value="">{t('composer.unset')}</option>
          {EFFORTS.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      <LongInput {...props('stop')} rows={2} hint={t('composer.stop_hint')} />
      <LongInput {...props('extra')} rows={4} hint={'{"top_k": 40}'} />
      <Foot params={read} reset={() => (setTexts(textsOf({})), setSystem(''))} />
    </div>
  );
}

function Foot({ params, reset }: { params: Params; reset: () => void }) {
  const same = JSON.stringify(defaults.value) === JSON.stringify(params);
  return (
    <div class="row foot">
      <button type="button" disabled={same} onClick={() => (defaults.value = params)}>
        {t(same ? 'composer.is_default' : 'composer.as_default')}
      </button>
      <button type="button" onClick={reset}>
        {t('composer.reset')}
      </button>
    </div>
  );
}

export default function ParamsPanel() {
  return (
    <Dialog title={t('composer.params')} kind="side" onClose={() => (panel.value = null)}>
      <Form key={chat.value.id} />
    </Dialog>
  );
}
