// The programming languages that can be highlighted, by the names that people and models give them.

const NAMES =
  'python py py3 python3 gyp ipython,javascript js jsx mjs cjs node,typescript ts tsx mts cts,json jsonc json5 jsonl,' +
  'bash sh shell zsh console shellsession,css,xml html xhtml svg htm vue,sql mysql postgresql postgres sqlite,' +
  'go golang,rust rs,java,cpp c c++ cc h hpp cxx,csharp cs c#,yaml yml,diff patch,markdown md mkd';

const known = new Map(
  NAMES.split(',').flatMap((line) => {
    const names = line.split(' ');
    return names.map((name) => [name, names[0] ?? name] as const);
  }),
);

/** The language that a name means, or '' where there is no highlighting for it. */
export const languageOf = (name: string): string => known.get(name.toLowerCase()) ?? '';
