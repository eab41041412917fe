// An answer survives what befalls the page: a reload, a broken connection, a second tab.
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { changeChat, openChat, send, startChat, stop } from '../src/chat/actions';
import { begin } from '../src/chat/begin';
import { pickUp } from '../src/chat/drive';
import { own } from '../src/chat/own';
import { runs, timing } from '../src/chat/run';
import { store } from '../src/data/store';
import type { Chat, Message } from '../src/model/types';
import {
  blank,
  chat,
  chats,
  gateway,
  live,
  messages,
  models,
  modelTrouble,
  newChat,
  newId,
  openId,
} from '../src/state';
import { all, answer, answers, draft, server, settled, stored, until, usePage } from './chat_page';
import { DONE, ended, json, piece, said, stream, told, whole, type Play } from './chat_server';

usePage();
const POST = 'POST';
const CHAT = '/v1/chat/completions';
const KEPT = '/page/api/answers/K';
const head = { 'x-franca-answer': 'K', 'x-franca-model': 'one/m' };
const kept =
  (...events: string[]): Play =>
  (response) =>
    void stream(response, head).end(events.join(''));
const gone = json(404, { error: { message: 'not there' } });

/** What a page before this one left in the store. */
async function left(more: Partial<Message> & Record<string, unknown> = {}): Promise<Message> {
  const one: Chat = { ...newChat(), title: 'left', models: ['m'] };
  const question: Message = { id: newId(), chat: one.id, role: 'user', parents: [], lane: 0, created: 1, text: 'Hi' };
  const message: Message = {
    id: newId(),
    chat: one.id,
    role: 'assistant',
    parents: [question.id],
    lane: 0,
    created: 2,
    text: 'Half',
    status: 'running',
    model: 'm',
    answer: 'K',
    figures: { first: 0.5 },
    ...more,
  };
  const to = await store();
  await to.putChat(one);
  await to.putMessages([question, message]);
  chats.value = await to.chats();
  await openChat(one.id);
  return message;
}

describe('after a reload', () => {
  it('an answer that ended meanwhile is taken over whole', async () => {
    server.on(
      'GET',
      KEPT,
      kept(said('Half'), said(' and half'), ended(), DONE, told({ cost: 1, exact: true, completion_tokens: 3 })),
    );
    const { id } = await left();
    await pickUp(id);
    expect(answer()).toMatchObject({
      text: 'Half and half',
      status: 'done',
      figures: { first: 0.5, cost: 1, written: 3, model: 'one/m' },
    });
    expect(answer().figures?.total).toBeUndefined(); // nobody knows it
    expect(answer()).not.toHaveProperty('answer');
    expect(await stored(id)).toEqual(answer());
  });
  it('an answer that is still written goes on, and shows from the first moment what is there', async () => {
    let reply: ServerResponse | undefined;
    server.on('GET', KEPT, (response) => void (reply = stream(response, head)).write(said('Ha')));
    const { id } = await left();
    const done = pickUp(id);
    await until(() => live.value.has(id));
    let heard = '';
    live.value.get(id)?.onText((added) => (heard += added));
    expect(live.value.get(id)?.text).toBe('Half');
    await until(() => reply !== undefined);
    reply?.write(said('lf and'));
    await until(() => heard === ' and');
    reply?.end(said(' half') + ended());
    await done;
    expect(heard).toBe(' and half');
    expect(answer()).toMatchObject({ text: 'Half and half', status: 'done' });
  });
  it('an answer that is not kept any more, or never was, is cut: what came of it stays', async () => {
    server.on('GET', KEPT, gone);
    const { id } = await left({ reasoning: 'hm' });
    await pickUp(id);
    expect(answer()).toMatchObject({ text: 'Half', reasoning: 'hm', status: 'cut' });
    expect(answer().problem).toBeUndefined();
    const other = await left({ answer: undefined, text: '' });
    await pickUp(other.id);
    expect(await stored(other.id)).toMatchObject({ text: '', status: 'cut' });
  });
  it('an answer of less than what was stored loses nothing', async () => {
    server.on('GET', KEPT, kept(said('Ha')));
    const { id } = await left();
    await pickUp(id);
    expect(answer()).toMatchObject({ text: 'Half', status: 'cut' });
  });
  it('a continued answer is joined where it was', async () => {
    server.on('GET', KEPT, kept(said('two '), said('three'), ended()));
    const { id } = await left({ text: 'One two ', base: [4, 0], continued: 1, prior: { written: 10 } });
    await pickUp(id);
    expect(answer()).toMatchObject({ text: 'One two three', status: 'done', continued: 1, figures: { written: 13 } });
  });
  it('in structured mode it is judged as well', async () => {
    server.on('GET', KEPT, kept(said('{}'), ended(), DONE));
    server.on(POST, '/page/api/check', json(200, { valid: true, value: {} }));
    const { id } = await left({ text: '{', schema: { type: 'object' } });
    await pickUp(id);
    expect(answer().shaped).toMatchObject({ valid: true, value: {}, schema: { type: 'object' } });
  });
});

