// What can be done with a message: small buttons below it.
import { computed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { choose, goOn, regenerate, remove } from '../chat/actions';
import { plainText } from '../markdown/view';
import type { Message } from '../model/types';
import { Icon, type IconName } from '../parts/icon';
import { Menu, type MenuItem } from '../parts/menu';
import { favourites } from '../prefs';
import { chat, editing, panel, toast } from '../state';
import { t } from '../text';
import { copyText } from './copy';
import { nameOf } from './names';
import { canGoOn } from './problem';
import { say } from './say';

interface ButtonProps {
  does: string; // by which the same button is found again in what takes the place of this message
  icon: IconName;
  label: string;
  off?: boolean;
  onClick: () => void;
}

function Button({ does, icon, label, off, onClick }: ButtonProps) {
  return (
    <button
      class="bare"
      type="button"
      data-do={does}
      aria-label={label}
      title={label}
      aria-disabled={off}
      onClick={() => off || onClick()}
    >
      <Icon name={icon} />
    </button>
  );
}

/** Says by its icon, and to a screen reader, that it is done. */
export function CopyButton({ text, label }: { text: () => string; label: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 1500);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => setDone(await copyAndTell(text()));
  return (
    <Button
      does="copy"
      icon={done ? 'check' : 'copy'}
      label={done ? t('conversation.copied') : label}
      onClick={() => void copy()}
    />
  );
}

async function copyAndTell(text: string): Promise<boolean> {
  const done = await copyText(text);
  if (done) say(t('conversation.copied'));
  else toast.value = { text: t('conversation.not_copied'), bad: true };
  return done;
}

/** Arrows between what was said instead. */
export function Branch({ id, siblings }: { id: string; siblings: readonly string[] }) {
  const at = siblings.indexOf(id);
  if (siblings.length < 2 || at < 0) return null;
  const arrow = (does: 'previous' | 'next', icon: IconName, to: string | undefined) => (
    <Button does={does} icon={icon} label={t(`conversation.${does}`)} off={!to} onClick={() => to && choose(to)} />
  );
  return (
    <span class="branch" data-part="branch" role="group" aria-label={t('conversation.versions')}>
      {arrow('previous', 'left', siblings[at - 1])}
      <span>
        {at + 1}/{siblings.length}
      </span>
      {arrow('next', 'right', siblings[at + 1])}
    </span>
  );
}

export function QuestionButtons({ message, siblings }: { message: Message; siblings: readonly string[] }) {
  const edit = () => (editing.value = message.id); // the composer takes over what it says
  return (
    <div class="buttons">
      <Branch id={message.id} siblings={siblings} />
      <CopyButton text={() => message.text} label={t('conversation.copy')} />
      <Button does="edit" icon="edit" label={t('conversation.edit')} onClick={edit} />
      <Button does="delete" icon="trash" label={t('conversation.delete')} onClick={() => void remove(message.id)} />
    </div>
  );
}

// One text, so that a change of the conversation that changes nothing here shows nothing anew. Favourites are models
// of the gateway: another server knows none of them.
const offered = computed(() => {
  const { models, server } = chat.value;
  return [...new Set([...models, ...(server ? [] : favourites.value)])].slice(0, 8).join('\n');
});

export function AnswerButtons({ message, siblings }: { message: Message; siblings: readonly string[] }) {
  const { id, model, server, text } = message;
  const others = offered.value.split('\n').filter((one) => one && one !== model);
  const items: MenuItem[] = [
    ...(text
      ? [{ label: t('conversation.copy_plain'), icon: 'copy' as const, run: () => void copyAndTell(plainText(text)) }]
      : []),
    ...(canGoOn(message)
      ? [{ label: t('conversation.continue'), icon: 'play' as const, run: () => void goOn(id) }]
      : []),
    ...others.map((one) => ({
      label: t('conversation.again_with', { model: nameOf(one, server).name }),
      icon: 'refresh' as const,
      run: () => void regenerate(id, one),
    })),
    { label: t('conversation.delete'), icon: 'trash', bad: true, run: () => void remove(id) },
  ];
  return (
    <div class="buttons">
      <Branch id={id} siblings={siblings} />
      {text && <CopyButton text={() => text} label={t('conversation.copy')} />}
      <Button does="again" icon="refresh" label={t('conversation.again')} onClick={() => void regenerate(id)} />
      <Button
        does="raw"
        icon="info"
        label={t('conversation.raw')}
        onClick={() => (panel.value = { name: 'raw', of: id })}
      />
      <Menu label={t('conversation.more')} icon="more" items={items} up />
    </div>
  );
}
