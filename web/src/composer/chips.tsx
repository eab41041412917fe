// The files that go with the message: what they are, how large, and away with them.
import { useEffect, useState } from 'preact/hooks';
import './chips.css';
import { Icon } from '../parts/icon';
import { chat, models } from '../state';
import { t } from '../text';
import { files, text, troubles, type Held } from './draft';
import { bytes, middle, resize } from './files';
import { toField } from './touch';

function drop(one: Held): void {
  files.value = files.value.filter((other) => other !== one);
}

async function asText(one: Held): Promise<void> {
  const words = await one.data.text();
  text.value = text.value ? `${text.value}\n${words}` : words;
  drop(one);
  toField();
}

async function toggle(one: Held): Promise<void> {
  const changed = await resize(one, files.peek(), text.peek().length);
  if (changed) files.value = files.value.map((other) => (other === one ? changed : other));
  else troubles.value = [t('composer.no_room_full', { name: one.attachment.name })];
}

function Picture({ data }: { data: Blob }) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    const made = URL.createObjectURL(data);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [data]);
  return url ? <img src={url} alt="" onError={() => setUrl('')} /> : <Icon name="file" />;
}

function Chip({ one }: { one: Held }) {
  const { kind, name, size } = one.attachment;
  const away = (event: { currentTarget: HTMLElement }) => {
    const item = event.currentTarget.closest('li');
    const next = (item?.nextElementSibling ?? item?.previousElementSibling)?.querySelector<HTMLElement>('.away');
    const field = item?.closest('form')?.querySelector('textarea');
    drop(one);
    (next ?? field)?.focus();
  };
  return (
    <li data-part="attachment" data-kind={kind}>
      {kind === 'image' ? <Picture data={one.data} /> : <Icon name={kind === 'audio' ? 'play' : 'file'} />}
      <span class="about">
        <bdi title={name}>{middle(name, 26)}</bdi>
        <span class="soft small">
          {t(`composer.kind_${kind}`)} {bytes(size)}
          {one.full && (
            <button class="bare word" type="button" aria-pressed={one.scaled} onClick={() => void toggle(one)}>
              {t(one.scaled ? 'composer.scaled' : 'composer.full')}
            </button>
          )}
          {one.pasted && (
            <button class="bare word" type="button" onClick={() => void asText(one)}>
              {t('composer.as_text')}
            </button>
          )}
        </span>
      </span>
      <button
        class="bare away"
        type="button"
        aria-label={t('composer.remove', { name })}
        title={t('composer.remove', { name })}
        onClick={away}
        onKeyDown={(event) => /^(Delete|Backspace)$/.test(event.key) && (event.preventDefault(), away(event))}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

/** Who of those that are asked does not say that it reads what is attached. A warning: lists of models are not law. */
function warnings(): string[] {
  const { models: asked, server = '' } = chat.value;
  const known = (models.value[server] ?? []).filter((one) => asked.includes(one.id) && one.reads.length);
  return (['image', 'audio'] as const).flatMap((kind) =>
    files.value.some((one) => one.attachment.kind === kind)
      ? known
          .filter((one) => !one.reads.includes(kind))
          .map((one) => t(`composer.reads_no_${kind}`, { model: one.name }))
      : [],
  );
}

export default function Chips() {
  const told = warnings();
  return (
    <>
      <ul class="held" aria-label={t('composer.files')}>
        {files.value.map((one) => (
          <Chip key={one.attachment.id} one={one} />
        ))}
      </ul>
      {told.length > 0 && (
        <p class="note warn small">
          <bdi>{told.join(' ')}</bdi>
        </p>
      )}
    </>
  );
}
