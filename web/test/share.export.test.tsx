// What is handed out: Markdown as it was written, a web page that runs nothing, names that every system takes.
import { Blob as NodeBlob } from 'node:buffer';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../src/model/types';
import { safeName } from '../src/share/download';
import type { Whole } from '../src/share/export';
import { toHtml } from '../src/share/html';
import { toMarkdown } from '../src/share/markdown';
import { moreWords } from '../src/text';

beforeAll(async () => {
  await moreWords();
  globalThis.Blob = NodeBlob as unknown as typeof Blob; // the one of jsdom cannot be read
});

const message = (
  id: string,
  role: Message['role'],
  parent: string,
  text: string,
  more: Partial<Message> = {},
): Message => ({
  id,
  chat: 'c',
  role,
  parents: parent ? [parent] : [],
  lane: 0,
  created: Number(id),
  text,
  ...more,
});
const whole = (messages: Message[], title = 'Title', blobs = new Map<string, Blob>()): Whole => ({
  chat: { id: 'c', title, created: 1, updated: 1, tags: [], models: [], system: '', params: {}, chosen: {} },
  messages,
  blobs,
});
const CODE = '```python\ndef f():\n\treturn "`a`"   \n\n```';

describe('as Markdown', () => {
  it('code stands exactly as it was written, roles are headings', () => {
    const made = toMarkdown(
      whole(
        [
          message('1', 'user', '', 'Show *me*'),
          message('2', 'assistant', '1', `Here:\n\n${CODE}\n`, { model: 'a/b_c' }),
        ],
        'Ti#tle\n# x',
      ),
    );
    expect(made).toBe(`# Ti\\#tle \\# x\n\n## You\n\nShow *me*\n\n## a/b\\_c\n\nHere:\n\n${CODE}\n`);
  });

  it('has the shown path only', () => {
    const all = [
      message('1', 'user', '', 'old question'),
      message('2', 'assistant', '1', 'old answer'),
      message('3', 'user', '', 'new question'),
      message('4', 'assistant', '3', 'first try'),
      message('5', 'assistant', '3', 'second try'),
    ];
    const given = whole(all);
    given.chat.chosen = { 'a:3:0': '4' };
    expect(toMarkdown(given)).toBe('# Title\n\n## You\n\nnew question\n\n## Model\n\nfirst try\n');
  });

  it('fences what tools were told and said, whatever is in it', () => {
    const made = toMarkdown(
      whole([
        message('1', 'user', '', 'q'),
        message('2', 'assistant', '1', '', {
          tools: [{ id: 't', name: 'run', arguments: '{"a":"```"}', result: 'ok' }],
        }),
      ]),
    );
    expect(made).toContain('````json\n{"a":"```"}\n````\n\n```\nok\n```');
  });
});

describe('as a web page', () => {
  const png = 'data:image/png;base64,iVBORw0KGgo=';
  const evil =
    'Hi <script>alert(1)</script> <img src=x onerror=alert(1)> [l](javascript:alert(1)) ![p](https://x.y/p.png) [ok](https://x.y/)';
  const page = async () => {
    const blobs = new Map([
      ['f', new Blob(['x'], { type: 'image/png' })],
      ['s', new Blob(['<svg/>'], { type: 'image/svg+xml' })],
    ]);
    const file = (id: string, name: string) => ({ id, kind: 'image' as const, name, type: 'image/png', size: 1 });
    const text = await toHtml(
      whole(
        [
          message('1', 'user', '', evil, {
            attachments: [file('f', '"><script>a()</script>'), file('s', 'bad.svg'), file('gone', 'gone.png')],
          }),
          message('2', 'assistant', '1', `${evil}\n\n${CODE}\n\n$x^2$`, {
            model: '<b onclick=a()>',
            reasoning: evil,
            images: [png, 'https://x.y/z.png', 'data:image/svg+xml;base64,PHN2Zy8+'],
            tools: [{ id: 't', name: '<i>', arguments: '</pre><script>a()</script>' }],
            problem: { message: '<script>a()</script>' },
          }),
        ],
        '</title><script>a()</script>',
        blobs,
      ),
    );
    return { text, made: new DOMParser().parseFromString(text, 'text/html') };
  };

  it('has a policy before anything else that allows no script and no request', async () => {
    const { text, made } = await page();
    expect(text).toMatch(/^<!doctype html>\n<html/);
    const [first, second] = [...made.head.children];
    expect(first?.getAttribute('charset')).toBe('utf-8');
    expect(second?.getAttribute('http-equiv')).toBe('Content-Security-Policy');
    expect(second?.getAttribute('content')).toMatch(/^default-src 'none'; style-src 'unsafe-inline'; img-src data:;/);
  });

  it('has no script, no handler, no frame, no button and no address but links and pictures of its own', async () => {
    const { made } = await page();
    expect(made.querySelector('script, iframe, object, embed, form, button, link, base, svg')).toBeNull();
    for (const element of made.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(name).not.toMatch(/^on/);
        if (name === 'href') expect(value).toMatch(/^https:\/\/x\.y\//);
        if (name === 'src') expect(value).toMatch(/^data:image\/png;base64,/);
      }
    }
    expect(made.querySelectorAll('img')).toHaveLength(2);
    expect(made.querySelectorAll('a[href="https://x.y/p.png"]').length).toBeGreaterThan(0);
  });

  it('says what was said: title, names, texts and code', async () => {
    const { made } = await page();
    expect(made.title).toBe('</title><script>a()</script>');
    expect(made.querySelector('section.user .plain')?.textContent).toBe(evil);
    expect(made.querySelector('pre code')?.textContent).toBe('def f():\n\treturn "`a`"   \n');
    expect(made.body.textContent).toContain('gone.png');
    expect(made.body.textContent).toContain('<b onclick=a()>');
  });
});

describe('a file name', () => {
  it.each([
    ['a/b\\c:d', 'a b c d.md'],
    ['..', 'chat.md'],
    ['', 'chat.md'],
    ['../../etc/passwd', 'etc passwd.md'],
    ['CON', '_CON.md'],
    ['x\u202Egpj.exe\n', 'x gpj.exe.md'],
    ['ä中🙂', 'ä中🙂.md'],
    ['n'.repeat(300), `${'n'.repeat(60)}.md`],
    ['end.', 'end.md'],
  ])('from %j is %j', (title, name) => expect(safeName(title, 'md')).toBe(name));
});
