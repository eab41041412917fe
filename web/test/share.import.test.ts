// Files of conversations: what was exported comes back equal, and what somebody made up does no harm.
import { Blob as NodeBlob } from 'node:buffer';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { stepsOf } from '../src/chat/tree';
import type { Store } from '../src/data/store';
import type { Attachment, Chat, Message } from '../src/model/types';
import { chats } from '../src/state';
import { toJson, type Whole } from '../src/share/export';
import { keep, read, type Imported } from '../src/share/import';
import { safeType } from '../src/share/bytes';

beforeAll(() => {
  globalThis.Blob = NodeBlob as unknown as typeof Blob; // the one of jsdom cannot be read
});

const blobOf = (value: unknown) => new Blob([typeof value === 'string' ? value : JSON.stringify(value)]);
const whys = ({ problems }: Imported) => problems.map(({ why }) => why);
const file = (chats: unknown, more = {}) => ({ format: 'franca-chats', version: 1, chats, ...more });
const said = (id: string, more: object = {}): Record<string, unknown> => ({
  id,
  role: 'user',
  parents: [],
  lane: 0,
  created: 1,
  text: id,
  ...more,
});
const message = (made: Record<string, unknown>): Message => ({ ...(made as Partial<Message>) }) as Message;
const answered = (id: string, parent: string, more: object = {}) =>
  said(id, { role: 'assistant', parents: [parent], status: 'done', ...more });
const readOne = async (chat: object) => {
  const found = await read(blobOf(file([chat])));
  return { ...found, whole: found.all[0], messages: found.all[0]?.messages ?? [] };
};

/** Conversations as the page makes them. */
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const json = fc
  .jsonValue({ maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'p')) as unknown);
const answerFields = fc.record(
  {
    model: text,
    reasoning: text,
    thought: fc.nat(),
    finish: text,
    request: text,
    response: text,
    continued: fc.nat(9),
    tools: fc.array(
      fc.record({ id: text, name: text, arguments: text, result: text }, { requiredKeys: ['id', 'name', 'arguments'] }),
      { maxLength: 2 },
    ),
    images: fc.constant(['data:image/png;base64,iVBORw0KGgo=']),
    problem: fc.record({ message: text, code: text, status: fc.nat(599) }, { requiredKeys: ['message'] }),
    figures: fc.record(
      {
        prompt: fc.nat(),
        cost: fc.double({ min: 0, max: 5, noNaN: true }).map((x) => x + 0),
        exact: fc.boolean(),
        model: text,
      },
      { requiredKeys: [] },
    ),
    shaped: fc.record({
      schema: fc.dictionary(text, json).map((d) => JSON.parse(JSON.stringify(d).replaceAll('__proto__', 'p'))),
      mode: text,
      repairs: fc.nat(3),
      attempts: fc.nat(3),
      valid: fc.constant(true),
      value: json,
      problems: fc.constant([]),
    }),
  },
  { requiredKeys: [] },
);
const attachment = (id: string, type: string, kind: Attachment['kind'], size: number, name: string): Attachment => ({
  id,
  kind,
  name,
  type,
  size,
});

const whole: fc.Arbitrary<Whole> = fc
  .record({
    head: fc.record({
      title: text.filter(Boolean),
      created: fc.nat(),
      updated: fc.nat(),
      models: fc.array(text, { maxLength: 4 }),
      tags: fc.array(text, { maxLength: 3 }),
      system: text,
      params: fc.record(
        {
          temperature: fc.float({ noNaN: true, min: 0, max: 2 }).map((x) => x + 0),
          stop: fc.array(text, { maxLength: 2 }),
          extra: text,
        },
        { requiredKeys: [] },
      ),
    }),
    pinned: fc.boolean(),
    plan: fc.array(
      fc.record({ at: fc.nat(), text, answer: fc.boolean(), lane: fc.nat(2), fields: answerFields, file: fc.nat(2) }),
      { minLength: 1, maxLength: 20 },
    ),
  })
  .map(({ head, pinned, plan }) => {
    const chat: Chat = { id: 'chat', ...head, ...(pinned && { pinned }), chosen: {} };
    const messages: Message[] = [];
    const blobs = new Map<string, Blob>();
    plan.forEach(({ at, text: words, answer, lane, fields, file: which }, i) => {
      const above = messages.length ? messages[at % messages.length] : undefined;
      const user = !answer || !above || above.role === 'assistant';
      const id = `id${i}`;
      const base: Message = {
        id,
        chat: 'chat',
        role: user ? 'user' : 'assistant',
        parents: above && (!user || at % 3) ? [above.id] : [],
        lane: user ? 0 : lane,
        created: i,
        text: words,
      };
      if (user && which) {
        const shared = `f${which}`;
        blobs.set(shared, new Blob([shared], { type: which > 1 ? 'image/png' : 'text/plain' }));
        base.attachments = [
          attachment(shared, which > 1 ? 'image/png' : 'text/x-python', which > 1 ? 'image' : 'text', 2, words),
        ];
      }
      if (user && above?.role === 'user') base.parents = [];
      messages.push(user ? base : { ...base, status: 'done', ...(fields as Partial<Message>) });
      if (!user && above) chat.chosen[`a:${above.id}:${lane}`] = id;
      else if (above && base.parents.length) chat.chosen[`u:${above.id}`] = id;
    });
    return { chat, messages, blobs };
  });

