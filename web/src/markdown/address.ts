// What may stand in an address that a model wrote, and the characters that entities stand for. No HTML is parsed.

const NAMED: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  times: '×',
  deg: '°',
  larr: '←',
  rarr: '→',
  le: '≤',
  ge: '≥',
  euro: '€',
  pound: '£',
  colon: ':',
  Tab: '\t',
  NewLine: '\n',
};

/** The text with its entities as characters; one that is not known stays as it is written. */
export function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|([a-zA-Z]\w{1,10}));/g, (whole, ten, sixteen, name) => {
    if (name) return Object.hasOwn(NAMED, name) ? (NAMED[name] ?? whole) : whole;
    const code = ten ? Number(ten) : parseInt(sixteen, 16);
    return code === 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code);
  });
}

/** What a browser would read: without the characters that it drops. */
function bare(written: string): string {
  return decoded(written).replace(/[\0-\x20\x7f-\xa0\u2028\u2029\ufeff]+/g, (found, at: number) =>
    at > 0 && found === ' ' ? '%20' : '',
  );
}

/** The address if a link may lead there, else ''. It is whole: relative addresses would lead into the page. */
export function linkable(written: string, schemes = /^(?:https?:\/\/[^/?#]|mailto:[^/])/i): string {
  const address = bare(written);
  return schemes.test(address) && URL.canParse(address) ? address : '';
}

/** The address if a picture may be shown from it without asking anybody, else ''. */
export function local(written: string): string {
  const address = bare(written);
  return /^(?:data:image\/(?:png|jpe?g|gif|webp|avif)[;,]|blob:)/i.test(address) ? address : '';
}

/** The address if it is one of the web, else ''. */
export function remote(written: string): string {
  return linkable(written, /^https?:\/\/[^/?#]/i);
}
