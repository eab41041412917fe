"""Think tags: reasoning that a server left in the content, as a block at its very beginning.

    <think>They greet me. I greet back.</think>

    Hello!

Which tags (checked November 2026): `<think>` DeepSeek-R1, Qwen3, QwQ, GLM behind servers without a reasoning parser
(isaiah-harville/Primer#109); `<thinking>` Amazon Nova (LibreChat-AI/agents#40); `<thought>` Gemma and Gemini's
compatible endpoint with thoughts included (NousResearch/hermes-agent#8991); `[THINK]` Mistral's Magistral and
Ministral (Primer#109). Not `<reasoning>`: models write it only where a prompt asks for it.

The rules: a block counts only where nothing but white space stands before it, so that an answer that talks about tags
is left alone. Without its closing tag everything is reasoning: the answer was cut, or ended by its length. The
reasoning is given without white space around it; of the text, line breaks just behind the closing tag belong to
neither. A closing tag alone (a template that opens the block in the prompt) is not understood: in a stream nothing
could be shown before the end.
"""

from __future__ import annotations

__all__ = ["ThinkSplitter", "may_think", "split_thinking"]

_PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("[THINK]", "[/THINK]"),
)
_SPACE = " \t\r\n"
_BREAKS = "\r\n"
_FIRST = frozenset("<[" + _SPACE)


def may_think(text: str) -> bool:
    """Whether a text may begin with a block of reasoning; nearly all say no by their first character."""
    return text[:1] in _FIRST


def split_thinking(text: str) -> tuple[str, str] | None:
    """(reasoning, the text behind it) of a text that begins with a block of reasoning; None for any other."""
    if not may_think(text):
        return None
    splitter = ThinkSplitter()
    reasoning, content = splitter.feed(text)
    if not splitter.found:
        return None
    more, _ = splitter.end()
    return reasoning + more, content


class ThinkSplitter:
    """The same for a text that comes in pieces: what `feed` and `end` give, put together, is what `split_thinking`
    says of the whole, wherever the text was cut. Only what may still become either is kept back.

    `found`: a block began. `settled`: all further pieces are plain text, and need not be fed.
    """

    __slots__ = ("_close", "_gap", "_head", "_inside", "_spoke", "_tail", "found", "settled")

    def __init__(self) -> None:
        self.found = False
        self.settled = False
        self._gap: list[str] = []  # white space that may belong to something; a list, as it may come in many pieces
        self._head = ""  # what may become an opening tag
        self._close = ""
        self._inside = False
        self._spoke = False
        self._tail = ""  # what may become the closing tag

    def feed(self, text: str) -> tuple[str, str]:
        """(reasoning, text) that are certain now."""
        if self.settled:
            return "", text
        if self._inside:
            return self._think(text)
        if self.found:
            return "", self._after(text)
        if not self._head:
            bare = text.lstrip(_SPACE)
            self._gap.append(text[: len(text) - len(bare)])
            text = bare
        self._head += text
        if not self._head:
            return "", ""
        undecided = False
        for opening, closing in _PAIRS:
            if self._head.startswith(opening):
                rest = self._head[len(opening) :]
                self._head, self._close = "", closing
                self._gap.clear()
                self.found = self._inside = True
                return self._think(rest)
            undecided = undecided or opening.startswith(self._head)
        return ("", "") if undecided else ("", self.settle())

    def settle(self) -> str:
        """It is plain text after all: what was kept back of it."""
        kept = "".join(self._gap) + self._head
        self._gap.clear()
        self._head = ""
        self.settled = True
        return kept

    def end(self) -> tuple[str, str]:
        """(reasoning, text) that were kept back, when nothing more comes."""
        if self._inside:
            kept = self._thought(self._tail)
            self._tail, self._inside, self.settled = "", False, True
            return kept, ""
        return "", self.settle()

    def _think(self, text: str) -> tuple[str, str]:
        """Inside the block."""
        text = self._tail + text
        place = text.find(self._close)
        if place < 0:
            cut = len(text) - _overlap(text, self._close)
            self._tail = text[cut:]
            return self._thought(text[:cut]), ""
        self._inside, self._tail = False, ""
        thought = self._thought(text[:place])
        self._gap.clear()
        return thought, self._after(text[place + len(self._close) :])

    def _thought(self, text: str) -> str:
        """What of a piece of the block may be told: white space at its end waits for what comes behind it."""
        core = text.rstrip(_SPACE)
        if not core:
            self._gap.append(text)
            return ""
        before = "".join(self._gap)
        self._gap[:] = [text[len(core) :]]
        if self._spoke:
            return before + core
        self._spoke = True
        return core.lstrip(_SPACE)

    def _after(self, text: str) -> str:
        """Behind the block: line breaks are left out, then all is plain."""
        text = text.lstrip(_BREAKS)
        self.settled = bool(text)
        return text


def _overlap(text: str, tag: str) -> int:
    """How many characters at the end of a text may be the beginning of a tag."""
    for length in range(min(len(tag) - 1, len(text)), 0, -1):
        if tag.startswith(text[-length:]):
            return length
    return 0
