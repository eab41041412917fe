// What a person does with a conversation, and what is sent for it.
import { describe, expect, it } from 'vitest';
import { changeChat, choose, giveResults, goOn, regenerate, remove, retry, send, stop } from '../src/chat/actions';
import { MOST_RUNS } from '../src/chat/run';
import { stepsOf } from '../src/chat/tree';
import { store } from '../src/data/store';
import { recents } from '../src/prefs';
import { chat, chats, editing, live, messages, openId, toast } from '../src/state';
import { all, answer, answers, draft, server, settled, stored, until, usePage } from './chat_page';
import { DONE, ended, json, piece, said, stream, whole } from './chat_server';

usePage();
const POST = 'POST';
const CHAT = '/v1/chat/completions';

interface Sent {
  model: string;
  messages: { role: string; content: unknown; [name: string]: unknown }[];
  [name: string]: unknown;
}
const sent = (at = -1): Sent => JSON.parse(server.of(POST, CHAT).at(at)?.body ?? 'null') as Sent;
const says = (text: string) => server.on(POST, CHAT, whole(said(text), ended(), DONE));
async function ask(text: string, reply = `re: ${text}`) {
  says(reply);
  await send(draft(text));
  await settled();
  return answer();
}
const shown = () =>
  stepsOf(messages.value, chat.value).flatMap(({ user, lanes }) => [
    user?.text ?? '',
    ...lanes.flatMap((lane) => lane.answers.map((one) => one.text)),
  ]);

describe('saying something', () => {
  it('makes a conversation, names it, stores it, and sends what was said before', async () => {
    await ask('# First question');
    await ask('Second');
    expect(chat.value).toMatchObject({ title: 'First question', models: ['m'] });
    expect(chats.value.map(({ id }) => id)).toEqual([openId.value]);
    expect(recents.value).toEqual(['m']);
    expect(sent().messages).toEqual([
      { role: 'user', content: '# First question' },
      { role: 'assistant', content: 're: # First question' },
      { role: 'user', content: 'Second' },
    ]);
    expect((await (await store()).chat(openId.value))?.title).toBe('First question');
    expect(await (await store()).messages(openId.value)).toHaveLength(4);
  });
  it('sends the system prompt, the parameters and any further field', async () => {
    changeChat({
      system: 'Be brief.',
      params: {
        temperature: 0,
        stop: ['x'],
        reasoning_effort: '',
        extra: '{"top_k": 3, "temperature": 1, "messages": [], "model": "no"}',
      },
    });
    await ask('Hi');
    expect(sent()).toEqual({
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      temperature: 1,
      stop: ['x'],
      top_k: 3,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });
  it('with fields that are no JSON object sends nothing, and says so', async () => {
    changeChat({ params: { extra: '[1]' } });
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ status: 'error', problem: { code: 'bad_extra' } });
    expect(server.of(POST, CHAT)).toEqual([]);
  });
  it('without a model, or below an answer that is still written, changes nothing', async () => {
    changeChat({ models: [] });
    await expect(send(draft('Hi'))).rejects.toThrow('model');
    changeChat({ models: ['m'] });
    server.on(POST, CHAT, (response) => void stream(response));
    await send(draft('Hi'));
    await expect(send(draft('More'))).rejects.toThrow('still');
    expect(all()).toHaveLength(2);
  });
  it('after a failed answer sends both questions as one', async () => {
    server.on(POST, CHAT, json(500, {}));
    await send(draft('One'));
    await settled();
    await ask('Two');
    expect(sent().messages).toEqual([{ role: 'user', content: 'One\n\nTwo' }]);
  });
  it('in place of another question makes a sibling of that', async () => {
    await ask('One');
    await ask('Two');
    editing.value = all()[0]?.id ?? '';
    await ask('Other');
    expect(editing.value).toBe('');
    expect(shown()).toEqual(['Other', 're: Other']);
    expect(sent().messages).toEqual([{ role: 'user', content: 'Other' }]);
    choose(all()[0]?.id ?? '');
    expect(shown()).toEqual(['One', 're: One', 'Two', 're: Two']);
  });
});

