"""What stands around an answer, taken off piece by piece as `peel` does it for a whole text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .peel import _ANSWER, _CHANNEL, _CLOSE_TAG, _EDGE, _FENCE, _FINAL, _OPEN_TAG

__all__ = ["BEGIN", "END", "Spans"]

BEGIN, END = "begin", "end"
"""What came before does not count any more; what is open ends here, and counts."""
_ANSWER_END = r"</(?P<name>answer|final_answer|final|output|result|json|response)>"
_MARK = re.compile(
    rf"(?P<channel><\|channel\|>)|(?P<open>{_OPEN_TAG.pattern})|(?P<close>{_CLOSE_TAG.pattern})"
    rf"|(?P<answer>{_ANSWER.pattern})|{_ANSWER_END}",
    re.IGNORECASE,
)
_BEGUN = re.compile(r"(?:<[^<>\s]{0,30}+|\[/?[think]{0,5}|◁/?[a-z]{0,5})\Z", re.IGNORECASE)
_LONGEST_CHANNEL = 160  # characters of the head of a channel
_HEAD, _BARE, _MIXED, _THINKING, _ASIDE, _DONE = range(6)


class Spans:
    """The text in which the answer may stand, as it comes."""

    def __init__(self) -> None:
        self.bare = False
        """Whether the text begins with a bracket: then all of it counts."""
        self._state = _HEAD
        self._held = ""
        self._thought = False
        self._channels = False
        self._final = False
        self._brackets = False
        """Whether there was a bracket since the span began."""
        self._answer = ""

    def feed(self, piece: str) -> Iterator[str | tuple[str]]:
        """Texts, and `(BEGIN,)` and `(END,)` between them."""
        text = self._held + piece
        self._held = ""
        if self._state == _HEAD:
            self._state = _kind(text)
        if self._state == _HEAD:
            self._held = text
        elif self._state == _BARE:
            self.bare = True
            yield text
        else:
            yield from self._mixed(text)

    def _mixed(self, text: str) -> Iterator[str | tuple[str]]:
        at = 0
        while self._state != _DONE:
            match = (_CLOSE_TAG if self._state == _THINKING else _MARK).search(text, at)
            if match is None:
                begun = _BEGUN.search(text, max(at, len(text) - 40))
                stop = begun.start() if begun else len(text)
                self._held = text[stop:]
                yield from self._text(text[at:stop])
                return
            yield from self._text(text[at : match.start()])
            at = match.end()
            if self._state == _THINKING:
                self._state = _MIXED
                continue
            if match.group("channel"):
                head = _CHANNEL.match(text, match.start())
                if head is None and len(text) - at < _LONGEST_CHANNEL:
                    self._held = text[match.start() :]
                    return
                if head is not None:
                    at = head.end()
                    yield from self._channel(head.group())
                continue
            yield from self._tag(match)

    def _text(self, text: str) -> Iterator[str]:
        if text and self._state == _MIXED:
            self._brackets = self._brackets or "{" in text or "[" in text
            yield text

    def _channel(self, head: str) -> Iterator[str | tuple[str]]:
        self._channels = True
        final = _FINAL.match(head) is not None
        if self._final and not final:
            return
        self._final = final
        self._state = _ASIDE if "analysis" in head and not final else _MIXED
        self._brackets = False
        yield (BEGIN,)

    def _tag(self, match: re.Match[str]) -> Iterator[str | tuple[str]]:
        """A tag in the text: of thinking, or around the answer."""
        if self._state == _ASIDE:
            return
        if match.group("open") and not self._channels:
            self._thought = True
            self._state = _THINKING
            self._brackets = False
            yield (END,)
        elif match.group("close") and not self._channels and not self._thought:
            self._brackets = False
            yield (BEGIN,)
        elif match.group("answer") and not self._brackets:
            self._answer = match.group("answer")[1:-1]
            yield (BEGIN,)
        elif match.group("name") == self._answer and self._answer and self._brackets:
            self._state = _DONE
            yield (END,)
        else:
            yield match.group()


def _kind(text: str) -> int:
    """What a text is by its beginning; _HEAD while that is not clear."""
    text = text.lstrip(_EDGE)
    if text[:1] in ("{", "["):
        if len(text) < 7 and "[THINK]".startswith(text):
            return _HEAD
        return _MIXED if text.startswith("[THINK]") else _BARE
    if "```".startswith(text) or "~~~".startswith(text):
        return _HEAD
    fence = _FENCE.match(text)
    if fence:
        text = text[fence.end() :].lstrip(_EDGE)
        if not text:
            return _HEAD
    return _DONE if text[0] == '"' else _MIXED
