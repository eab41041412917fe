// Where a message is written: the field, what goes with it, and the few buttons below.
import { useSignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { changeChat, stop } from '../chat/actions';
import { stepsOf } from '../chat/tree';
import { loadSteps } from '../conversation/late';
import { Icon, type IconName } from '../parts/icon';
import { Lazy } from '../shell/lazy';
import { chat, editing, messages, panel } from '../state';
import { number, t } from '../text';
import { attach, attachText, files, isWriting, keepDrafts, sendDraft, text, troubles, waits } from './draft';
import { isComposing, noteComposition } from './ime';
import { isTouch, toField } from './touch';

const LONG_PASTE = 20_000; // characters
const loadChips = () => import('./chips');
const grows = () => typeof CSS !== 'undefined' && CSS.supports?.('field-sizing', 'content');

function editLast(): boolean {
  const last = stepsOf(messages.peek(), chat.peek()).findLast((step) => step.user)?.user;
  if (last) editing.value = last.id;
  return Boolean(last);
}

function onKeyDown(event: KeyboardEvent): void {
  if (isComposing(event)) return;
  if (event.key === 'Enter') {
    const asked = event.ctrlKey || event.metaKey;
    if (event.shiftKey || event.altKey || (isTouch() && !asked)) return;
    event.preventDefault();
    if (!event.repeat) void sendDraft();
  } else if (event.key === 'ArrowUp' && !text.peek() && !files.peek().length && !editing.peek()) {
    if (!event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey && editLast()) event.preventDefault();
  }
}

/** Escape in the composer, or where nothing else takes it: stop, or leave editing. */
function onEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || event.defaultPrevented || isComposing(event) || panel.peek()) return;
  const at = event.target;
  const isMine = at instanceof Element && at.closest('[data-part=composer]');
  if (!isMine && at instanceof Element && at.closest('input,textarea,select,dialog,[role=menu],[data-part=sidebar]')) {
    return;
  }
  if (isWriting.peek()) stop();
  else if (editing.peek()) editing.value = '';
}

function onPaste(event: ClipboardEvent): void {
  const data = event.clipboardData;
  if (!data) return;
  const plain = data.getData('text/plain');
  // A text processor gives a picture of the text as well: then the text is meant. A file manager gives names only.
  const given = plain && data.types.includes('text/html') ? [] : [...data.files];
  if (!given.length && plain.length <= LONG_PASTE) return;
  event.preventDefault();
  void (given.length ? attach(given) : attachText(plain));
}

/** Files that are dragged over the page. What is dragged out of the page itself is not meant. */
function watchDrops(over: (is: boolean) => void): () => void {
  let own = false;
  const told = (event: DragEvent) => {
    if (event.type === 'dragstart' || event.type === 'dragend') own = event.type === 'dragstart';
    const isFiles = event.dataTransfer?.types.includes('Files') && !own;
    if (!isFiles || event.defaultPrevented) return over(false);
    if (event.type === 'dragleave') return over(event.relatedTarget !== null);
    event.preventDefault(); // else the browser would open the file in place of the page
    const ours = !panel.peek() && !document.querySelector('dialog[open]');
    over(ours && event.type === 'dragover');
    if (ours && event.type === 'drop') void attach([...(event.dataTransfer?.files ?? [])]);
  };
  const kinds = ['dragstart', 'dragend', 'dragover', 'dragleave', 'drop'] as const;
  for (const kind of kinds) addEventListener(kind, told);
  return () => kinds.forEach((kind) => removeEventListener(kind, told));
}