describe('another version', () => {
  it('of an answer stands beside it, by the same model or another', async () => {
    const first = await ask('Hi', 'one');
    says('two');
    await regenerate(first.id, 'other');
    await settled();
    expect(shown()).toEqual(['Hi', 'two']);
    expect(answer()).toMatchObject({ model: 'other', lane: 0, parents: first.parents });
    expect(sent()).toMatchObject({ model: 'other', messages: [{ role: 'user', content: 'Hi' }] });
    choose(first.id);
    expect(shown()).toEqual(['Hi', 'one']);
    await regenerate(first.id);
    await settled();
    expect(answers()).toHaveLength(3);
    expect(answer().model).toBe('m');
  });
  it('is not begun where too many answers are written', async () => {
    const first = await ask('Hi');
    server.on(POST, CHAT, (response) => void stream(response));
    for (let at = 0; at < MOST_RUNS; at++) await regenerate(first.id);
    await regenerate(first.id);
    expect(answers()).toHaveLength(1 + MOST_RUNS);
    expect(toast.value).toMatchObject({ bad: true });
    await until(() => server.of(POST, CHAT).length === MOST_RUNS + 1);
  });
  it('takes the place of an answer that failed', async () => {
    server.on(POST, CHAT, json(500, { error: { message: 'down' } }));
    await send(draft('Hi'));
    await settled();
    const failed = answer();
    says('well');
    await retry(failed.id);
    expect(answer()).toMatchObject({ id: failed.id, status: 'running', text: '' });
    expect(answer().problem).toBeUndefined();
    await settled();
    expect(answers()).toEqual([expect.objectContaining({ id: failed.id, text: 'well', status: 'done' })]);
  });
});

describe('going on', () => {
  it('after the limit asks with what is there, and adds to it', async () => {
    server.on(POST, CHAT, whole(said('One, two, three, four, five'), ended('length'), DONE));
    await send(draft('Count'));
    await settled();
    const first = answer();
    server.on(POST, CHAT, whole(said('two, three, four'), said(', five, six'), ended(), DONE));
    await goOn(first.id);
    expect(answer()).toMatchObject({
      id: first.id,
      text: 'One, two, three, four, five, six',
      status: 'done',
      finish: 'stop',
      continued: 1,
    });
    expect(sent().messages).toEqual([
      { role: 'user', content: 'Count' },
      { role: 'assistant', content: 'One, two, three, four, five' },
      { role: 'user', content: expect.stringContaining('Continue') as string },
    ]);
    expect(answer().figures?.written).toBeGreaterThan(first.figures?.written ?? Infinity);
    expect(await stored(first.id)).toEqual(answer());
    expect(answer()).not.toHaveProperty('base');
  });
  it('after a cut first takes what the gateway still has', async () => {
    server.on(POST, CHAT, (response) => void stream(response, { 'x-franca-answer': 'K' }).end(said('Half')));
    server.on('GET', '/page/api/answers/K', (response) => void response.writeHead(404).end());
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ text: 'Half', status: 'cut', answer: 'K' });
    server.on('GET', '/page/api/answers/K', whole(said('Half'), said(' and half'), ended(), DONE));
    await goOn(answer().id);
    expect(answer()).toMatchObject({ text: 'Half and half', status: 'done' });
    expect(answer().continued).toBeUndefined();
    expect(server.of(POST, CHAT)).toHaveLength(1);
  });
  it('after a cut asks anew where nothing is kept, and can itself be cut and gone on with', async () => {
    server.on('GET', '/page/api/answers/K', (response) => void response.writeHead(404).end());
    server.on(POST, CHAT, (response) => void stream(response, { 'x-franca-answer': 'K' }).end(said('One ')));
    await send(draft('Hi'));
    await settled();
    server.on(POST, CHAT, (response) => void stream(response, { 'x-franca-answer': 'L' }).end(said('two ')));
    server.on('GET', '/page/api/answers/L', (response) => void response.writeHead(404).end());
    await goOn(answer().id);
    expect(answer()).toMatchObject({ text: 'One two ', status: 'cut', continued: 1 });
    server.on('GET', '/page/api/answers/L', whole(said('two '), said('three'), ended(), DONE));
    await goOn(answer().id);
    expect(answer()).toMatchObject({ text: 'One two three', status: 'done', continued: 1 });
  });
  it('shows the text that is there from the first moment', async () => {
    server.on(POST, CHAT, whole(said('Half'), ended('length'), DONE));
    await send(draft('Hi'));
    await settled();
    server.on(POST, CHAT, (response) => void stream(response).write(said(' more')));
    void goOn(answer().id);
    await until(() => live.value.has(answer().id));
    expect(live.value.get(answer().id)?.text).toBe('Half');
    await until(() => live.value.get(answer().id)?.text === 'Half more');
    stop();
    await settled();
    expect(answer()).toMatchObject({ text: 'Half more', status: 'stopped' });
  });
});

