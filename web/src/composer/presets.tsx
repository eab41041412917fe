// The system prompt, and those that are kept under a name.
import { useRef, useState } from 'preact/hooks';
import { Icon } from '../parts/icon';
import { presets } from '../prefs';
import { newId } from '../state';
import { t } from '../text';

const MOST = 100;

interface Props {
  text: string;
  change: (text: string) => void;
}

/** A name is asked for in place: `old` is the id of the one that is renamed, "" for a new one. */
function NameField({ old, text, close }: { old: string; text: string; close: (id: string) => void }) {
  const found = presets.value.find((one) => one.id === old);
  const [name, setName] = useState(found?.name ?? '');
  const keep = () => {
    const clean = name.trim().slice(0, 100);
    if (!clean) return;
    const id = old || newId();
    presets.value = found
      ? presets.value.map((one) => (one.id === old ? { ...one, name: clean } : one))
      : [...presets.value, { id, name: clean, text }].slice(-MOST);
    close(id);
  };
  return (
    <div class="row">
      <input
        class="grow"
        ref={(field) => field?.focus()}
        aria-label={t('composer.preset_name')}
        placeholder={t('composer.preset_name')}
        value={name}
        onInput={({ currentTarget }) => setName(currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing || event.keyCode === 229) return;
          if (event.key === 'Enter') keep();
          else if (event.key === 'Escape') close(old);
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
      />
      <button class="main" type="button" disabled={!name.trim()} onClick={keep}>
        {t('composer.save')}
      </button>
      <button type="button" onClick={() => close(old)}>
        {t('composer.cancel')}
      </button>
    </div>
  );
}

export function Presets({ text, change }: Props) {
  const [chosen, setChosen] = useState(() => presets.peek().find((one) => one.text === text)?.id ?? '');
  const [naming, setNaming] = useState<string | null>(null);
  const current = presets.value.find((one) => one.id === chosen);
  const isChanged = Boolean(current && current.text !== text);
  const choose = (id: string) => {
    setChosen(id);
    const found = presets.value.find((one) => one.id === id);
    if (found) change(found.text);
  };
  const place = useRef<HTMLDivElement>(null);
  /** The keyboard goes where it can go on: the button that was pressed is gone. */
  const back = () =>
    requestAnimationFrame(() => {
      const list = place.current?.querySelector<HTMLElement>('select:not(:disabled)');
      (list ?? place.current?.querySelector('textarea'))?.focus();
    });
  const update = () => {
    presets.value = presets.value.map((one) => (one.id === chosen ? { ...one, text } : one));
    back();
  };
  const away = () => {
    presets.value = presets.value.filter((one) => one.id !== chosen);
    setChosen('');
    back();
  };
  return (
    <div class="presets" ref={place}>
      <label class="field">
        {t('composer.system')}
        <textarea
          rows={5}
          dir="auto"
          placeholder={t('composer.system_hint')}
          value={text}
          onInput={({ currentTarget }) => change(currentTarget.value)}
        />
      </label>
      {naming !== null ? (
        <NameField old={naming} text={text} close={(id) => (setNaming(null), setChosen(id), back())} />
      ) : (
        <div class="row">
          <select
            class="grow"
            aria-label={t('composer.presets')}
            value={chosen}
            disabled={!presets.value.length}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            <option value="">{t('composer.presets')}</option>
            {presets.value.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
          {isChanged && (
            <button type="button" onClick={update}>
              {t('composer.save')}
            </button>
          )}
          <button type="button" disabled={!text.trim()} onClick={() => setNaming('')}>
            {t('composer.save_as')}
          </button>
          {current && (
            <>
              <button
                class="bare"
                type="button"
                aria-label={t('composer.rename')}
                title={t('composer.rename')}
                onClick={() => setNaming(chosen)}
              >
                <Icon name="edit" />
              </button>
              <button
                class="bare bad"
                type="button"
                aria-label={t('composer.delete')}
                title={t('composer.delete')}
                onClick={away}
              >
                <Icon name="trash" />
              </button>
            </>
          )}
        </div>
      )}
    </div>
  );
}