describe('a connection that breaks', () => {
  /** A stream that is broken after these events. */
  const broken =
    (...events: string[]): Play =>
    (response) => {
      stream(response, head).write(events.join(''), () => response.destroy());
    };
  it('is picked up where it was, and nothing is said twice', async () => {
    server.on(POST, CHAT, broken(piece({ reasoning: 'h' }), said('One ')));
    let turn = 0;
    server.on('GET', KEPT, (response, asked) => {
      const events = [piece({ reasoning: 'h' }), said('One '), said('two '), said('three')];
      const play = [broken(...events.slice(0, 3)), kept(...events, ended(), DONE)][turn++] ?? gone;
      return play(response, asked);
    });
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({
      text: 'One two three',
      reasoning: 'h',
      status: 'done',
      figures: { model: 'one/m' },
    });
    expect(answer().figures?.total).toBeGreaterThan(0);
    expect(turn).toBe(2);
    expect(server.of(POST, CHAT)).toHaveLength(1);
  });
  it('three times in vain is cut; what came stays', async () => {
    server.on(POST, CHAT, broken(said('One ')));
    server.on('GET', KEPT, (response) => void response.destroy());
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ text: 'One ', status: 'cut', answer: 'K' });
    expect(server.of('GET', KEPT)).toHaveLength(timing.pauses.length);
  });
  it('as long as each time brings more, it goes on', async () => {
    const events = [...'abcdefgh'].map(said);
    server.on(POST, CHAT, broken(...events.slice(0, 1)));
    let turn = 1;
    server.on('GET', KEPT, (response, asked) => {
      turn++;
      return (turn < 8 ? broken(...events.slice(0, turn)) : kept(...events, ended()))(response, asked);
    });
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ text: 'abcdefgh', status: 'done' });
  });
  it('is not picked up when the person stops meanwhile', async () => {
    timing.pauses = [60_000];
    server.on(POST, CHAT, broken(said('One ')));
    await send(draft('Hi'));
    await until(() => runs.values().next().value?.trouble !== undefined);
    stop();
    await settled();
    timing.pauses = [1, 2, 3];
    expect(answer()).toMatchObject({ text: 'One ', status: 'stopped' });
    expect(server.of('GET', KEPT)).toEqual([]);
  });
});

