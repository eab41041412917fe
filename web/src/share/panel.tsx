// Taking conversations out of this browser and into it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { store } from '../data/store';
import type { Chat } from '../model/types';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { otherServers } from '../prefs';
import { chat as openChat, chats, panel } from '../state';
import { number, t } from '../text';
import { download, safeName } from './download';
import { toJson, type Whole } from './export';
import { keep, read } from './import';
import type { LeftOut } from './problems';
import { sharing } from './which';

async function wholeOf(chat: Chat): Promise<Whole> {
  const kept = await store();
  const messages = await kept.messages(chat.id);
  const blobs = new Map<string, Blob>();
  for (const { id } of messages.flatMap(({ attachments }) => attachments ?? [])) {
    const data = blobs.has(id) ? undefined : await kept.blob(id);
    if (data) blobs.set(id, data);
  }
  return { chat, messages, blobs };
}

async function* wholes(list: readonly Chat[]): AsyncGenerator<Whole> {
  for (const chat of list) yield await wholeOf(chat);
}

/** Write JSON; gives how many attachments had no room. */
async function giveJson(list: readonly Chat[], title: string, raw: boolean): Promise<number> {
  const { files, left } = await toJson(wholes(list), raw);
  files.forEach((file, at) => download(file, safeName(files.length > 1 ? `${title} ${at + 1}` : title, 'json')));
  return left;
}

async function giveText(chat: Chat, kind: 'md' | 'html'): Promise<number> {
  const whole = await wholeOf(chat);
  const text =
    kind === 'md' ? (await import('./markdown')).toMarkdown(whole) : await (await import('./html')).toHtml(whole);
  const type = kind === 'md' ? 'text/markdown' : 'text/html';
  download(new Blob([text], { type: `${type};charset=utf-8` }), safeName(chat.title, kind));
  return 0;
}

interface Told {
  bad?: boolean;
  words: string[];
}

function wordsOf(problems: readonly LeftOut[]): string[] {
  return problems.map(({ why, count, where }) => {
    const named = where.filter(Boolean).join(', ');
    return t(`share.left_${why}`, { count: number(count) }) + (named && ` (${named})`);
  });
}

async function takeIn(files: Iterable<File>): Promise<Told> {
  const servers = new Set(otherServers.value.map(({ id }) => id));
  const words: string[] = [];
  let taken = 0;
  for (const file of files) {
    const { all, problems } = await read(file, { servers });
    await keep(all, await store());
    taken += all.length;
    words.push(...wordsOf(problems).map((one) => `${file.name}: ${one}`));
  }
  return { bad: !taken, words: [t('share.imported', { count: number(taken) }), ...words] };
}

const today = () => new Date().toISOString().slice(0, 10);

export default function Share() {
  const [told, setTold] = useState<Told | null>(null);
  const [busy, setBusy] = useState(false);
  const [raw, setRaw] = useState(false);
  const [over, setOver] = useState(false);
  const choose = useRef<HTMLInputElement>(null);
  useEffect(() => () => void (sharing.value = ''), []);
  const all = chats.value;
  const one = all.find(({ id }) => id === (sharing.value || openChat.value.id));

  const work = async (what: () => Promise<Told | null>) => {
    setBusy(true);
    setTold(null);
    try {
      setTold(await what());
    } catch {
      setTold({ bad: true, words: [t('share.failed')] });
    }
    setBusy(false);
  };
  const give = (what: () => Promise<number>) => () =>
    void work(async () => {
      const left = await what();
      return left ? { bad: true, words: [t('share.no_room', { count: number(left) })] } : null;
    });
  const take = (files: FileList | null | undefined) => {
    const list = [...(files ?? [])];
    if (list.length && !busy) void work(() => takeIn(list));
  };
  return (
    <Dialog title={t('share.title')} onClose={() => (panel.value = null)}>
      {one && (
        <section class="share">
          <h3 class="cut">{one.title || t('share.untitled')}</h3>
          <div class="row">
            <button
              type="button"
              data-do="export-json"
              disabled={busy}
              onClick={give(() => giveJson([one], one.title, raw))}
            >
              <Icon name="braces" /> JSON
            </button>
            <button type="button" data-do="export-markdown" disabled={busy} onClick={give(() => giveText(one, 'md'))}>
              <Icon name="file" /> Markdown
            </button>
            <button type="button" data-do="export-html" disabled={busy} onClick={give(() => giveText(one, 'html'))}>
              <Icon name="share" /> {t('share.html')}
            </button>
          </div>
          <p class="soft small">{t('share.one_hint')}</p>
        </section>
      )}
      {all.length > 0 && (
        <section class="share">
          <h3>{t('share.all', { count: number(all.length) })}</h3>
          <div class="row">
            <button
              type="button"
              data-do="export-all"
              disabled={busy}
              onClick={give(() => giveJson(all, `franca ${today()}`, raw))}
            >
              <Icon name="download" /> JSON
            </button>
          </div>
          <label class="check">
            <input type="checkbox" checked={raw} onChange={(event) => setRaw(event.currentTarget.checked)} />
            {t('share.raw')}
          </label>
        </section>
      )}
      <section
        class={over ? 'share take over' : 'share take'}
        onDragOver={(event) => (event.preventDefault(), setOver(true))}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          take(event.dataTransfer?.files);
        }}
      >
        <h3>{t('share.import')}</h3>
        <p class="soft small">{t('share.import_hint')}</p>
        <div class="row">
          <button type="button" disabled={busy} onClick={() => choose.current?.click()}>
            <Icon name="upload" /> {t('share.choose')}
          </button>
        </div>
        <input
          ref={choose}
          type="file"
          hidden
          multiple
          accept=".json,application/json"
          aria-label={t('share.choose')}
          onChange={(event) => {
            take(event.currentTarget.files);
            event.currentTarget.value = '';
          }}
        />
      </section>
      <div role="status" aria-live="polite">
        {busy && <p class="soft">{t('share.busy')}</p>}
        {told && (
          <div class={told.bad ? 'note bad' : told.words.length > 1 ? 'note warn' : 'note good'}>
            {told.words.map((words) => (
              <p key={words}>{words}</p>
            ))}
          </div>
        )}
      </div>
    </Dialog>
  );
}