function Tool(props: { does: string; icon: IconName; label: string; pressed?: boolean; onClick: () => void }) {
  const { does, icon, label, pressed, onClick } = props;
  return (
    <button
      class="bare"
      type="button"
      data-do={does}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

function Tools() {
  const chooser = useRef<HTMLInputElement>(null);
  const running = isWriting.value;
  const reason = waits.value;
  const { shape } = chat.value;
  const hint = text.value && (running || reason === 'composer.wait_model' || reason === 'composer.wait_files');
  const tokens = Math.ceil(text.value.length / 4);
  const action = t(running ? 'composer.stop' : 'composer.send');
  return (
    <div class="tools">
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void attach([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      <Tool does="attach" icon="attach" label={t('composer.attach')} onClick={() => chooser.current?.click()} />
      <Tool
        does="params"
        icon="sliders"
        label={t('composer.params')}
        onClick={() => (panel.value = { name: 'params' })}
      />
      <Tool
        does="shape"
        icon="braces"
        label={t('composer.shape')}
        pressed={Boolean(shape)}
        onClick={() => (panel.value = { name: 'shape' })}
      />
      {shape && (
        <span class="chip shaped">
          <bdi class="cut">{shape.name}</bdi>
          <Tool
            does="shape-off"
            icon="close"
            label={t('composer.shape_end')}
            onClick={() => (changeChat({ shape: undefined }), toField())}
          />
        </span>
      )}
      <span class="hint soft small cut" id="composer-hint">
        {hint ? t(reason) : text.value && t('composer.tokens', { n: number(tokens) })}
      </span>
      <button
        class="main go"
        type="button"
        data-do={running ? 'stop' : 'send'}
        aria-label={action}
        title={reason && !running ? t(reason) : action}
        disabled={!running && reason !== ''}
        onClick={({ detail }) => {
          if (running && detail > 1) return;
          if (running) stop();
          else void sendDraft();
          toField(); // the button is disabled before long
        }}
      >
        <Icon name={running ? 'stop' : 'send'} />
      </button>
    </div>
  );
}

export function Composer() {
  const area = useRef<HTMLTextAreaElement>(null);
  const over = useSignal(false);
  const { id } = chat.value;
  useEffect(keepDrafts, []);
  useEffect(() => watchDrops((is) => (over.value = is)), []);
  useEffect(() => {
    document.addEventListener('keydown', onEscape);
    area.current?.addEventListener('compositionend', noteComposition); // elements have no property for it
    return () => document.removeEventListener('keydown', onEscape);
  }, []);
  useEffect(() => {
    if (editing.value || !isTouch()) area.current?.focus();
  }, [id, editing.value]);
  useLayoutEffect(() => {
    const field = area.current;
    if (!field || grows()) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + 2}px`;
  }, [text.value]);
  return (
    <form
      class="composer"
      data-part="composer"
      aria-label={t('composer.label')}
      onSubmit={(event) => event.preventDefault()}
    >
      <div class="sheet">
        {editing.value && (
          <div class="row note editing">
            <Icon name="edit" />
            <span class="grow">{t('composer.editing')}</span>
            <button type="button" onClick={() => (editing.value = '')}>
              {t('composer.cancel')}
            </button>
          </div>
        )}
        {troubles.value.length > 0 && (
          <div class="row note bad" role="alert">
            <span class="grow">
              {troubles.value.map((one) => (
                <bdi key={one}>{one}</bdi>
              ))}
            </span>
            <Tool
              does="dismiss"
              icon="close"
              label={t('composer.dismiss')}
              onClick={() => ((troubles.value = []), toField())}
            />
          </div>
        )}
        {files.value.length > 0 && <Lazy load={loadChips} props={{}} />}
        <textarea
          ref={area}
          rows={1}
          dir="auto"
          enterkeyhint={isTouch() ? 'enter' : 'send'}
          aria-label={t('composer.label')}
          aria-describedby="composer-hint"
          placeholder={t('composer.label')}
          value={text.value}
          onInput={({ currentTarget }) => {
            text.value = currentTarget.value;
            void loadSteps(); // what will be asked is not waited for twice
          }}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
        />
        <Tools />
      </div>
      {over.value && (
        <div class="drop">
          <Icon name="attach" /> {t('composer.drop')}
        </div>
      )}
    </form>
  );
}
