// What happens when the page is loaded: what the gateway and the store know is fetched at the same time, the
// conversation of the address is opened, and answers that were being written are read on.
import { effect, untracked } from '@preact/signals';
import { store } from '../data/store';
import { sorted } from '../data/order';
import { follow } from '../data/sync';
import { blank, chat, chats, gateway, messages, models, openId } from '../state';
import { changeChat, openChat, pickUpShown } from './actions';
import { asCount, asList, asObject, asText, isObject, parsed } from './json';
import { firstOf, loadModels } from './models';
import { readText } from './problem';
import { pickUp } from './drive';
import { halt, runs } from './run';
import { placeOf } from './wire';

export async function begin(): Promise<void> {
  void loadSettings();
  void loadModels();
  effect(chooseModel);
  const from = await store();
  await follow(from);
  const known = new Set(chats.peek().map(({ id }) => id)); // somebody may have been quicker
  const found = await from.chats();
  chats.value = sorted([...chats.peek(), ...found.filter(({ id }) => !known.has(id))]);
  const wanted = hash();
  if (wanted && !messages.peek().size) await openChat(wanted);
  followAddress();
  effect(pickUpShown);
  for (const { id } of await from.running()) void pickUp(id);
  effect(stopDeleted);
}

async function loadSettings(): Promise<void> {
  try {
    const response = await fetch(placeOf('page/api/settings'));
    const told = response.ok && parsed(await readText(response, 64 * 1024));
    if (!isObject(told)) return;
    gateway.value = {
      version: asText(told.version),
      keys: told.keys === true,
      status: told.status === true,
      replay: told.replay === true,
      remote_images: told.remote_images === true,
      servers: asList(told.servers).map(asText).filter(Boolean),
      max_body: asCount(told.max_body) || asCount(asObject(gateway.peek()).max_body) || 0,
    };
  } catch {
    // then the page goes by what is usual
  }
}

/** A conversation that has no model, or one not begun whose model is gone, is given one that is there. */
function chooseModel(): void {
  const list = models.value[''];
  const now = chat.value;
  if (!list?.length || now.server) return;
  const ids = new Set(list.map(({ id }) => id));
  const known = now === blank.value ? now.models.filter((id) => ids.has(id)) : now.models;
  if (known.length && known.length === now.models.length) return;
  const first = firstOf(list);
  untracked(() => changeChat({ models: known.length ? known : first ? [first] : [] }));
}

const hash = () => location.hash.slice(1);

/** The address names the open conversation, so that Back works. */
function followAddress(): void {
  effect(() => {
    const id = openId.value;
    if (id === hash()) return;
    const place = id ? `#${id}` : location.pathname + location.search;
    if (hash()) history.pushState(null, '', place);
    else history.replaceState(null, '', place);
  });
  const open = () => void (hash() === openId.peek() || openChat(hash()));
  addEventListener('popstate', open);
  addEventListener('hashchange', open);
}

/** An answer in a conversation that was deleted is not wanted any more. */
function stopDeleted(): void {
  const ids = new Set(chats.value.map(({ id }) => id));
  for (const run of [...runs.values()]) if (!ids.has(run.message.chat) && !run.stopped) halt(run);
}
