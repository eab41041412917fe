// How answers come and end: whole, cut, stopped, refused. Over real sockets.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { send, stop } from '../src/chat/actions';
import { live, messages } from '../src/state';
import { answer, answers, draft, server, settled, stored, until, usePage } from './chat_page';
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

describe('an answer', () => {
  it('that its server ended is done, with all that was told of it', async () => {
    server.on(
      POST,
      CHAT,
      (response) =>
        void stream(response, {
          'x-franca-model': 'one/m-1',
          'x-franca-tried': 'two/m: 502',
          'x-franca-adapted': 'seed dropped',
        }).end(
          said('Hel') +
            said('lo') +
            ended() +
            event({
              choices: [],
              usage: { prompt_tokens: 9, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 1 } },
            }) +
            DONE +
            told({ cost: 0.5, exact: true }),
        ),
    );
    await send(draft('Hi'));
    await settled();
    const figures = {
      cost: 0.5,
      exact: true,
      prompt: 9,
      written: 4,
      reasoning: 1,
      model: 'one/m-1',
      tried: 'two/m: 502',
      adapted: 'seed dropped',
    };
    expect(answer()).toMatchObject({ text: 'Hello', status: 'done', finish: 'stop', figures });
    expect(answer().problem).toBeUndefined();
    expect(answer().figures?.counted).toBeUndefined();
    expect(answer().figures?.total).toBeGreaterThanOrEqual(answer().figures?.first ?? Infinity);
    expect(await stored(answer().id)).toEqual(answer());
    expect(answer().response).toContain('data: [DONE]');
    expect(JSON.parse(answer().request ?? '')).toMatchObject({
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    });
  });
  it('is done with [DONE] alone, and with a finish reason alone', async () => {
    expect(await got(said('a'), DONE)).toMatchObject({ text: 'a', status: 'done' });
    expect(await got(said('a'), ended())).toMatchObject({ text: 'a', status: 'done', finish: 'stop' });
  });
  it('that ends without either is cut, and keeps what came', async () => {
    expect(await got(said('Half of'))).toMatchObject({ text: 'Half of', status: 'cut' });
  });
  it('whose last event was cut is cut', async () => {
    expect(await got(said('Half'), 'data: {"choices":[{"del')).toMatchObject({ text: 'Half', status: 'cut' });
  });
  it('whose connection breaks is cut', async () => {
    server.on(POST, CHAT, (response) => {
      stream(response).write(said('Half'));
      void until(() => answers()[0] !== undefined && live.value.get(answer().id)?.text === 'Half').then(() =>
        response.destroy(),
      );
    });
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ text: 'Half', status: 'cut' });
  });
  it('without a single event is an error, not an answer', async () => {
    expect(await got()).toMatchObject({ text: '', status: 'error', problem: { code: 'cut' } });
  });
  it('of a gateway that cannot be reached is an error', async () => {
    server.on(POST, CHAT, (response) => void response.destroy());
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ status: 'error', problem: { code: 'offline' } });
    expect(server.of(POST, CHAT)).toHaveLength(1); // never asked again by itself: that costs money
  });
  it('that reached its limit is done and says so', async () => {
    expect(await got(said('a'), ended('length'), DONE)).toMatchObject({ status: 'done', finish: 'length' });
    expect(await got(piece({ reasoning_content: 'hm' }), ended('length'), DONE)).toMatchObject({
      status: 'done',
      finish: 'length',
      text: '',
    });
  });
  it('that a filter ended says so', async () => {
    expect(await got(said('a'), ended('content_filter'), DONE)).toMatchObject({ text: 'a', finish: 'content_filter' });
  });
  it('that says nothing is a problem', async () => {
    expect(await got(ended(), DONE)).toMatchObject({ status: 'error', problem: { code: 'empty' } });
    expect(await got(piece({ reasoning: 'hm' }), ended(), DONE)).toMatchObject({
      status: 'error',
      reasoning: 'hm',
      problem: { code: 'empty' },
    });
  });
  it('that is a refusal is a problem with its words', async () => {
    expect(await got(piece({ refusal: 'I will ' }), piece({ refusal: 'not.' }), ended(), DONE)).toMatchObject({
      status: 'error',
      text: '',
      problem: { code: 'refused', message: 'I will not.' },
    });
  });
  it('with an error in the midst is an error and keeps what came', async () => {
    const error = { message: 'overloaded', type: 'server_error', code: 529 };
    const problem = { message: 'overloaded', code: 'server_error', status: 529 };
    expect(await got(said('Half'), event({ error }))).toMatchObject({ text: 'Half', status: 'error', problem });
    expect(await got(said('Half'), event({ choices: [{ index: 0, error }] }), DONE)).toMatchObject({
      text: 'Half',
      status: 'error',
      problem,
    });
    expect(await got(said('Half'), 'event: error\ndata: {"message":"overloaded"}\n\n', DONE)).toMatchObject({
      status: 'error',
      problem: { message: 'overloaded' },
    });
    expect(await got(event({ error: 'bad' }))).toMatchObject({ status: 'error', problem: { message: 'bad' } });
  });
  it('with an event that is no JSON is an error', async () => {
    expect(await got(said('Half'), 'data: <html>\n\n', said('more'))).toMatchObject({
      text: 'Half',
      status: 'error',
      problem: { code: 'bad_event' },
    });
    expect(await got('<html>Bad gateway</html>')).toMatchObject({ status: 'error', problem: { code: 'bad_event' } });
  });
  it('that is plain JSON is taken as well', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2 };
    server.on(
      POST,
      CHAT,
      json(200, { choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }], usage }),
    );
    await send(draft('Hi'));
    await settled();
    expect(answer()).toMatchObject({ text: 'Hello', status: 'done', figures: { prompt: 1, written: 2 } });
  });
  it('is read from its first choice only', async () => {
    const events = [
      { index: 1, delta: { content: 'no' } },
      { index: 0, delta: { content: 'yes' } },
    ].map((one) => event({ choices: [one] }));
    expect(await got(...events, event({ choices: [{ index: 1, finish_reason: 'stop' }] }))).toMatchObject({
      text: 'yes',
      status: 'cut',
    });
  });
  it('is the same however its bytes are cut', async () => {
    const bytes = new TextEncoder().encode(
      piece({ reasoning: 'é' }) +
        said('ü🙂') +
        piece({ content: [{ type: 'text', text: '中' }] }) +
        ended() +
        DONE +
        told({ cost: 1, exact: false }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 8 }), async (places) => {
        server.on(POST, CHAT, async (response) => {
          stream(response);
          let from = 0;
          for (const to of [...places.sort((a, b) => a - b), bytes.length]) {
            await new Promise<void>((sent) => void response.write(bytes.slice(from, to), () => sent()));
            from = to;
          }
          response.end();
        });
        await send(draft('Hi'));
        await settled();
        expect(answer()).toMatchObject({
          text: 'ü🙂中',
          reasoning: 'é',
          status: 'done',
          figures: { cost: 1, exact: false },
        });
      }),
      { numRuns: 25 },
    );
  });
  it('with reasoning tells how long it took, and in which field it came does not matter', async () => {
    for (const name of ['reasoning', 'reasoning_content']) {
      const one = await got(piece({ [name]: 'Let me ' }), piece({ [name]: 'see.' }), said('42'), ended(), DONE);
      expect(one).toMatchObject({ reasoning: 'Let me see.', text: '42', status: 'done' });
      expect(one.thought).toBeGreaterThanOrEqual(0);
    }
    expect(await got(said('<thi'), said('nk>Hm.</think>'), said('\n\n42'), ended())).toMatchObject({
      reasoning: 'Hm.',
      text: '42',
    });
  });
});

