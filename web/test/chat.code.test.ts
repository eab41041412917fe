// A request as a command or a script: whatever was said, a shell and Python read back exactly that, and run nothing.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asCurl, asPython, changeChat, send } from '../src/chat/actions';
import { python, shellWord } from '../src/chat/code';
import { keys, otherServers, setKey } from '../src/prefs';
import { answer, draft, file, server, settled, usePage } from './chat_page';
import { DONE, ended, said, whole } from './chat_server';

usePage();

function run(command: string, args: readonly string[], input = ''): string {
  const done = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  expect(done.stderr).toBe('');
  return done.stdout;
}

// What is special to a shell, to Python, or to nobody.
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(...'\'"`$\\!(){}[]#;&|<>*?~%\n\r\t \x7f\x1b\u2028'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 30,
});

it('a shell reads back every word as it was', () => {
  const words = fc.sample(
    nasty.filter((one) => !one.includes('\0')),
    300,
  );
  // The end of each word is marked by a byte that no word has.
  const script = words.map((one) => `printf '%s\\000' ${shellWord(one)}`).join('\n');
  expect(run('sh', ['-c', script]).split('\0').slice(0, -1)).toEqual(words);
});

it('Python reads back every value as it was', () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 3 },
      nasty,
      fc.boolean(),
      fc.constant(null),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie('any'), { maxLength: 4 }),
      fc.dictionary(nasty, tie('any'), { maxKeys: 4 }),
    ),
  })).any;
  const values: unknown[] = fc.sample(value, 200).map((one) => JSON.parse(JSON.stringify(one)) as unknown);
  const program = `import ast, json, sys\nprint(json.dumps(ast.literal_eval(sys.stdin.buffer.read().decode())))`;
  expect(JSON.parse(run('python3', ['-c', program], python(values)))).toEqual(values);
});

async function asked(text: string, files: Parameters<typeof draft>[1] = []) {
  server.on('POST', '/v1/chat/completions', whole(said('x'), ended(), DONE));
  await send(draft(text, files));
  await settled();
  return JSON.parse(server.of('POST', '/v1/chat/completions').at(-1)?.body ?? '') as Record<string, unknown>;
}

/** Run the command with a curl that only says what it was given. */
function words(command: string): string[] {
  const out = run(
    'sh',
    ['-s'],
    `curl() { printf '%s\\000' "$@"; case "$*" in *--data-binary*) cat;; esac; }\n` +
      `FRANCA_KEY=from-env SERVER_KEY=other-env\n${command}`,
  );
  return out.split('\0');
}

describe('the curl command', () => {
  it('sends what was sent, with the key from the environment', async () => {
    setKey('', 'sk-secret', false);
    const body = await asked('It\'s $(touch /tmp/x) `id` \\ "q"\n\'end');
    const command = await asCurl(answer().id);
    expect(command).not.toContain('sk-secret');
    const given = words(command);
    expect(given.slice(0, 2)).toEqual(['-N', `${server.url}v1/chat/completions`]);
    expect(given).toContain('authorization: Bearer from-env');
    expect(JSON.parse(given[given.indexOf('-d') + 1] ?? '')).toEqual(body);
  });
  it('with files is whole, and gives long bodies on the standard input', async () => {
    const body = await asked('Look', [file('curl', 'image', 'a.png', 'image/png', new Uint8Array(200_000).fill(7))]);
    const command = await asCurl(answer().id);
    expect(command).toContain('--data-binary @-');
    expect(JSON.parse(words(command).at(-1) ?? '')).toEqual(body);
  });
  it('for another server names it', async () => {
    otherServers.value = [{ id: 's', name: 'S', url: "https://x.example/v1?a='b" }];
    setKey('s', 'sk-secret', false);
    changeChat({ server: 's' });
    await asked('Hi');
    const command = await asCurl(answer().id);
    expect(words(command)).toEqual(
      expect.arrayContaining(["x-franca-base-url: https://x.example/v1?a='b", 'x-franca-api-key: other-env']),
    );
    expect(command).not.toContain('sk-secret');
  });
});

// Runs the script with a franca that says what it was called with.
const STAND_IN = `
import json, sys, types
called = []
class Client:
    def __init__(self, *args, **options): called.append(["Client", args, options])
    def __getattr__(self, name):
        def call(*args, **options):
            called.append([name, args, options])
            return types.SimpleNamespace(content="", value="")
        return call
sys.modules["franca"] = types.SimpleNamespace(Client=Client)
exec(compile(sys.stdin.buffer.read().decode(), "script", "exec"))
print(json.dumps(called))
`;
const calls = (script: string): unknown => JSON.parse(run('python3', ['-c', STAND_IN], script).trim());

describe('the Python script', () => {
  it('says the same with franca', async () => {
    changeChat({
      system: 'Be """brief""".',
      params: { temperature: 0, stop: ['\\n'], extra: '{"top_k": 3, "odd-name": null}' },
    });
    keys.value = { '': 'sk-secret' };
    const body = await asked('Hi \\ "there"');
    const script = await asPython(answer().id);
    expect(script).not.toContain('sk-secret');
    expect(calls(script)).toEqual([
      ['Client', [`${server.url}v1`], { api_key: 'env:FRANCA_KEY' }],
      ['chat', [body.messages], { model: 'm', temperature: 0, stop: ['\\n'], extra: { top_k: 3, 'odd-name': null } }],
    ]);
  });
  it('in structured mode asks for the schema, and needs no key where there is none', async () => {
    const schema = { type: 'object', properties: { a: { type: 'boolean', default: false } } };
    changeChat({ shape: { name: 'x', source: 'schema', text: '', schema } });
    const body = await asked('Hi');
    expect(calls(await asPython(answer().id))).toEqual([
      ['Client', [`${server.url}v1`], {}],
      ['structured', [body.messages, schema], { model: 'm' }],
    ]);
  });
  it('for another server asks that one', async () => {
    otherServers.value = [{ id: 's', name: 'S', url: 'https://x.example/v1' }];
    setKey('s', 'sk-secret', false);
    changeChat({ server: 's' });
    await asked('Hi');
    expect(calls(await asPython(answer().id))).toMatchObject([
      ['Client', ['https://x.example/v1'], { api_key: 'env:SERVER_KEY' }],
      ['chat', [[{ role: 'user' }]], {}],
    ]);
  });
});
