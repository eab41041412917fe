// What the view shows, and what it does with code, formulas and images.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { highlighted } from '../src/markdown/highlight';
import { languageOf } from '../src/markdown/languages';
import { maths } from '../src/markdown/maths';
import { markdownView, plainText } from '../src/markdown/view';

const shown = (text: string): HTMLElement => markdownView({ text }).element;
const settled = async (text: string): Promise<HTMLElement> => {
  const view = markdownView({ text });
  await view.settled();
  return view.element;
};
const frame = (): Promise<void> =>
  new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));

afterEach(() => vi.restoreAllMocks());

describe('the parts', () => {
  it('headings begin below those of the page', () => {
    const names = [...shown('# a\n## b\n### c\n#### d\n##### e\n###### f').children].map((one) => one.localName);
    expect(names).toEqual(['h3', 'h4', 'h5', 'h6', 'h6', 'h6']);
  });

  it('a list keeps its start, a task is a disabled box with a name', () => {
    const element = shown('7. a\n8. b\n\ntext\n\n- [x] done\n- [ ] not');
    expect(element.querySelector('ol')?.getAttribute('start')).toBe('7');
    const boxes = [...element.querySelectorAll('input')];
    expect(boxes.map((box) => [box.checked, box.disabled, box.getAttribute('aria-label')])).toEqual([
      [true, true, 'Done'],
      [false, true, 'Not done'],
    ]);
  });

  it('a table is a scrollable part with a name, aligned by classes', () => {
    const element = shown('| a | b | c |\n|:--|:-:|--:|\n| 1 | 2 | 3 |');
    expect(element.querySelector('.table')?.getAttribute('tabindex')).toBe('0');
    expect(element.querySelector('.table')?.getAttribute('aria-label')).toBe('Table');
    expect([...element.querySelectorAll('td')].map((cell) => cell.className)).toEqual(['left', 'center', 'right']);
    expect(element.querySelector('[style]')).toBe(null);
  });

  it('entities are characters, and those that nobody knows stay', () => {
    const text = '&amp;&lt;&#65;&#x42;&mdash;&nope;&constructor; `&amp;`';
    expect(shown(text).textContent).toBe('&<AB—&nope;&constructor; &amp;');
  });

  it('a link opens elsewhere and tells nobody where from', () => {
    const link = shown('[a](https://x.example/y?z=1 "Title")').querySelector('a');
    expect(link?.href).toBe('https://x.example/y?z=1');
    expect([link?.rel, link?.target, link?.title]).toEqual(['noopener noreferrer', '_blank', 'Title']);
  });

  it('a link is found whose definition comes last', () => {
    const element = shown('See [one][1] and **[two]**.\n\n- [1]\n\n[1]: https://a.example\n[two]: https://b.example');
    const links = [...element.querySelectorAll('a')].map((link) => link.host);
    expect(links).toEqual(['a.example', 'b.example', 'a.example']);
  });

  it('prices stay prices, formulas are formulas', () => {
    expect(shown('It is $5 and $10, $5-$10, $7 or more for 8$, US$3/$4.').querySelector('.tex')).toBe(null);
    const all = shown('$x$, \\(y\\), $$z$$ and\n\n\\[\nw\n\\]').querySelectorAll('.tex');
    expect([...all].map((one) => one.textContent)).toEqual(['$x$', '\\(y\\)', '$$z$$', '\\[\nw\n\\]']);
    expect(shown('`$x$`\n\n```\n$$y$$\n```').querySelector('.tex')).toBe(null);
  });

  it('no emphasis reaches into a formula', () => {
    expect(shown('*a $b*c$ d*').querySelector('em')?.textContent).toBe('a $b*c$ d');
  });

  it('the words alone', () => {
    expect(plainText('# A *b*\n\n- c `d`\n- [e](http://f)\n\n| g | h |\n|---|---|\n| i | j |\n\n```js\nk\n```')).toBe(
      'A b\nc d\ne\ng, h\ni, j\nk',
    );
  });
});

