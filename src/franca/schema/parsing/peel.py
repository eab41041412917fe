"""What stands around an answer: thinking, channels, a second encoding. What is left are the spans to look in."""

from __future__ import annotations

import html
import json
import re
from typing import NamedTuple

__all__ = ["Peeled", "peel", "unfenced"]

_EDGE = " \t\r\n\ufeff\u200b\u200c\u200d\u2060\xa0"
_THINK = r"(?:think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad|seed:think)"
_OPEN_TAG = re.compile(rf"<{_THINK}>|\[THINK\]|◁think▷|<\|begin_of_thought\|>|<\|START_THINKING\|>", re.IGNORECASE)
_CLOSE_TAG = re.compile(rf"</{_THINK}>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<\|END_THINKING\|>", re.IGNORECASE)
_FINAL = re.compile(r"<\|channel\|>\s*final\s*(?:<\|constrain\|>\s*\w*\s*)?<\|message\|>")
_CHANNEL = re.compile(r"<\|channel\|>[^<]{0,80}(?:<\|constrain\|>[^<]{0,20})?<\|message\|>")
_ANSWER = re.compile(r"<(answer|final_answer|final|output|result|json|response)>", re.IGNORECASE)
_TAIL = re.compile(r"(?:\s|</s>|<\|[A-Za-z_]{2,30}\|>|<eos>|<end_of_turn>|\[/?(?:INST|EOS)\])+$")
_TAIL_LENGTH = 200  # characters at the end in which special tokens are looked for
_MOST_BLOCKS = 100
_FENCE = re.compile(r"(?:```|~~~)[\w.+-]*+[ \t]*+\n?+")
_ENTITY = re.compile(r"&(?:quot|#34|#x22);")


class Peeled(NamedTuple):
    """A text and where in it an answer may stand."""

    text: str
    spans: list[tuple[int, int]]
    kinds: list[tuple[str, str]]
    """What was peeled off: kind and the text (its beginning)."""
    finished: bool
    """Whether white space or a special token behind it shows that the last word is not cut."""


def peel(text: str) -> Peeled:
    """Take off what is not the answer."""
    kinds: list[tuple[str, str]] = []
    finished = text[-1:].isspace()
    text = text.strip(_EDGE)
    tail = _TAIL.search(text, max(0, len(text) - _TAIL_LENGTH))
    if tail and tail.group().strip():
        kinds.append(("special tokens", tail.group().strip()))
        text = text[: tail.start()]
        finished = True
    text = _decoded(text, kinds)
    if finished:
        text += "\n"
    if text[:1] in "{[" and not text.startswith("[THINK]"):
        return Peeled(text, [(0, len(text))], kinds, finished)
    spans = _channels(text, kinds)
    if spans is None:
        spans = _without_thinking(text, kinds)
    spans = _answer_tag(text, spans, kinds)
    return Peeled(text, spans, kinds, finished)


def _decoded(text: str, kinds: list[tuple[str, str]]) -> str:
    """A text that is wholly a JSON string, or has entities for its quotes."""
    for _ in range(3):
        bare = unfenced(text)
        if bare[:1] != '"' or bare[-1:] != '"' or not set(bare) & set("{[("):
            break
        try:
            inner = json.loads(bare, strict=False)
        except ValueError:
            break
        kinds.append(("encoded twice", bare))
        text = inner.strip(_EDGE)
    if '"' not in text and _ENTITY.search(text):
        kinds.append(("entities", text))
        text = html.unescape(text)
    return text


def _channels(text: str, kinds: list[tuple[str, str]]) -> list[tuple[int, int]] | None:
    if "<|channel|>" not in text:
        return None
    final = _last(_FINAL, text, 0, len(text))
    if final is not None:
        kinds.append(("channels", text[: final.end()]))
        return [(final.end(), len(text))]
    last = _last(_CHANNEL, text, 0, len(text))
    if last is not None and "analysis" in last.group():
        kinds.append(("channels", text))
        return []
    return [(last.end() if last else 0, len(text))]


def _without_thinking(text: str, kinds: list[tuple[str, str]]) -> list[tuple[int, int]]:
    """The spans outside of thinking. A closing tag alone ends thinking that began before the text did."""
    first = _OPEN_TAG.search(text)
    close = _CLOSE_TAG.search(text)
    if first is None and close is None:
        return [(0, len(text))]
    spans: list[tuple[int, int]] = []
    at = 0
    if close is not None and (first is None or close.start() < first.start()):
        if first is None:  # the last of them, when thinking itself speaks of the tag
            close = _last(_CLOSE_TAG, text, 0, len(text)) or close
        at = close.end()
        kinds.append(("thinking", text[:at]))
        first = _OPEN_TAG.search(text, at)
    for _ in range(_MOST_BLOCKS):
        if first is None:
            break
        spans.append((at, first.start()))
        close = _CLOSE_TAG.search(text, first.end())
        at = close.end() if close else len(text)
        kinds.append(("thinking", text[first.start() : at]))
        first = _OPEN_TAG.search(text, at)
    spans.append((at, len(text)))
    return [span for span in spans if text[slice(*span)].strip()]


def _answer_tag(text: str, spans: list[tuple[int, int]], kinds: list[tuple[str, str]]) -> list[tuple[int, int]]:
    """What stands in the last pair of tags that say "this is the answer", when something does."""
    if not spans:
        return spans
    start, end = spans[-1]
    found = _last(_ANSWER, text, start, end)
    if found is None or "{" in text[start : found.start()] or "[" in text[start : found.start()]:
        return spans
    stop = text.find(f"</{found.group(1)}>", found.end(), end)
    stop = end if stop < 0 else stop
    if not text[found.end() : stop].strip():
        return spans
    kinds.append(("tag", found.group()))
    return [(found.end(), stop)]


def unfenced(text: str) -> str:
    """A text without the fence around it."""
    text = text.strip(_EDGE)
    opened = _FENCE.match(text)
    if opened is None:
        return text
    text = text[opened.end() :]
    return (text[:-3] if text.endswith(("```", "~~~")) else text).strip(_EDGE)


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> re.Match[str] | None:
    found = None
    for match in pattern.finditer(text, start, end):
        found = match
    return found
