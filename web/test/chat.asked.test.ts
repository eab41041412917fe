// What is asked with: files, several models, a schema; and what happens to it when another conversation is open.
import { describe, expect, it } from 'vitest';
import { changeChat, keepLane, openChat, send, startChat } from '../src/chat/actions';
import { stepsOf } from '../src/chat/tree';
import { blank, chat, gateway, live, messages, openId } from '../src/state';
import { all, answer, answers, draft, file, server, settled, until, usePage } from './chat_page';
import { DONE, ended, json, said, stream, whole } from './chat_server';

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

describe('attachments', () => {
  it('go as parts of what the API calls them, text files as text', async () => {
    says('ok');
    await send(
      draft('Look', [
        file('i', 'image', 'a.png', 'image/png', 'PNG'),
        file('a', 'audio', 'a.mp3', 'audio/mpeg', 'MP3'),
        file('w', 'audio', 'a.wav', 'audio/wav', 'WAV'),
        file('p', 'pdf', 'a.pdf', 'application/pdf', 'PDF'),
        file('t', 'text', 'a.md', 'text/markdown', '```js\n1\n```'),
      ]),
    );
    await settled();
    const parts = [
      { type: 'text', text: 'Look\n\na.md\n````\n```js\n1\n```\n````' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${btoa('PNG')}` } },
      { type: 'input_audio', input_audio: { data: btoa('MP3'), format: 'mp3' } },
      { type: 'input_audio', input_audio: { data: btoa('WAV'), format: 'wav' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: `data:application/pdf;base64,${btoa('PDF')}` } },
    ];
    expect(sent().messages).toEqual([{ role: 'user', content: parts }]);
    await ask('And now?'); // from the store this time
    expect(sent().messages[0]).toEqual({ role: 'user', content: parts });
  });
  it('that are no longer stored are told to the model as that', async () => {
    await ask('Hi');
    messages.value = new Map(
      all().map((one) => [
        one.id,
        one.role === 'user'
          ? { ...one, attachments: [file('lost', 'image', 'x.png', 'image/png', '').attachment] }
          : one,
      ]),
    );
    await ask('More');
    expect(sent().messages[0]?.content).toMatch(/^Hi\n\n\[.*x\.png/);
  });
  it('of twenty megabytes are sent whole, and kept out of what is shown of the request', async () => {
    const data = new Uint8Array(20 * 1024 * 1024).fill(65);
    says('ok');
    await send(draft('', [file('big', 'image', 'big.png', 'image/png', data)]));
    await settled();
    expect(answer().problem).toBeUndefined();
    const [part] = sent().messages[0]?.content as { image_url: { url: string } }[];
    expect(part?.image_url.url.length).toBe('data:image/png;base64,'.length + Math.ceil(data.length / 3) * 4);
    expect(answer().request?.length).toBeLessThan(1000);
    expect(answer().request).toContain('"data:image/png;base64,…(20480 KB)"');
    expect(chat.value.title).toBe('big.png');
  });
  it('beyond what the gateway takes are refused before they are sent', async () => {
    gateway.value = { ...gateway.value, max_body: 1000 };
    await send(draft('x'.repeat(1000)));
    await settled();
    expect(answer()).toMatchObject({ status: 'error', problem: { code: 'too_big' } });
    expect(server.of(POST, CHAT)).toEqual([]);
  });
});

describe('side by side', () => {
  it('each model has its own history, and one can be gone on with alone', async () => {
    blank.value = { ...blank.value, models: ['a', 'b'] };
    server.on(
      POST,
      CHAT,
      (response, { body }) => void stream(response).end(said(`I am ${(JSON.parse(body) as Sent).model}`) + ended()),
    );
    await send(draft('Who?'));
    await settled();
    await send(draft('Again?'));
    await settled();
    for (const { body } of server.of(POST, CHAT).slice(2)) {
      const { model, messages: list } = JSON.parse(body) as Sent;
      expect(list[1]).toEqual({ role: 'assistant', content: `I am ${model}` });
    }
    const second = answers().findLast((one) => one.model === 'b') ?? answer();
    keepLane(second.id);
    expect(chat.value.models).toEqual(['b']);
    await send(draft('You'));
    await settled();
    expect(all().findLast((one) => one.role === 'user')?.parents).toEqual([second.id]);
    expect(sent()).toMatchObject({ model: 'b', messages: { length: 5 } });
  });
});

describe('structured mode', () => {
  const schema = { type: 'object', properties: { a: { type: 'integer' } } };
  const shape = { name: 'my thing!', source: 'schema' as const, text: '', schema };
  it('asks by the schema and shows only what the gateway found valid', async () => {
    changeChat({ shape });
    server.on('POST', '/page/api/check', json(200, { valid: true, value: { a: 1 } }));
    server.on(
      POST,
      CHAT,
      (response) =>
        void stream(response, { 'x-franca-structured': 'prompt; repairs=1; attempts=2' }).end(
          said('{"a":1}') + ended() + DONE,
        ),
    );
    await send(draft('Hi'));
    await settled();
    expect(sent().response_format).toEqual({
      type: 'json_schema',
      json_schema: { name: 'my_thing_', schema, strict: true },
    });
    expect(JSON.parse(server.of('POST', '/page/api/check')[0]?.body ?? '')).toEqual({ schema, text: '{"a":1}' });
    expect(answer().shaped).toEqual({
      schema,
      mode: 'prompt',
      repairs: 1,
      attempts: 2,
      valid: true,
      value: { a: 1 },
      problems: [],
    });
    expect(answer()).not.toHaveProperty('schema');
  });
  it('takes the mode from the comment at the end as well', async () => {
    changeChat({ shape });
    server.on('POST', '/page/api/check', json(200, { valid: true, value: {} }));
    server.on(
      POST,
      CHAT,
      whole(said('{}'), ended(), DONE, ': franca {"structured":"native; repairs=0; attempts=1"}\n\n'),
    );
    await send(draft('Hi'));
    await settled();
    expect(answer().shaped).toMatchObject({ mode: 'native', repairs: 0, attempts: 1 });
  });
  it.each([
    [
      'what does not fit',
      json(200, { valid: false, problems: [{ path: '/a', message: 'not an integer' }] }),
      { path: '/a', message: 'not an integer' },
    ],
    ['a schema that is none', json(400, { error: { message: 'no schema' } }), { path: '', message: 'no schema' }],
    ['a gateway that says yes without a value', json(200, { valid: true }), undefined],
    ['a gateway that says nothing', json(200, 'what'), { path: '' }],
  ])('never shows %s as a value', async (_name, play, problem) => {
    changeChat({ shape });
    server.on('POST', '/page/api/check', play);
    await ask('Hi', '{"a":"x"}');
    expect(answer().status).toBe('done');
    expect(answer().shaped).toMatchObject({ valid: false, ...(problem && { problems: [problem] }) });
    expect(answer().shaped).not.toHaveProperty('value');
  });
  it('does not judge what was cut', async () => {
    changeChat({ shape });
    server.on(POST, CHAT, whole(said('{"a":')));
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ status: 'cut' });
    expect(answer().shaped).toBeUndefined();
    expect(server.of('POST', '/page/api/check')).toEqual([]);
  });
});

describe('conversations', () => {
  it('go on being answered while another one is open, and are shown as far as they are', async () => {
    let finish = () => {};
    server.on(POST, CHAT, (response) => {
      stream(response).write(said('Half'));
      finish = () => void response.end(said(' done') + ended());
    });
    await send(draft('Hi'));
    const { id } = answer();
    const first = openId.value;
    await until(() => live.value.get(id)?.text === 'Half');
    startChat();
    expect(messages.value.size).toBe(0);
    await openChat(first);
    expect(answer()).toMatchObject({ id, text: 'Half', status: 'running' });
    startChat();
    finish();
    await settled();
    expect(messages.value.size).toBe(0);
    await openChat(first);
    expect(answer()).toMatchObject({ text: 'Half done', status: 'done' });
  });
  it('that are not there are a blank one; of two that are opened the last one counts', async () => {
    await ask('One');
    const first = openId.value;
    startChat();
    await ask('Two');
    const second = openId.value;
    await openChat('nowhere');
    expect(openId.value).toBe('');
    await Promise.all([openChat(first), openChat(second)]);
    expect(openId.value).toBe(second);
    expect(shown()[0]).toBe('Two');
  });
});