describe('several tabs', () => {
  it('an answer that another tab reads is left to it, and taken over when that is gone', async () => {
    server.on('GET', KEPT, kept(said('Half'), said('!'), ended()));
    const { id } = await left();
    let leave = () => {};
    const other = own(id, true, () => new Promise((resolve) => (leave = resolve)));
    await until(() => localStorage.getItem(`franca.beat.${id}`) !== null);
    const mine = pickUp(id);
    await pickUp(id); // is waited for already: nothing is done twice
    for (let at = 0; at < 5; at++) await stored(id); // time enough to begin, if it did
    expect(runs.size).toBe(0);
    expect(answer()).toMatchObject({ text: 'Half', status: 'running' });
    leave();
    await other;
    await mine;
    expect(answer()).toMatchObject({ text: 'Half!', status: 'done' });
    expect(server.of('GET', KEPT)).toHaveLength(1);
  });
  it('an answer that another tab has ended is shown as it ended', async () => {
    const message = await left();
    await (await store()).putMessages([{ ...message, text: 'Whole', status: 'done', finish: 'stop' }]);
    await pickUp(message.id);
    expect(answer()).toMatchObject({ text: 'Whole', status: 'done' });
    expect(server.of('GET', KEPT)).toEqual([]);
  });
  it('an answer that is gone is not written anew', async () => {
    const { id } = await left();
    await (await store()).deleteMessages([id]);
    await pickUp(id);
    expect(await stored(id)).toBeUndefined();
  });
});

// These come last: what begins with the page goes on until the page is left.
describe('the page', () => {
  it('begins with what the gateway and the store know, opens what the address names, and reads on', async () => {
    const settings = {
      version: '1.2.3',
      keys: true,
      replay: true,
      servers: ['https://x', 7],
      max_body: 1000,
      remote_images: 'yes',
    };
    server.on('GET', '/page/api/settings', json(200, settings));
    server.on('GET', '/v1/models', json(200, { data: [{ id: 'one/embed-1' }, { id: 'one/chat-1' }, { id: 'm' }] }));
    server.on('GET', KEPT, kept(said('Half'), said(' done'), ended()));
    const message = await left();
    const hidden = await left({ answer: 'gone' });
    startChat();
    chats.value = [];
    blank.value = { ...newChat(), models: [] };
    location.hash = message.chat;
    await begin();
    expect(openId.value).toBe(message.chat);
    await until(() => answers()[0]?.status === 'done' && gateway.value.version !== '');
    expect(answer()).toMatchObject({ text: 'Half done' });
    expect(gateway.value).toEqual({
      version: '1.2.3',
      keys: true,
      status: false,
      replay: true,
      remote_images: false,
      servers: ['https://x'],
      max_body: 1000,
    });
    let other = await stored(hidden.id);
    while (other?.status !== 'cut') other = await stored(hidden.id);
    await until(() => models.value['']?.length === 3);
    gateway.value = { ...gateway.value, max_body: 1e9 };
  });
  it('gives a new conversation a model that writes text, and one that is not there any more another', async () => {
    server.on('GET', '/v1/models', json(200, { data: [] }));
    models.value = { '': (await import('../src/chat/models')).modelsIn([{ id: 'a-embed' }, { id: 'b' }]) ?? [] };
    startChat();
    blank.value = { ...newChat(), models: ['long-gone'] };
    expect(chat.value.models).toEqual(['b']);
    blank.value = { ...newChat(), models: [] };
    expect(chat.value.models).toEqual(['b']);
  });
  it('names the open conversation in its address; Back opens the one before', async () => {
    server.on(POST, CHAT, whole(said('x'), ended()));
    const conversations: string[] = [];
    for (const text of ['One', 'Two']) {
      startChat();
      changeChat({ models: ['m'] });
      await send(draft(text));
      await settled();
      conversations.push(openId.value);
      expect(location.hash).toBe(`#${openId.value}`);
    }
    history.back(); // the blank one in between was never anything to go back to
    await until(() => openId.value === conversations[0] && messages.value.size === 2);
    expect(all()[0]?.text).toBe('One');
  });
  it('stops the answers of a conversation that is deleted', async () => {
    server.on(POST, CHAT, (response) => void stream(response).write(said('Half')));
    changeChat({ models: ['m'] });
    await send(draft('Hi'));
    await until(() => live.value.get(answer().id)?.text === 'Half');
    chats.value = chats.value.filter(({ id }) => id !== openId.value);
    await settled();
    expect(runs.size).toBe(0);
  });
  it('without a gateway is there all the same', async () => {
    server.on('GET', '/v1/models', (response) => void response.destroy());
    await (await import('../src/chat/actions')).loadModels();
    expect(modelTrouble.value['']).toMatch(/reached/);
  });
});
