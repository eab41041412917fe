"""The tolerant parser does work in proportion to the text: the steps are counted, not timed.

A step is a call of any function, Python's or C's, and a character that a pattern or the JSON decoder went over. A
pattern that does not match counts as one: none of them goes back over what it has matched.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

import franca.schema.parsing.partial
from franca.errors import OutputInvalid
from franca.schema.parsing import parse
from franca.schema.parsing.partial import Partial

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
PEOPLE = {"type": "array", "items": PERSON}
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
TEXTS = {"type": "array", "items": {"type": "string"}}
NEXT = {"type": "object", "properties": {"a": {"$ref": "#"}}}
MAP = {"type": "object", "additionalProperties": {"type": "string"}}
ANSWER = '{"name": "Ada", "age": 36,}'
ONE = '{"name": "Ada", "age": 36}'

# Beginning, what is repeated, end, schema.
SHAPES: dict[str, tuple[str, str, str, Any]] = {
    "prose": ("", "It was (they say) a bright day: 13 of 'em. ", "", PERSON),
    "prose, then an answer": ("", "It was (they say) a bright day: 13 of 'em. ", ANSWER, PERSON),
    "open brackets": ("", "[", "", PEOPLE),
    "open braces": ("", "{", "", PERSON),
    "open members": ("", '{"a":', "", NEXT),
    "closing brackets": ("", "]}", "", PEOPLE),
    "a list with a comma too many": ("[", f"{ONE}, ", "]", PEOPLE),
    "a list, cut": ("[", f"{ONE}, ", '{"name": "A', PEOPLE),
    "a list without commas": ("[", f"{ONE}\n", "]", PEOPLE),
    "objects in a row": ("", f"{ONE}\n", "", PEOPLE),
    "other objects, then an answer": ("", '{"x":1} ', ANSWER, PERSON),
    "templates, then an answer": ("", "{x} ", ANSWER, PERSON),
    "escaped objects, then an answer": ("", '{\\"a\\":1} ', ANSWER, PERSON),
    "escaped objects with a plain quote": ("x", ' {\\"a\\":1 "}', "", PERSON),
    "inner quotes": ('{"text": "', 'say "hi" ', '"}', TEXT),
    "inner quotes with commas": ('{"text": "', 'a", ', '"}', TEXT),
    "inner quotes in a list": ("[", '"say "hi" you", ', '"x"]', TEXTS),
    "a string that is cut": ('{"text": "', "lorem ipsum\\n", "", TEXT),
    "quotes alone": ("{", '"', "", MAP),
    "keys without values": ("{", '"a" ', "", MAP),
    "words without quotes": ('{"text": ', "a, b; ", "", TEXT),
    "members without quotes": ("{", "k: some words\n", "}", MAP),
    "open comments": ('{"text": ', "/* ", "", TEXT),
    "line comments": ('{"text": ', "// no\n", '"x"}', TEXT),
    "commas": ("[", ",", "", PEOPLE),
    "colons": ("{", ":", "", PERSON),
    "tuples": ("(\n", '("a", "b"),\n', ")", {"type": "array", "items": TEXTS}),
    "calls": ("", "Person(name='Ada', age=36)\n", "", PEOPLE),
    "think tags": ("", "<think>", ANSWER, PERSON),
    "think blocks": ("", "<think>{</think>", ANSWER, PERSON),
    "answer tags": ("", "<answer>", ANSWER, PERSON),
    "fences": ("", "```json\n", ANSWER, PERSON),
    "bullets": ("", "- item\n", "", TEXTS),
    "entities": ("{", "&quot;a&quot;: &quot;b&quot;, ", "}", MAP),
    "backslashes": ('{"text": "', "\\", '"}', TEXT),
    "blanks behind a quote": ('{"text": "a', '" ', '"}', TEXT),
    "a long number": ('{"name": "x", "age": ', "9", "}", PERSON),
    "another encoding": ('"{', '\\"a\\": \\"b\\", ', '}"', MAP),
}


WRITTEN = [
    "prose, then an answer",
    "open brackets",
    "a list with a comma too many",
    "a list, cut",
    "objects in a row",
    "a string that is cut",
    "line comments",
    "bullets",
]
MOST = 150  # steps for a character


class Steps:
    """Counts steps while it is entered."""

    def __init__(self) -> None:
        self.count = 0

    def __enter__(self) -> Steps:
        self.count = 0
        sys.setprofile(self._called)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _called(self, frame: Any, event: str, argument: Any) -> None:
        if event in ("call", "c_call"):
            self.count += 1


class CountedPattern:
    """A pattern that counts the characters it goes over."""

    def __init__(self, pattern: re.Pattern[str], steps: Steps) -> None:
        self._pattern = pattern
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self._anchored(self._pattern.match(text, start, end))

    def fullmatch(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self._anchored(self._pattern.fullmatch(text, start, end))

    def _anchored(self, found: re.Match[str] | None) -> re.Match[str] | None:
        self._steps.count += found.end() - found.start() if found else 0
        return found

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        found = self._pattern.search(text, start, end)
        self._steps.count += max(0, (found.end() if found else min(end, len(text))) - start)
        return found

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        self._steps.count += max(0, min(end, len(text)) - start)
        return self._pattern.finditer(text, start, end)

    def sub(self, new: Any, text: str, count: int = 0) -> str:
        self._steps.count += len(text)
        return self._pattern.sub(new, text, count)


class CountedDecoder:
    """A JSON decoder that counts the characters it goes over."""

    def __init__(self, decoder: json.JSONDecoder, steps: Steps) -> None:
        self._decoder = decoder
        self._steps = steps

    def decode(self, text: str) -> Any:
        self._steps.count += len(text)
        return self._decoder.decode(text)

    def raw_decode(self, text: str, start: int = 0) -> tuple[Any, int]:
        try:
            value, end = self._decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            end = len(text) if error.msg.startswith("Unterminated") else error.pos
            raise
        except (RecursionError, ValueError):  # too deep, a number that is too long
            end = len(text)
            raise
        finally:
            self._steps.count += end - start
        return value, end


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Counts, also in the patterns and decoders of every module of the parser."""
    counted = Steps()

    def loads(text: str, **options: Any) -> Any:
        counted.count += len(text)
        return json.loads(text, **options)

    package = franca.schema.parsing.__name__
    modules = [module for name, module in sys.modules.items() if name.split(".")[:3] == package.split(".")]
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, re.Pattern):
                monkeypatch.setattr(module, name, CountedPattern(value, counted))
            elif isinstance(value, json.JSONDecoder):
                monkeypatch.setattr(module, name, CountedDecoder(value, counted))
            elif value is json:
                monkeypatch.setattr(module, name, SimpleNamespace(**{**vars(json), "loads": loads}))
            elif isinstance(value, dict):
                for key, inner in value.items():
                    if isinstance(inner, re.Pattern):
                        monkeypatch.setitem(value, key, CountedPattern(inner, counted))
    return counted