describe('a view that grows', () => {
  it('shows what came with the next frame, and keeps its nodes', async () => {
    const flushed = vi.fn();
    const view = markdownView({ onFlush: flushed });
    view.append('Some *wo');
    await frame();
    const paragraph = view.element.firstElementChild;
    expect(paragraph?.textContent).toBe('Some *wo');
    expect(flushed).toHaveBeenCalledTimes(1);
    view.append('rds*\n\nmore\n\n```js\nlet a');
    await vi.waitFor(() => expect(view.element.querySelector('pre')?.textContent).toBe('let a'));
    const code = view.element.querySelector('code');
    view.append(' = 1;\n```\n');
    view.finish();
    expect(view.element.firstElementChild).toBe(paragraph);
    expect(paragraph?.innerHTML).toBe('Some <em>words</em>');
    expect(view.element.querySelector('code')).toBe(code);
    expect(code?.textContent).toBe('let a = 1;');
    expect(view.text).toBe('Some *words*\n\nmore\n\n```js\nlet a = 1;\n```\n');
  });

  it('writes a finished block never again', async () => {
    const view = markdownView();
    view.append('First.\n\nSecond');
    await frame();
    const seen = vi.fn();
    const first = view.element.firstElementChild;
    const all = { subtree: true, childList: true, characterData: true, attributes: true };
    if (first) new MutationObserver(seen).observe(first, all);
    for (const word of ['.', '\n\nThird', ' *x*\n', '- a\n', '- b', '\n\nEnd']) {
      view.append(word);
      await frame();
    }
    view.finish();
    await frame();
    expect(seen).not.toHaveBeenCalled();
  });

  it('begins again when more comes after the end', () => {
    const view = markdownView({ text: '- a' });
    view.append('\n- b');
    view.finish();
    expect(view.element.isEqualNode(shown('- a\n- b'))).toBe(true);
  });

  it('does not show marks that may still become something else', async () => {
    const view = markdownView();
    view.append('text\n-');
    await frame();
    expect(view.element.textContent).toBe('text');
    expect(view.element.querySelector('h4')).toBe(null);
  });

  it('ends as at once also after code and formulas have settled', async () => {
    const text =
      'A $x^2$ and $\\bad{$.\n\n```python\nprint(1)\n```\n\n- b\n  ```js\n  let c = `d`;\n  ```\n' +
      '- $$e$$\n\n[f] $g$\n\n[f]: http://h.example';
    const view = markdownView();
    for (let at = 0; at < text.length; at += 7) {
      view.append(text.slice(at, at + 7));
      await view.settled();
      await frame();
    }
    view.finish();
    await view.settled();
    expect(view.element.isEqualNode(await settled(text))).toBe(true);
    expect(view.element.querySelectorAll('math')).toHaveLength(3);
    expect(view.element.querySelectorAll('.h-built_in,.h-keyword').length).toBeGreaterThan(1);
  });
});

describe('code', () => {
  it('is copied as it was written', async () => {
    const write = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', { clipboard: { writeText: write } });
    const element = await settled('```js\nlet a = "<b>";\n\n\tb();\n```');
    const button = element.querySelector<HTMLButtonElement>('button.copy');
    button?.click();
    await vi.waitFor(() => expect(button?.textContent).toBe('Copied'));
    expect(write).toHaveBeenCalledWith('let a = "<b>";\n\n\tb();');
    vi.unstubAllGlobals();
  });

  const LANGUAGES = 'python javascript typescript json bash css xml sql go rust java cpp csharp yaml diff markdown';
  it.each(LANGUAGES.split(' '))('in %s keeps every letter when it is coloured', (language) => {
    const words = fc.constantFrom(
      ...['def f(x):', '"str', "'", '/* c */', '// d', '# e', '<a b="c">', '</a>', '{', '}', '1.5', '\n', '\t'],
      ...['class A', '`x${y}`', '&amp;', '<script>', 'select *', '- a', '+ b', '$x', '@', '\\', '```', 'é😀'],
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 20 }), (parts) => {
        const code = parts.join(' ');
        const made = highlighted(code, language);
        if (code) expect(made?.textContent).toBe(code);
      }),
      { numRuns: 60 },
    );
  });

  it('is known by the names that models use', () => {
    expect(['py', 'JS', 'ts', 'sh', 'html', 'c++', 'C#', 'yml', 'md', 'golang', 'rs'].map(languageOf)).toEqual([
      'python',
      'javascript',
      'typescript',
      'bash',
      'xml',
      'cpp',
      'csharp',
      'yaml',
      'markdown',
      'go',
      'rust',
    ]);
    expect(languageOf('toString')).toBe('');
  });

  it('stays as it is when it is very long or of a language that nobody knows', async () => {
    expect(highlighted('a '.repeat(30_000), 'python')).toBe(null);
    const element = await settled('```klingon\nlet a\n```');
    expect(element.querySelector('code')?.outerHTML).toBe('<code>let a</code>');
  });
});

