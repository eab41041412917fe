// What is around an answer: several at once, refusals, keys, figures. Over real sockets.
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { send, stop } from '../src/chat/actions';
import { runs } from '../src/chat/run';
import { keys, otherServers, setKey } from '../src/prefs';
import { blank, gateway, live, models } from '../src/state';
import { all, answer, answers, draft, server, settled, stored, until, usePage } from './chat_page';
import { DONE, ended, event, json, piece, said, stream, told, whole } from './chat_server';

usePage();
const POST = 'POST';
const CHAT = '/v1/chat/completions';

async function got(...events: string[]) {
  server.on(POST, CHAT, whole(...events));
  await send(draft('Hi'));
  await settled();
  return answer();
}

describe('several models at once', () => {
  it('are asked at the same time; one that fails does not disturb the others, one can be stopped alone', async () => {
    const waiting = new Map<string, ServerResponse>();
    server.on(POST, CHAT, (response, { body }) => {
      const { model } = JSON.parse(body) as { model: string };
      if (model === 'bad')
        json(500, { error: { message: 'no' } })(response, { method: '', path: '', headers: {}, body });
      else waiting.set(model, stream(response)).get(model)?.write(said(model));
    });
    blank.value = { ...blank.value, models: ['a', 'bad', 'b'] };
    await send(draft('Hi'));
    await until(() => waiting.size === 2);
    const of = (model: string) => answers().find((one) => one.model === model);
    await until(() => live.value.get(of('a')?.id ?? '')?.text === 'a' && of('bad')?.status === 'error');
    stop(of('b')?.id);
    await until(() => of('b')?.status === 'stopped');
    expect(of('a')?.status).toBe('running');
    waiting.get('a')?.end(ended());
    await settled();
    expect(answers().map(({ model, lane, status }) => [model, lane, status])).toEqual([
      ['a', 0, 'done'],
      ['bad', 1, 'error'],
      ['b', 2, 'stopped'],
    ]);
  });
  it('are bounded: six side by side, twelve in all', async () => {
    server.on(POST, CHAT, (response) => void stream(response));
    blank.value = { ...blank.value, models: [...'abcdefg'] };
    await expect(send(draft('Hi'))).rejects.toThrow('6');
    expect(all()).toEqual([]);
    for (let turn = 0; turn < 3; turn++) {
      const { startChat } = await import('../src/chat/actions');
      startChat();
      blank.value = { ...blank.value, models: [...'abcdef'] };
      if (turn < 2) await send(draft('Hi'));
    }
    await expect(send(draft('Hi'))).rejects.toThrow('12');
    expect(runs.size).toBe(12);
    await until(() => server.of(POST, CHAT).length === 12);
    for (const one of [...runs.keys()]) stop(one);
  });
});

describe('what is refused', () => {
  it('is told with status, code, and when to come back; it is not asked again', async () => {
    server.on(POST, CHAT, json(429, { error: { message: 'slow down', code: 'rate_limit' } }, { 'retry-after': '7' }));
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({
      status: 'error',
      problem: { message: 'slow down', code: 'rate_limit', status: 429, retryAfter: 7 },
    });
    expect(server.of(POST, CHAT)).toHaveLength(1);
  });
  it('for want of a key says where the key goes', async () => {
    server.on(POST, CHAT, json(401, { error: { message: 'no key', code: 'no_key' } }));
    await send(draft('Hi'));
    await settled();
    // Where the gateway wants none, it is the operator's key that the server refused.
    expect(answer().problem).toEqual({ message: 'no key', status: 401, code: 'no_key' });
    gateway.value = { ...gateway.peek(), keys: true };
    server.on(POST, CHAT, json(401, { error: { message: 'no key', code: 'no_key' } }));
    await send(draft('Hi'));
    await settled();
    gateway.value = { ...gateway.peek(), keys: false };
    expect(answer().problem?.message).toMatch(/^no key\. .*settings/);
  });
  it('may come as anything', async () => {
    for (const [body, message] of [
      ['plain words', 'plain words'],
      ['<html>', 'failed'],
      ['', 'failed'],
      ['{"detail":"x"}', 'x'],
      ['[1]', '[1]'],
    ] as const) {
      server.on(POST, CHAT, (response) => void response.writeHead(502).end(body));
      await send(draft('Hi'));
      await settled();
      expect(answer()).toMatchObject({ status: 'error', problem: { status: 502 } });
      expect(answer().problem?.message).toContain(message);
    }
  });
});