/** With ids by their order, so that two conversations can be compared. */
async function plainly({ chat, messages, blobs }: Whole) {
  const names = new Map<string, string>([[chat.id, 'chat']]);
  messages.forEach(({ id }, i) => names.set(id, `m${i}`));
  for (const { id } of messages.flatMap(({ attachments }) => attachments ?? []))
    if (!names.has(id)) names.set(id, `f${names.size}`);
  const name = (id: string) => names.get(id) ?? id;
  const inKey = (key: string) => key.replace(/[\w-]{3,}/g, name);
  return {
    chat: {
      ...chat,
      id: name(chat.id),
      chosen: Object.fromEntries(Object.entries(chat.chosen).map(([k, v]) => [inKey(k), name(v)])),
    },
    messages: messages.map((one) => ({
      ...one,
      id: name(one.id),
      chat: name(one.chat),
      parents: one.parents.map(name),
      ...(one.attachments && { attachments: one.attachments.map((a) => ({ ...a, id: name(a.id) })) }),
    })),
    blobs: await Promise.all(
      [...blobs].filter(([id]) => names.has(id)).map(async ([id, b]) => [name(id), b.type, await b.text()] as const),
    ).then((l) => l.sort()),
  };
}

describe('export, then import', () => {
  it('gives an equal conversation with new ids', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(whole, { maxLength: 3 }), async (all) => {
        const { files, left } = await toJson(all, true);
        expect(left).toBe(0);
        expect(files).toHaveLength(1);
        const back = await read(files[0] as Blob);
        expect(back.problems).toEqual(all.length ? [] : expect.anything());
        expect(back.all).toHaveLength(all.length);
        for (const [i, one] of all.entries()) {
          const again = back.all[i] as Whole;
          expect(await plainly(again)).toEqual(await plainly(one));
          const old = new Set(one.messages.map(({ id }) => id));
          expect(again.messages.some(({ id }) => old.has(id))).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('writes what was asked word for word only when that is wanted, and never where an answer is kept', async () => {
    const one: Whole = {
      chat: { id: 'c', title: 't', created: 1, updated: 1, tags: [], models: [], system: '', params: {}, chosen: {} },
      messages: [
        message(said('1')),
        message(answered('2', '1', { status: 'running', answer: 'KEPT', request: 'ASKED', response: 'RAW' })),
      ],
      blobs: new Map(),
    };
    const plain = await (await toJson([one])).files[0]?.text();
    expect(plain).not.toMatch(/KEPT|ASKED|RAW|running/);
    const raw = await (await toJson([one], true)).files[0]?.text();
    expect(raw).toMatch(/ASKED/);
    expect(raw).not.toMatch(/KEPT/);
    expect((await read(blobOf(plain))).all[0]?.messages[1]?.status).toBe('cut');
  });

  it('makes several files where one would be too large to import, and says which attachments found no room', async () => {
    const one = (id: string, size: number): Whole => ({
      chat: { id, title: id, created: 1, updated: 1, tags: [], models: [], system: '', params: {}, chosen: {} },
      messages: [
        message(
          said(`${id}1`, { text: 'x'.repeat(600), attachments: [attachment('f', 'text/plain', 'text', size, 'f')] }),
        ),
      ],
      blobs: new Map([['f', new Blob(['y'.repeat(size)], { type: 'text/plain' })]]),
    });
    const { files, left } = await toJson([one('a', 10), one('b', 10), one('c', 5000)], false, 2200);
    expect(left).toBe(1);
    expect(files.length).toBeGreaterThan(1);
    const titles: string[] = [];
    for (const part of files) titles.push(...(await read(part)).all.map(({ chat }) => chat.title));
    expect(titles).toEqual(['a', 'b', 'c']);
  });
});

describe('a file that somebody made up', () => {
  it('of any content is read without an error, and what is taken is of the right types', async () => {
    const keys = fc.constantFrom(
      'id',
      'role',
      'parents',
      'text',
      'messages',
      'files',
      'chosen',
      'tags',
      'params',
      'shape',
      'shaped',
      'figures',
      'tools',
      'images',
      'problem',
      'attachments',
      'title',
      'created',
      'status',
      'mapping',
      '__proto__',
      'constructor',
      'toString',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 5 },
        fc.jsonValue(),
        fc.constantFrom('user', 'assistant', 'a', 'b', 'running'),
        tie('list'),
        tie('dict'),
      ),
      list: fc.array(tie('any'), { maxLength: 4 }),
      dict: fc.dictionary(keys, tie('any'), { maxKeys: 8, noNullPrototype: false }),
    }));
    const anyMessage = fc
      .tuple(
        fc.constantFrom('a', 'b', 'c', '__proto__'),
        fc.constantFrom('user', 'assistant'),
        fc.array(fc.constantFrom('a', 'b', 'c', 'z', '__proto__')),
        value.dict,
      )
      .map(([id, role, parents, more]) => ({ ...(more as object), id, role, parents, text: 'x' }));
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 6 }), value.any, value.dict, async (messages, any, more) => {
        for (const root of [any, file(any), file([any, { ...(more as object), messages }]), [any], { messages: any }]) {
          for (const { chat, messages: taken, blobs } of (await read(blobOf(root))).all) {
            expect(typeof chat.title).toBe('string');
            expect(chat.tags.every((tag) => typeof tag === 'string')).toBe(true);
            const known = new Map(taken.map((one) => [one.id, one]));
            expect(known.size).toBe(taken.length);
            for (const one of taken) {
              expect(one.chat).toBe(chat.id);
              expect(one.parents.every((id) => known.has(id) && id !== one.id)).toBe(true);
              expect(one.status).not.toBe('running');
              expect(one).not.toHaveProperty('answer');
              for (const a of one.attachments ?? []) expect(blobs.has(a.id)).toBe(true);
            }
            expect(stepsOf(known, chat).length).toBeLessThanOrEqual(taken.length);
          }
        }
        expect(({} as { x?: unknown }).x).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it('changes no prototype', async () => {
    const text = `{"format":"franca-chats","chats":[{"__proto__":{"polluted":1},"title":"t","chosen":{"__proto__":"a","constructor":"a"},
      "params":{"__proto__":{"temperature":1}},"files":{"__proto__":"x"},"shape":{"name":"n","source":"schema","text":"","schema":{"__proto__":{"polluted":1}}},
      "messages":[{"id":"a","role":"user","text":"x","__proto__":{"polluted":1}}]}]}`;
    const { all } = await read(blobOf(text));
    const one = all[0];
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    for (const made of [one?.chat, one?.chat.params, one?.chat.chosen, one?.chat.shape?.schema, one?.messages[0]]) {
      expect(Object.getPrototypeOf(made)).toBe(Object.prototype);
      expect(Object.keys(made as object)).not.toContain('__proto__');
    }
    expect(one?.chat.params.temperature).toBeUndefined();
    expect(one?.chat.chosen).toEqual({});
  });

  it('with cycles, unknown parents and lost questions gives a tree', async () => {
    const { messages, problems } = await readOne({
      title: 't',
      messages: [
        said('a', { parents: ['b'] }),
        answered('b', 'a'),
        said('self', { parents: ['self'] }),
        said('ok'),
        answered('lost', 'nowhere'),
        said('belowLost', { parents: ['lost'] }),
        answered('fine', 'ok'),
        answered('c1', 'c2'),
        answered('c2', 'c1'),
      ],
    });
    expect(messages.map(({ text: words }) => words)).toEqual(['a', 'b', 'self', 'ok', 'fine']);
    expect(messages[0]?.parents).toEqual([]);
    expect(messages[1]?.parents).toEqual([messages[0]?.id]);
    expect(problems.find(({ why }) => why === 'parent')?.count).toBeGreaterThan(0);
  });

  it('is nested however deeply, or wide, or long: still read', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const schema = `{"name":"n","source":"schema","text":"","schema":{"a":${deep}}}`;
    const { all, problems } = await read(
      blobOf(
        `{"format":"franca-chats","chats":[{"title":"t","shape":${schema},"messages":[${JSON.stringify(said('a'))},{"id":"b","role":"assistant","parents":["a"],"text":"","shaped":{"value":${deep},"valid":true,"schema":{}}}]}]}`,
      ),
    );
    expect(all[0]?.chat.shape).toBeUndefined();
    expect(all[0]?.messages[1]?.shaped).toBeUndefined();
    expect(problems).toEqual([{ why: 'value', count: 2, where: ['t: shaped', 't: shape'] }]);
    const chain = Array.from({ length: 20_000 }, (_, i) =>
      i % 2 ? answered(`m${i}`, `m${i - 1}`) : said(`m${i}`, { parents: i ? [`m${i - 1}`] : [] }),
    );
    expect((await readOne({ title: 't', messages: chain })).messages).toHaveLength(20_000);
    const wide = [said('q'), ...Array.from({ length: 20_000 }, (_, i) => answered(`w${i}`, 'q'))];
    expect((await readOne({ title: 't', messages: wide })).messages).toHaveLength(20_001);
  });

  it('has nothing taken that a browser could run, and says so', async () => {
    const png = 'data:image/png;base64,iVBORw0KGgo=';
    const { whole, messages, problems } = await readOne({
      title: 't',
      files: {
        ok: png,
        svg: 'data:image/svg+xml;base64,PHN2Zy8+',
        html: 'data:text/html;base64,PGI+',
        page: 'https://x.y/z.png',
        bad: 'data:image/png;base64,***',
      },
      messages: [
        said('q', {
          attachments: [
            { id: 'ok', kind: 'image', name: '<img onerror=alert(1)>', type: 'image/png', size: 1e9 },
            ...['svg', 'page', 'bad', 'none', '__proto__'].map((id) => ({
              id,
              kind: 'image',
              name: id,
              type: 'image/png',
              size: 1,
            })),
            { id: 'html', kind: 'text', name: 'a.html', type: 'text/html', size: 1 },
            { id: 'html', kind: 'program', name: 'a', type: 'x', size: 1 },
          ],
        }),
        answered('a', 'q', {
          images: [png, 'https://x.y/a.png', 'data:image/svg+xml;base64,PHN2Zy8+', 'javascript:alert(1)', 5],
        }),
      ],
    });
    expect(messages[0]?.attachments?.map(({ kind, name }) => [kind, name])).toEqual([
      ['image', '<img onerror=alert(1)>'],
      ['text', 'a.html'],
    ]);
    expect(messages[0]?.attachments?.[0]?.size).toBe(8);
    expect([...(whole?.blobs.values() ?? [])].map(({ type }) => type)).toEqual(['image/png', 'text/plain']);
    expect(messages[1]?.images).toEqual([png]);
    expect(problems.map(({ why, count }) => [why, count])).toEqual([
      ['file', 6],
      ['image', 3],
    ]);
  });

  it('says what it left out, where and how often', async () => {
    const found = await read(
      blobOf(
        file([
          5,
          { title: 'no list' },
          { title: 'none', messages: [] },
          {
            title: 'T',
            messages: [
              5,
              said('a'),
              said('a'),
              { id: 'x', role: 'system', text: '' },
              answered('b', 'a', { figures: 5, request: { a: 1 } }),
            ],
          },
        ]),
      ),
    );
    expect(found.problems).toEqual([
      { why: 'chat', count: 3, where: ['none'] },
      { why: 'message', count: 2, where: ['T'] },
      { why: 'twice', count: 1, where: ['T'] },
      { why: 'value', count: 2, where: ['T: figures', 'T: request'] },
    ]);
    expect(found.all[0]?.messages[1]).not.toHaveProperty('request');
  });

  it('is refused where it is too large, and cut where it has too many messages', async () => {
    expect(whys(await read(blobOf(' '.repeat(11)), { size: 10 }))).toEqual(['big']);
    const many = file([
      { title: 'a', messages: [said('1'), said('2'), said('3')] },
      { title: 'b', messages: [said('1')] },
    ]);
    const found = await read(blobOf(many), { messages: 2 });
    expect(found.all.map(({ messages }) => messages.length)).toEqual([2]);
    expect(whys(found)).toEqual(['many', 'chat']);
    expect(found.problems[0]?.count).toBe(2);
  });

  it.each([
    ['', 'unread'],
    ['{', 'unread'],
    ['5', 'unknown'],
    ['null', 'unknown'],
    ['[]', 'unknown'],
    ['{"chats":[]}', 'unknown'],
  ])('of %j is told as %s', async (words, why) => expect(whys(await read(blobOf(words)))).toContain(why));

  it('says that an answer is being written: it was cut, and nobody is asked for the rest of it', async () => {
    const { messages } = await readOne({
      title: 't',
      messages: [
        said('q', { status: 'running' }),
        answered('a', 'q', { status: 'running', answer: 'someId' }),
        answered('b', 'q', { status: 5 }),
      ],
    });
    expect(messages.map(({ status }) => status)).toEqual([undefined, 'cut', 'done']);
    expect(messages[1]).not.toHaveProperty('answer');
  });

  it('names servers that nobody added here: they are forgotten', async () => {
    const chat = { title: 't', server: 'evil', messages: [said('a'), answered('b', 'a', { server: 'mine' })] };
    const { all } = await read(blobOf(file([chat])), { servers: new Set(['mine']) });
    expect(all[0]?.chat).not.toHaveProperty('server');
    expect(all[0]?.messages[1]?.server).toBe('mine');
  });
});