describe('formulas', () => {
  it('become MathML, wide ones of their own', async () => {
    const element = await settled('$\\frac{1}{2}$\n\n$$\\begin{align} a&=b\\\\ c&=d\\end{align}$$');
    expect([...element.querySelectorAll('math')].map((one) => one.getAttribute('display'))).toEqual([null, 'block']);
    expect(element.querySelector('mfrac')?.namespaceURI).toBe('http://www.w3.org/1998/Math/MathML');
  });

  const deep = '$' + 'x^{'.repeat(80) + '}'.repeat(80) + '$';
  it.each(['$\\frac{1}$', '$\\href{https://a.example}{x}$', '$\\def\\x{\\x\\x}\\x$', deep, '$\\ref{a}$'])(
    'that cannot be shown stay as they are written: %s',
    async (text) => {
      expect(maths(text)).toBe(null);
      expect((await settled(text)).querySelector('code.tex')?.textContent).toBe(text);
    },
  );

  it('cannot leave their place', () => {
    const made = maths('$\\hspace{-900em} x \\kern-5000pt \\rule{999em}{99em} y$');
    expect(made?.outerHTML).not.toMatch(/\d{3,}(?:\.\d+)?(?:em|pt)/);
  });
});

describe('images', () => {
  const REMOTE = '![A cat](https://img.example/cat.png "Tom")';

  it('of the answer itself are shown', () => {
    const image = shown('![a](data:image/png;base64,iVBORw0KGgo=)').querySelector('img');
    expect([image?.alt, image?.getAttribute('src')]).toEqual(['a', 'data:image/png;base64,iVBORw0KGgo=']);
  });

  it('of elsewhere are loaded at a click only, where that is allowed', () => {
    const { element } = markdownView({ text: REMOTE, remoteImages: () => true });
    expect(element.querySelector('img')).toBe(null);
    const card = element.querySelector('button');
    expect(card?.textContent).toBe('Image from img.example: A cat – load');
    card?.click();
    const image = element.querySelector('img');
    expect([image?.getAttribute('src'), image?.alt, image?.title, image?.getAttribute('referrerpolicy')]).toEqual([
      'https://img.example/cat.png',
      'A cat',
      'Tom',
      'no-referrer',
    ]);
  });

  it('of elsewhere are links where it is not', () => {
    const element = shown(REMOTE);
    expect(element.querySelector('button,img')).toBe(null);
    expect(element.querySelector('a')?.href).toBe('https://img.example/cat.png');
  });
});

describe('the colours of code', () => {
  const css = (file: string): string => readFileSync(resolve(import.meta.dirname, '../src/css', file), 'utf8');
  const light = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string): number => {
    const [dark = 0, bright = 0] = [light(a), light(b)].sort((x, y) => x - y);
    return (bright + 0.05) / (dark + 0.05);
  };

  it('stand out from their ground by 4.5 to 1 in both themes', () => {
    const grounds = Array.from(css('tokens.css').matchAll(/--code: (#\w{6})/g), (found) => found[1] ?? '');
    const [ground = '', darkGround = ''] = grounds;
    const pairs = [...css('markdown.css').matchAll(/light-dark\((#\w{6}), (#\w{6})\)/g)];
    expect(pairs.length).toBeGreaterThanOrEqual(6);
    for (const [, bright = '', dark = ''] of pairs) {
      expect(contrast(bright, ground)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(dark, darkGround)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