describe('tool calls', () => {
  it('are answered with results, and the model goes on in the same lane', async () => {
    const calls = [
      { id: 'x', type: 'function', function: { name: 'add', arguments: '{"a":1}' } },
      { id: 'y', type: 'function', function: { name: 'mul', arguments: '{}' } },
    ];
    server.on(POST, CHAT, whole(piece({ reasoning: 'hm', tool_calls: calls }), ended('tool_calls'), DONE));
    await send(draft('Add'));
    await settled();
    const called = answer();
    says('3');
    await giveResults(called.id, { x: '3' });
    await settled();
    expect(sent().messages).toEqual([
      { role: 'user', content: 'Add' },
      { role: 'assistant', content: null, reasoning_content: 'hm', tool_calls: calls },
      { role: 'tool', tool_call_id: 'x', content: '3' },
      { role: 'tool', tool_call_id: 'y', content: expect.any(String) as string },
    ]);
    expect(shown()).toEqual(['Add', '', '3']);
    expect((await stored(called.id))?.tools?.[0]).toMatchObject({ id: 'x', result: '3' });
    await ask('Thanks');
    expect(shown()).toEqual(['Add', '', '3', 'Thanks', 're: Thanks']);
    expect(sent().messages).toHaveLength(6);
  });
});

describe('taking away', () => {
  it('a message goes with all below it, and comes back exactly as it was', async () => {
    await ask('One');
    await ask('Two');
    const before = new Map(messages.value);
    const id = all()[1]?.id ?? '';
    await remove(id);
    expect(shown()).toEqual(['One']);
    expect((await (await store()).messages(openId.value)).map(({ text }) => text)).toEqual(['One']);
    toast.value?.action?.run();
    await until(() => messages.value.size === 4);
    expect(shown()).toEqual(['One', 're: One', 'Two', 're: Two']);
    for (const [one, message] of before) expect(messages.value.get(one)).toBe(message);
    let kept = await (await store()).messages(openId.value);
    while (kept.length < 4) kept = await (await store()).messages(openId.value);
    expect(new Map(kept.map((one) => [one.id, one]))).toEqual(before);
  });
  it('an answer that is being written is stopped, and does not come back by itself', async () => {
    server.on(POST, CHAT, (response) => void stream(response).write(said('Half')));
    await send(draft('Hi'));
    await until(() => live.value.get(answer().id)?.text === 'Half');
    const { id } = answer();
    await remove(id);
    await settled();
    expect(answers()).toEqual([]);
    expect(await stored(id)).toBeUndefined();
    toast.value?.action?.run();
    await until(() => answers().length === 1);
    expect(answer()).toMatchObject({ text: 'Half', status: 'stopped' });
  });
  it('what follows a question without an answer still has it in its history', async () => {
    const { id } = await ask('One');
    await remove(id);
    await ask('Two');
    expect(shown()).toEqual(['One', 'Two', 're: Two']);
    expect(sent().messages).toEqual([{ role: 'user', content: 'One\n\nTwo' }]);
  });
});
