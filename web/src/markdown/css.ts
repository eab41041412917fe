// CSS for highlight.js, by the forms of its parts: its own grammar knows each property by name, and is ten times as large.
import type { HLJSApi, Language } from 'highlight.js';

export default function css(hljs: HLJSApi): Language {
  const value = [
    hljs.APOS_STRING_MODE,
    hljs.QUOTE_STRING_MODE,
    { scope: 'number', begin: /#[\da-f]{3,8}\b|[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?:%|[a-z]+)?/i },
    { scope: 'built_in', begin: /[\w-]+(?=\()/ },
    { scope: 'meta', begin: /!\s*important\b/i },
    { scope: 'variable', begin: /--[\w-]+/ },
  ];
  return {
    name: 'CSS',
    aliases: ['scss', 'less'],
    case_insensitive: true,
    contains: [
      hljs.C_BLOCK_COMMENT_MODE,
      { scope: 'keyword', begin: /@[\w-]+/ },
      {
        begin: /(?:--)?[a-z-][\w-]*(?=\s*:[^{};]*(?:[;}]|$))/,
        scope: 'attribute',
        starts: { end: /(?=[;}])/, contains: [hljs.C_BLOCK_COMMENT_MODE, ...value] },
      },
      { scope: 'selector-class', begin: /\.[a-z_-][\w-]*/i },
      { scope: 'selector-id', begin: /#[a-z_-][\w-]*(?=[^;{}]*\{)/i },
      { scope: 'selector-pseudo', begin: /::?[a-z-]+/ },
      { scope: 'selector-attr', begin: /\[/, end: /\]/, contains: [hljs.APOS_STRING_MODE, hljs.QUOTE_STRING_MODE] },
      ...value,
    ],
  };
}
