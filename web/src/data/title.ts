// A title for a conversation that nobody named, from the first thing that was said in it.

const MOST = 60;

/** The first words of `text` without the signs of Markdown; "" where there are none. */
export function titleOf(text: string): string {
  const line =
    text
      .slice(0, 4000)
      .replace(/^\s*(```|~~~).*$/gm, '')
      .split('\n')
      .map((one) =>
        one
          .replace(/^\s*(?:(?:#{1,6}|>|[-*+]|\d+[.)])\s+)+/, '')
          .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
          .replace(/[*`~]+/g, '')
          .replace(/[\s\p{Cc}\p{Bidi_Control}]+/gu, ' ')
          .trim(),
      )
      .find((one) => /[\p{L}\p{N}\p{S}]/u.test(one)) ?? '';
  const signs = [...line];
  if (signs.length <= MOST) return line;
  const head = signs.slice(0, MOST - 1).join('');
  const space = head.lastIndexOf(' ');
  return `${(space > MOST / 2 ? head.slice(0, space) : head).replace(/[\s,;:.–-]+$/u, '')}…`;
}