def parsed(text: str, schema: Any, *, salvage: bool = False) -> None:
    with suppress(OutputInvalid):
        parse(text, schema, salvage=salvage)


def fed(text: str, schema: Any, *, piece: int = 16) -> None:
    growing = Partial(schema)
    for start in range(0, len(text), piece):
        growing.feed(text[start : start + piece])


def steps_of(steps: Steps, work: Callable[[str, Any], None], shape: str, length: int) -> int:
    before, repeated, after, schema = SHAPES[shape]
    text = before + repeated * (length // len(repeated)) + after
    work(before + repeated + after, schema)  # what is made at the first use is no step
    with steps:
        work(text, schema)
    return steps.count


def salvaged(text: str, schema: Any) -> None:
    parsed(text, schema, salvage=True)


def assert_linear(steps: Steps, work: Callable[[str, Any], None], shape: str, length: int) -> None:
    """Four times the text takes about four times the steps, and never more than so many for each character."""
    once = steps_of(steps, work, shape, length)
    four = steps_of(steps, work, shape, 4 * length)
    assert four <= 4.6 * once + 1_000, (once, four)
    assert four <= MOST * 4 * length, (once, four)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("work", [parsed, salvaged], ids=lambda work: work.__name__)
def test_longer_texts(steps: Steps, work: Callable[[str, Any], None], shape: str) -> None:
    """The work for a text grows as the text does, whatever it is full of."""
    assert_linear(steps, work, shape, 6_000)


@pytest.mark.parametrize("shape", WRITTEN)
def test_texts_in_pieces(steps: Steps, shape: str) -> None:
    """The same holds in total for a text that is read while it is written."""
    assert_linear(steps, fed, shape, 3_000)


def test_the_steps_are_counted(steps: Steps) -> None:
    """Work that grows with the square of the text is seen as such, so that the tests above can fail."""
    pattern = CountedPattern(re.compile("x"), steps)

    def squared(text: str, schema: Any) -> None:
        for start in range(0, len(text), 10):
            pattern.search(text, start)

    counts = [steps_of(steps, squared, "commas", length) for length in (3_000, 6_000)]
    assert counts[1] > 3.5 * counts[0]
    plain = steps_of(steps, parsed, "a list with a comma too many", 6_000)
    assert plain > 6_000  # every character was gone over
