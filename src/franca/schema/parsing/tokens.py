"""The patterns of the scanner: what is JSON as it stands is taken in one stride, the rest token by token.

Every pattern is possessive, so that none goes back over what it has matched.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = [
    "BARE_END",
    "CALL",
    "CANDIDATE",
    "CANDIDATE_OF_LISTS",
    "CLOSING",
    "ITEMS",
    "KEY_AHEAD",
    "LITERAL",
    "MEMBERS",
    "NO_KEY_QUOTE",
    "SPACE",
    "clean_key",
]

_WS = r"[ \t\r\n]*+"
_STR = r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"'
_NUM = r"-?+(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?+[0-9]++)?+"
_SCALAR = rf"(?:{_STR}|{_NUM}|true|false|null)"
_LIST = rf"\[{_WS}(?:{_SCALAR}{_WS}(?:,{_WS}{_SCALAR}{_WS})*+)?+\]"
_PAIR = rf"{_STR}{_WS}:{_WS}{_SCALAR}{_WS}"
_OBJECT = rf"\{{{_WS}(?:{_PAIR}(?:,{_WS}{_PAIR})*+)?+\}}"
_FLAT = rf"(?:{_SCALAR}|{_LIST}|{_OBJECT})"

# Each item or member is followed by a comma and the beginning of another: the last one is read with more care.
ITEMS = re.compile(rf"(?:{_WS}{_FLAT}{_WS},(?={_WS}[\[{{\"0-9tfn-]))++")
MEMBERS = re.compile(rf"(?:{_WS}{_STR}{_WS}:{_WS}{_FLAT}{_WS},(?={_WS}\"))++")

# Between tokens: white space of every kind, comments, and "\n" that was escaped once too often.
SPACE = re.compile(
    r"(?:[\s\ufeff\u200b-\u200d\u2060]++|\\[nrt]|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/)?+|\#[^\n]*+"
    r"|<!--(?:[^-]++|-(?!->))*+(?:-->)?+)*+"
)
LITERAL = re.compile(rf"(?:({_NUM})|(true|false|null))(?=[\s,\]}}:;)]|//|/\*|\#|$|```|</|<\|)")
CALL = re.compile(r"(?:new\s++)?+([A-Za-z_][\w.]*+)\(")
# A key as it may stand behind a comma or on a new line: in quotes of any kind, or a name, with its colon.
KEY_AHEAD = re.compile(
    r"""(?:"([^"\n]{0,120}+)"|['`]([^'`\n]{0,120}+)['`]|[“”„]([^“”"\n]{0,120}+)[“”"]"""
    r"""|([\w$*-][\w $.*/-]{0,80}+)["”]?+)\s{0,40}+(?::(?!//)|=>|=(?!=))"""
)
NO_KEY_QUOTE = re.compile(r"[\w $.*-]{1,80}+\s*:\s*$")
BARE_END = re.compile(r"[,;}\])\n]|\s(?://|\#|/\*)|```|\\n|<\||</")
# What begins a piece that may be an answer; braces without any quote or colon are prose, and passed over in one go.
CANDIDATE = re.compile(r"[\[{]|\((?=\s{0,20}+[A-Za-z_]\w{0,60}+\s{0,20}+=(?!=))")
# A tuple begins a line, what is assigned, or what a tag or token introduces.
CANDIDATE_OF_LISTS = re.compile(CANDIDATE.pattern + r"|(?:^|(?<=[=>]))[ \t]*+\((?!\w+\s)", re.MULTILINE)
CLOSING = {'"': '"', "'": "'", "“": '”“"', "”": '”"', "„": '“”"', "‘": "’'", "’": "’'", "`": "`", "«": "»", "″": "″"}

_NOT_WORD = re.compile(r"[\W_]+")


@lru_cache(maxsize=4096)
def clean_key(key: str) -> str:
    """A key without what writers vary: case, underscores, hyphens, blanks, markup. "First-Name" gives "firstname";
    a key of nothing but such characters stays as it is."""
    return _NOT_WORD.sub("", key).casefold() or key