describe('files of others', () => {
  it("ChatGPT's: branches stay branches, pieces of one answer become one", async () => {
    const node = (id: string, parent: string | null, children: string[], role?: string, words?: string) => [
      id,
      {
        id,
        parent,
        children,
        message: role
          ? {
              author: { role },
              create_time: 5,
              content: { content_type: 'text', parts: [words] },
              metadata: { model_slug: 'm' },
            }
          : null,
      },
    ];
    const mapping = Object.fromEntries([
      node('root', null, ['sys']),
      node('sys', 'root', ['u1', 'u2'], 'system', ''),
      node('u1', 'sys', ['a1'], 'user', 'one'),
      node('u2', 'sys', [], 'user', 'edited'),
      node('a1', 'u1', ['t'], 'assistant', 'part'),
      node('t', 'a1', ['a2'], 'tool', 'x'),
      node('a2', 't', ['loop'], 'assistant', 'end'),
      node('loop', 'a2', ['u1', 'loop'], 'user', 'next'),
    ] as [string, unknown][]);
    const { all, problems } = await read(
      blobOf([{ title: 'Theirs', create_time: 2, update_time: 3, mapping, current_node: 'x' }, 5]),
    );
    const texts = all[0]?.messages.map(({ role, text: words }) => [role, words]);
    expect(texts).toEqual([
      ['user', 'one'],
      ['assistant', 'part\n\nend'],
      ['user', 'next'],
      ['user', 'edited'],
    ]);
    expect(all[0]?.chat).toMatchObject({ title: 'Theirs', created: 2000, updated: 3000 });
    expect(all[0]?.messages[1]?.model).toBe('m');
    expect(problems).toEqual([]);
  });

  it('a request to the chat API: system prompt, turns and pictures', async () => {
    const { all, problems } = await read(
      blobOf({
        model: 'm',
        messages: [
          { role: 'system', content: 'be kind' },
          {
            role: 'user',
            content: [
              { type: 'text', text: 'what is this?' },
              { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
              { type: 'image_url', image_url: { url: 'https://x.y/z' } },
            ],
          },
          { role: 'assistant', content: 'a picture' },
        ],
      }),
    );
    expect(all[0]?.chat).toMatchObject({ system: 'be kind', title: 'what is this?' });
    expect(all[0]?.messages.map(({ role, text: words, attachments }) => [role, words, attachments?.length])).toEqual([
      ['user', 'what is this?', 1],
      ['assistant', 'a picture', undefined],
    ]);
    expect(problems).toEqual([{ why: 'image', count: 1, where: [] }]);
  });
});

describe('what is stored of an import', () => {
  it('is all there before the conversation is listed, and the ones before stay', async () => {
    const { all } = await read(blobOf(file([{ title: 't', messages: [said('a'), answered('b', 'a')] }])));
    const calls: string[] = [];
    const store = {
      putBlob: vi.fn(async () => void calls.push('blob')),
      putChat: vi.fn(async () => void calls.push('chat')),
      putMessages: vi.fn(async () => void calls.push('messages')),
    };
    const before = chats.value;
    chats.value = [
      { id: 'old', title: '', created: 1, updated: 1, tags: [], models: [], system: '', params: {}, chosen: {} },
    ];
    await keep(all, store as unknown as Store);
    expect(calls).toEqual(['messages', 'chat']);
    expect(chats.value.map(({ id }) => id)).toEqual(expect.arrayContaining(['old', all[0]?.chat.id]));
    chats.value = before;
  });
});

describe('the type of bytes', () => {
  it.each([
    ['image', 'image/svg+xml', null],
    ['image', 'IMAGE/PNG', 'image/png'],
    ['text', 'text/html', 'text/plain'],
    ['pdf', 'text/html', null],
    ['audio', 'audio/mpeg', 'audio/mpeg'],
    ['audio', 'text/html', null],
    ['audio', 'video/mp4', null],
  ] as const)('of %s as %s is %s', (kind, type, safe) => expect(safeType(kind, type)).toBe(safe));
});
