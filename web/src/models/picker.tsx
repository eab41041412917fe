// The model picker: search, favourites, what each model can do and costs; one, or several side by side.
import { useEffect, useRef, useState } from 'preact/hooks';
import { changeChat, loadModels } from '../chat/actions';
import type { Model } from '../model/types';
import { Dialog } from '../parts/dialog';
import { Icon } from '../parts/icon';
import { favourites, lastModels, otherServers, recents } from '../prefs';
import { chat, gateway, models, modelTrouble, panel } from '../state';
import { number, t } from '../text';
import '../shell/panels.css';
import { grouped, matching } from './match';

const SHOWN = 60; // rows at first, and with each "more"
const MOST_LANES = 6;
const SHOWN_ABILITIES = ['tools', 'structured_outputs', 'reasoning'];

function tokens(count: number): string {
  return number(count, { notation: 'compact', maximumSignificantDigits: 3 });
}

function price(model: Model): string {
  const { promptPrice: read, writtenPrice: written } = model;
  if (read === undefined || written === undefined) return '';
  if (!read && !written) return t('models.free');
  const money = (value: number) => {
    const digits = value && value < 0.1 ? { maximumSignificantDigits: 2 } : {};
    return number(value, { style: 'currency', currency: 'USD', ...digits });
  };
  return t('models.price', { read: money(read), written: money(written) });
}

function Facts({ model }: { model: Model }) {
  const facts = [
    model.context ? t('models.context', { tokens: tokens(model.context) }) : '',
    price(model),
    ...model.reads.filter((one) => one !== 'text').map((one) => t(`models.reads_${one}`)),
    ...SHOWN_ABILITIES.filter((one) => model.supports.includes(one)).map((one) => t(`models.can_${one}`)),
  ].filter((one) => one && !one.startsWith('models.'));
  return facts.length ? <span class="facts small soft">{facts.join(' · ')}</span> : null;
}

interface RowProps {
  model: Model;
  chosen: boolean;
  several: boolean;
  onChoose: () => void;
}

function Row({ model, chosen, several, onChoose }: RowProps) {
  const isFavourite = favourites.value.includes(model.id);
  const star = () => {
    const others = favourites.value.filter((one) => one !== model.id);
    favourites.value = isFavourite ? others : [model.id, ...others].slice(0, 100);
  };
  return (
    <li class="model-row">
      <button
        class="bare pick"
        type="button"
        role={several ? 'checkbox' : undefined}
        aria-checked={several ? chosen : undefined}
        aria-current={!several && chosen ? 'true' : undefined}
        title={model.about}
        onClick={onChoose}
      >
        <span class="tick" aria-hidden="true">
          {chosen && <Icon name="check" />}
        </span>
        <span class="grow">
          <bdi class="name">{model.id}</bdi>
          <Facts model={model} />
        </span>
      </button>
      <button
        class={isFavourite ? 'bare star on' : 'bare star'}
        type="button"
        aria-pressed={isFavourite}
        aria-label={t('models.favourite', { model: model.id })}
        onClick={star}
      >
        <Icon name="star" />
      </button>
    </li>
  );
}

/** Remember what was chosen, and close. */
function choose(ids: string[], server: string): void {
  const first = ids[0];
  if (first === undefined) return;
  recents.value = [...ids, ...recents.value.filter((one) => !ids.includes(one))].slice(0, 8);
  lastModels.value = ids;
  void changeChat({ models: ids, server: server || undefined });
}