describe('keys', () => {
  it('go with the request and are in nothing that is kept', async () => {
    setKey('', 'sk-secret-1', false);
    setKey('s1', 'sk-secret-2', false);
    otherServers.value = [{ id: 's1', name: 'S', url: 'https://other.example/v1' }];
    blank.value = { ...blank.value, server: 's1' };
    server.on(POST, CHAT, whole(said('x'), event({ error: { message: 'wrong key sk-secret-2 and sk-secret-1' } })));
    await send(draft('Hi'));
    await settled();
    const [asked] = server.of(POST, CHAT);
    expect(asked?.headers).toMatchObject({
      authorization: 'Bearer sk-secret-1',
      'x-franca-api-key': 'sk-secret-2',
      'x-franca-base-url': 'https://other.example/v1',
      'x-franca-keep': '1',
    });
    expect(answer().problem?.message).toBe('wrong key *** and ***');
    expect(JSON.stringify([answer(), await stored(answer().id)])).not.toContain('sk-secret');
    otherServers.value = [];
  });
  it('that no header can carry are told before anything is sent', async () => {
    keys.value = { '': 'schlüssel' };
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ status: 'error', problem: { code: 'bad_key' } });
    expect(server.of(POST, CHAT)).toEqual([]);
  });
});

describe('figures', () => {
  it('are a guess where nobody told, and say so', async () => {
    const { figures } = await got(said('x'.repeat(400)), ended());
    expect(figures).toMatchObject({ written: 100, counted: false });
    expect(figures?.prompt).toBeGreaterThan(0);
    expect(figures?.cost).toBeUndefined();
  });
  it('take the cost from the server, else from the price list', async () => {
    models.value = {
      '': [{ id: 'm', name: 'm', server: '', promptPrice: 1, writtenPrice: 2, reads: [], supports: [] }],
    };
    const usage = (more: object) =>
      event({
        choices: [],
        usage: { prompt_tokens: 1e6, completion_tokens: 5e5, ...more },
      });
    expect((await got(said('x'), ended(), usage({ cost: 0.25 }))).figures).toMatchObject({ cost: 0.25, exact: true });
    expect((await got(said('x'), ended(), usage({}))).figures).toMatchObject({ cost: 2, exact: false });
    expect(
      (await got(said('x'), ended(), usage({ cost: 9 }), DONE, told({ cost: 3, exact: false }))).figures,
    ).toMatchObject({ cost: 3, exact: false });
    expect((await got(said('x'), ended(), usage({}), DONE, told({ cost: null }))).figures).toMatchObject({
      cost: 2,
      exact: false,
    });
  });
});

describe('tool calls', () => {
  const call = (more: object) => piece({ tool_calls: [more] });
  const tools = async (...events: string[]) => (await got(...events, ended('tool_calls'), DONE)).tools;
  const two = [
    { id: 'x', name: 'add', arguments: '{"a":1}' },
    { id: 'y', name: 'mul', arguments: '{}' },
  ];
  it('come in pieces by index', async () => {
    expect(
      await tools(
        call({ index: 0, id: 'x', function: { name: 'add', arguments: '' } }),
        call({ index: 1, id: 'y', function: { name: 'mul', arguments: '{' } }),
        call({ index: 0, function: { arguments: '{"a"' } }),
        call({ index: 1, function: { arguments: '}' } }),
        call({ index: 0, function: { arguments: ':1}' } }),
      ),
    ).toEqual(two);
  });
  it('come without an index', async () => {
    expect(
      await tools(
        call({ id: 'x', function: { name: 'add', arguments: '{"a"' } }),
        call({ function: { arguments: ':1}' } }),
        call({ id: 'y', function: { name: 'mul', arguments: '{' } }),
        call({ id: 'y', function: { arguments: '}' } }),
      ),
    ).toEqual(two);
  });
  it('come whole, all with the index 0, or with arguments that are no text', async () => {
    expect(
      await tools(
        call({ index: 0, id: 'x', function: { name: 'add', arguments: { a: 1 } } }),
        call({ index: 0, id: 'y', function: { name: 'mul', arguments: '{}' } }),
      ),
    ).toEqual(two);
    expect(
      await tools(
        piece({
          tool_calls: [{ function: { name: 'a', arguments: '{}' } }, { function: { name: 'b', arguments: '{}' } }],
        }),
      ),
    ).toEqual([
      { id: 'call_0', name: 'a', arguments: '{}' },
      { id: 'call_1', name: 'b', arguments: '{}' },
    ]);
  });
});

it('pictures come with the answer; one that stands elsewhere becomes a link in the text', async () => {
  const image = (url: string) => piece({ images: [{ type: 'image_url', image_url: { url } }] });
  const one = await got(
    image('data:image/png;base64,AAAA'),
    image('https://x.y/a b>c.png'),
    image('javascript:alert(1)'),
    ended(),
    DONE,
  );
  expect(one.images).toEqual(['data:image/png;base64,AAAA']);
  expect(one.text.trim()).toBe('![](<https://x.y/a%20b%3Ec.png>)');
});