describe('while an answer comes', () => {
  it('each piece goes to who shows it, and the messages change only when something begins or ends', async () => {
    let go = () => {};
    server.on(POST, CHAT, (response) => {
      stream(response).write(said('0'));
      go = () => {
        for (let at = 1; at < 200; at++) response.write(said(String(at)));
        response.end(ended() + DONE);
      };
    });
    await send(draft('Hi'));
    const { id } = answer();
    await until(() => live.value.get(id)?.text === '0');
    let heard = '';
    live.value.get(id)?.onText((added) => (heard += added));
    let changes = -1;
    const leave = messages.subscribe(() => changes++);
    go();
    await settled();
    leave();
    expect(heard).toBe(Array.from({ length: 199 }, (_, at) => at + 1).join(''));
    expect(changes).toBe(1);
    expect(answer().text).toBe(`0${heard}`);
  });
  it('a listener that fails does not end it', async () => {
    let finish = () => {};
    server.on(POST, CHAT, (response) => {
      stream(response).write(said('a'));
      finish = () => void response.end(said('b') + ended());
    });
    const reported: unknown[] = [];
    const before = globalThis.reportError;
    globalThis.reportError = (error) => void reported.push(error);
    await send(draft('Hi'));
    await until(() => live.value.get(answer().id)?.text === 'a');
    live.value.get(answer().id)?.onText(() => {
      throw new Error('cannot show this');
    });
    finish();
    await settled();
    globalThis.reportError = before;
    expect(answer()).toMatchObject({ text: 'ab', status: 'done' });
    expect(reported).toHaveLength(1);
  });
  it('it is stored with what came so far, and under which id the gateway keeps it', async () => {
    server.on(POST, CHAT, (response) => void stream(response, { 'x-franca-answer': 'A1' }).write(said('Half')));
    await send(draft('Hi'));
    const { id } = answer();
    let found = await stored(id);
    while (found?.text !== 'Half') found = await stored(id);
    expect(found).toMatchObject({ status: 'running', answer: 'A1', text: 'Half' });
  });
});

describe('stopping', () => {
  it('keeps what came, and tells the gateway', async () => {
    let gone = false;
    server.on(POST, CHAT, (response) => {
      stream(response, { 'x-franca-answer': 'A/1' }).write(said('Half'));
      response.on('close', () => (gone = true));
    });
    server.on('DELETE', '/page/api/answers/A%2F1', (response) => void response.writeHead(204).end());
    await send(draft('Hi'));
    await until(() => live.value.get(answer().id)?.text === 'Half');
    stop();
    await settled();
    expect(answer()).toMatchObject({ text: 'Half', status: 'stopped' });
    expect(answer().problem).toBeUndefined();
    await until(() => gone && server.of('DELETE', '/page/api/answers/A%2F1').length === 1);
    expect(server.of('DELETE', '/page/api/answers/A%2F1')[0]?.headers['x-franca-browser']).toMatch(/^[\w-]{22,}$/);
  });
  it('before anything came leaves an answer that was stopped', async () => {
    server.on(POST, CHAT, () => undefined);
    await send(draft('Hi'));
    await until(() => server.of(POST, CHAT).length === 1);
    stop();
    await settled();
    expect(answer()).toMatchObject({ text: '', status: 'stopped' });
  });
});