function useArrows(list: { current: HTMLElement | null }) {
  return (event: KeyboardEvent) => {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const all = [...(list.current?.querySelectorAll<HTMLElement>('.pick') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement) + (event.key === 'ArrowDown' ? 1 : -1);
    event.preventDefault();
    if (at < 0) list.current?.closest('dialog')?.querySelector<HTMLElement>('input[type=search]')?.focus();
    else all[Math.min(at, all.length - 1)]?.focus();
  };
}

export default function Picker() {
  const [typed, setTyped] = useState('');
  const [shown, setShown] = useState(SHOWN);
  const [several, setSeveral] = useState(chat.peek().models.length > 1);
  const [server, setServer] = useState(chat.peek().server ?? '');
  // As they were when this was opened: nothing moves away under the pointer that chooses.
  const [first] = useState(() => [favourites.peek(), recents.peek()] as const);
  const list = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const onKeyDown = useArrows(list);
  useEffect(() => {
    // (where fingers write, the keyboard would cover the list)
    if (!matchMedia('(pointer: coarse)').matches) search.current?.focus();
  }, []);
  useEffect(() => {
    if (!models.peek()[server]?.length) void loadModels(server);
  }, [server]);

  const all = models.value[server] ?? [];
  const chosen = (chat.value.server ?? '') === server ? chat.value.models : [];
  const close = () => (panel.value = null);
  const onChoose = (id: string) => {
    if (!several) {
      choose([id], server);
      close();
    } else if (chosen.includes(id)) choose(chosen.length > 1 ? chosen.filter((one) => one !== id) : chosen, server);
    else choose([...chosen, id].slice(-MOST_LANES), server);
  };
  const groups = typed.trim() ? [{ name: 'found' as const, models: matching(all, typed) }] : grouped(all, ...first);
  let left = shown;
  const found = groups.reduce((sum, group) => sum + group.models.length, 0);
  const trouble = modelTrouble.value[server];
  const unlisted = typed.trim() && !all.some((one) => one.id === typed.trim());

  return (
    <Dialog title={t('models.title')} onClose={close}>
      <div class="picker" data-part="picker" onKeyDown={onKeyDown} ref={list}>
        {otherServers.value.length > 0 && (
          <label class="field">
            {t('models.server')}
            <select value={server} onChange={(event) => setServer(event.currentTarget.value)}>
              <option value="">{t('models.this_gateway')}</option>
              {otherServers.value.map((one) => (
                <option key={one.id} value={one.id}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <input
          ref={search}
          type="search"
          value={typed}
          placeholder={t('models.search')}
          aria-label={t('models.search')}
          onInput={(event) => (setTyped(event.currentTarget.value), setShown(SHOWN))}
          onKeyDown={(event) => {
            // Enter takes the first that was found.
            if (event.key !== 'Enter' || event.isComposing || !typed.trim()) return;
            event.preventDefault();
            list.current?.querySelector<HTMLElement>('.pick')?.click();
          }}
        />
        <div class="row around">
          <label class="check">
            <input type="checkbox" checked={several} onChange={() => setSeveral(!several)} />
            {t('models.several', { most: MOST_LANES })}
          </label>
          {gateway.value.servers.length > 0 && (
            <button class="bare" type="button" onClick={() => (panel.value = { name: 'servers' })}>
              <Icon name="server" /> {t('models.add_server')}
            </button>
          )}
        </div>
        <p class={typed.trim() ? 'small soft' : 'unseen'} role="status">
          {t('models.found', { count: number(found) })}
        </p>
        {trouble && (
          <p class="note bad">
            {trouble}{' '}
            <button type="button" onClick={() => void loadModels(server)}>
              {t('shell.again')}
            </button>
          </p>
        )}
        {groups.map((group) => {
          const some = group.models.slice(0, left);
          left -= some.length;
          return some.length ? (
            <section key={group.name}>
              {group.name !== 'found' && <h3>{t(`models.${group.name}`)}</h3>}
              <ul>
                {some.map((model) => (
                  <Row
                    key={model.id}
                    model={model}
                    several={several}
                    chosen={chosen.includes(model.id)}
                    onChoose={() => onChoose(model.id)}
                  />
                ))}
              </ul>
            </section>
          ) : null;
        })}
        {found > shown && (
          <button type="button" onClick={() => setShown(shown + SHOWN)}>
            {t('models.more', { count: number(found - shown) })}
          </button>
        )}
        {unlisted && (
          <button type="button" onClick={() => (choose([typed.trim()], server), close())}>
            {t('models.unlisted', { model: typed.trim().slice(0, 80) })}
          </button>
        )}
        {several && (
          <button class="main done" type="button" onClick={close} disabled={!chosen.length}>
            {t('models.done', { count: chosen.length })}
          </button>
        )}
      </div>
    </Dialog>
  );
}
