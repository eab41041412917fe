"""A value while its text is still being written.

    partial = Partial(schema)
    for piece in pieces:
        if partial.feed(piece):
            show(partial.value)
    parsed = partial.final()

Each piece is read once: JSON as it stands by `partial_clean`, anything else by the tolerant scanner (`partial_mended`);
`partial_spans` takes off what stands around the answer, `partial_shown` asks the schema what each part is.
"""

from __future__ import annotations

import re
from typing import Any, Final

from ..validate import validator_for
from . import parse
from .choose import Parsed, Search
from .find import Candidate
from .fit import HEAVY
from .judge import is_aside, is_echo, is_wrap
from .limits import LONGEST
from .nodes import Bare, Items, Members, Node
from .partial_clean import Clean
from .partial_mended import Mended
from .partial_places import Places
from .partial_shown import Shown
from .partial_spans import BEGIN, Spans
from .scan import Scanner
from .tokens import KEY_AHEAD, SPACE

__all__ = ["UNSET", "Partial"]


class _Unset:
    """Says that nothing is known yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()
"""`Partial.value` before anything is known."""

_BRACKET = re.compile(r"[{\[]")
_NO_JUNK = re.compile(r"""[{}\[\]()"'“:=]""")
_LONGEST_JUNK = 2_000
_ENCODED = re.compile(r'[{\[](?:\s|\\[nrt]|\{|\[)*+\\"|[{\[]\s*+&')
_FENCES = re.compile(r"(?:\s|```[\w.+-]*|~~~[\w.+-]*|`)*+")
_FAR = 200


class Partial:
    """What a text says so far, by a schema (JSON Schema 2020-12).

    schema     of the value
    salvage    as for `parse`: what does not fit is left out
    strings    whether strings are shown before they have ended, where the schema leaves their content free

    Raises BadUsage for a schema that is none, and without the extra `franca[structured]`.
    """

    def __init__(self, schema: Any, *, salvage: bool = False, strings: bool = True) -> None:
        self._schema = schema
        self._salvage = salvage
        self._search = Search("", schema, validator_for(schema), salvage=salvage)
        self._places = Places(self._search.shapes, self._search._inner, salvage=salvage, strings=strings)
        root = self._search.root
        self._sets = root.allows("array")
        self._lists = root.allows("array") and not root.allows("object") and not root.any_type
        self._pieces: list[str] = []
        self._length = 0
        self._spans = Spans()
        self._prose = ""
        """Text between answers that may have to do with what follows."""
        self._before: str | None = None
        """The object that has just been closed, while it may still go on."""
        self._bare = True
        """Whether nothing but fences and white space was around the answers so far."""
        self._lead = ""
        self._clean: Clean | None = None
        self._mended: Mended | None = None
        self._late = False
        """Whether nothing more can be said before the end."""
        self._live: Shown | None = None
        """What is on show while it is not complete."""
        self._value: Any = UNSET
        self._stale = False
        self._accepted = False
        self._collected: list[Any] = []
        self._changed = False
        self._given: dict[tuple[str, ...], list[Any]] = {}
        self._turn = 0

    # --- what callers use

    def feed(self, piece: str) -> bool:
        """Take the next piece of the text. Whether `value`, or what `items` gives, has changed."""
        self._pieces.append(piece)
        self._length += len(piece)
        if self._length > LONGEST:
            return False
        self._changed = False
        if self._spans.bare:
            self._read(piece)
        else:
            for part in self._spans.feed(piece):
                if isinstance(part, str):
                    self._read(part)
                else:
                    self._end(begin=part[0] == BEGIN)
        self._publish()
        return self._changed

    @property
    def value(self) -> Any:
        """The value so far; UNSET before anything is known. It is no longer changed: a part that is still open is
        copied, what is complete is shared with other values that were given out."""
        if self._stale:
            self._stale = False
            if len(self._collected) > 1:
                self._value = list(self._collected)
            else:
                assert self._live is not None
                self._value = self._live.snapshot()
        return self._value

    def items(self, path: tuple[str, ...] = ()) -> list[Any]:
        """The items of the array at a path of fields (`()`: the value itself) that are complete and fit, in order.

        It is always the same list, which only grows."""
        given = self._given.setdefault(tuple(path), [])
        found, count = self._items(tuple(path))
        if count > len(given) and found[: len(given)] == given:
            given.extend(found[len(given) : count])
        return given

    def final(self) -> Parsed:
        """What `parse` makes of the whole text. Raises OutputInvalid."""
        parsed = parse("".join(self._pieces), self._schema, salvage=self._salvage)
        self._value, self._stale, self._live, self._collected = parsed.value, False, None, []
        return parsed

    # --- text

    def _read(self, text: str) -> None:
        while text and not self._late:
            if self._mended is not None:
                text = self._read_mended(self._mended, text)
            elif self._clean is not None:
                text = self._read_clean(self._clean, text)
            else:
                text = self._seek(text)

    def _end(self, *, begin: bool) -> None:
        """A span ends. `begin`: what it said does not count."""
        self._publish()
        self._clean = self._mended = self._before = None
        self._late = False
        self._prose = ""
        if begin:
            self._value = self.value
            self._accepted, self._collected = False, []
            self._bare, self._lead = True, ""

    def _seek(self, text: str) -> str:
        """Look for the beginning of an answer; what is to be read next."""
        prose, self._prose = self._prose + text, ""
        if self._before is not None:
            again = self._goes_on(self._before, prose)
            if again is not None:
                return again
        at = 0
        while match := _BRACKET.search(prose, at):
            start = match.start()
            end = None if self._sets or match.group() == "[" else _NO_JUNK.search(prose, start + 1)
            if end is None and not (self._sets or match.group() == "[") and len(prose) - start < _LONGEST_JUNK:
                self._prose = prose[start:]
                return ""
            if end is not None and end.group() == "}" and not self._is_empty_object(prose, start):
                at = end.end()
                continue
            if self._leads(prose[:start]):
                return ""
            self._clean = Clean(Shown(self._places))
            return prose[start:]
        self._leads(prose, open_end=True)
        return ""

    def _is_empty_object(self, prose: str, at: int) -> bool:
        """Whether there is `{}` and nothing before it: among words it would be no answer."""
        return self._bare and prose.startswith("{}", at) and _FENCES.fullmatch(self._lead + prose[:at]) is not None

    def _leads(self, prose: str, *, open_end: bool = False) -> bool:
        """Take what stands before an answer. Whether it is a tuple, which is read at the end."""
        if not self._bare:
            return False
        self._lead += prose
        end = _FENCES.match(self._lead).end()  # type: ignore[union-attr]  # it matches everywhere
        self._late = self._sets and self._lead[end : end + 1] == "("
        self._bare = end == len(self._lead) and end < _FAR
        if not open_end:
            self._lead = ""
        return self._late

    def _goes_on(self, before: str, prose: str) -> str | None:
        """Whether members follow behind a brace: then it came too early. None when they do not."""
        place = _behind(prose, 0)
        if place < len(prose) and prose[place] != ",":
            self._before = None
            return None
        place = _behind(prose, place + 1)
        found = KEY_AHEAD.match(prose, place)
        if found is not None and found.group(4) is None:
            self._before = None
            return self._mend(before + prose, len(before))
        if len(prose) < _FAR and (place >= len(prose) or prose[place] in "\"'“”„"):
            self._prose = prose
            return ""
        self._before = None
        return None

    def _read_clean(self, clean: Clean, text: str) -> str:
        clean.feed(text)
        if clean.damaged:
            self._publish()
            return self._mend(clean.tape.cut(0, clean.tape.length), clean.stop)
        if not clean.over:
            return ""
        self._clean = None
        whole = clean.tape.cut(0, clean.stop)
        self._complete(Candidate(whole, 0, clean.stop, clean=True), clean.shown)
        self._before = whole if whole[0] == "{" else None
        return clean.tape.cut(clean.stop, clean.tape.length)

    def _mend(self, text: str, known: int) -> str:
        """Go on with the tolerant scanner, from the beginning of the value."""
        if _ENCODED.match(text):
            self._late = True
            return ""
        self._clean = None
        known = len(text[:known].rstrip(" \t\r\n,"))
        self._mended = Mended(Shown(self._places), self._search.names, self._guess, known)
        return text

    def _read_mended(self, mended: Mended, text: str) -> str:
        mended.feed(text)
        self._late = mended.late
        if not mended.over or mended.late:
            return ""
        self._mended = None
        self._complete(_scanned(mended.scanner), mended.shown)
        return mended.rest

    # --- values

    def _guess(self, scanner: Scanner) -> bool:
        """The text may be complete. Whether its value is shown."""
        one = _scanned(scanner)
        outcome = self._outcome(one)
        shows = outcome is not None and not self._doubtful(one.node) and not self._accepted
        if shows:
            self._show(outcome.fit.value)
        return shows

    def _outcome(self, one: Candidate) -> Any:
        self._search.coercion = self._places.fresh()
        return self._search._outcome(one)

    def _complete(self, one: Candidate, shown: Shown) -> None:
        """An array or object has ended."""
        outcome = self._outcome(one)
        if outcome is None:
            self._publish_of(shown)
            self._bare = False
        elif self._lists and not isinstance(one.node, Items) and is_wrap(outcome.fit):
            self._collect(outcome.fit.value)
        elif not self._doubtful(one.node) and not (
            self._accepted and (is_aside(one, True) or outcome.fit.worst >= HEAVY)
        ):
            self._changed = self._changed or (shown.changed and not self._accepted)
            self._accepted = True
            self._show(outcome.fit.value)

    def _show(self, value: Any) -> None:
        if self.value != value:
            self._value = value
            self._changed = True
        self._stale, self._live, self._collected = False, None, []

    def _collect(self, values: list[Any]) -> None:
        """Objects one behind the other, for a list of them: shown from the second on, if nothing is around them."""
        if self._bare and not self._accepted:
            self._collected += values
            if len(self._collected) > 1:
                self._changed = self._stale = True

    def _doubtful(self, node: Node) -> bool:
        """Whether brackets may be no answer: an echo of the schema, words in brackets as in prose."""
        if isinstance(node, Members):
            return is_echo(node) or any(key is None for key, _ in node.pairs())
        return not self._bare and isinstance(node.nodes()[0] if node.nodes() else None, Bare)

    def _publish(self) -> None:
        if self._clean is not None:
            self._publish_of(self._clean.shown)
        elif self._mended is not None and self._mended.caught_up and (self._bare or not self._mended.begins_with_words):
            self._publish_of(self._mended.shown)

    def _publish_of(self, shown: Shown) -> None:
        """Show a value that is not complete, if there is none that is."""
        if self._accepted or not shown.changed or shown.empty or len(self._collected) > 1:
            return
        shown.changed = False
        self._live = shown
        self._stale = self._changed = True

    def _items(self, path: tuple[str, ...]) -> tuple[list[Any], int]:
        if self._live is not None:
            return self._live.items(path)
        value = self._collected if len(self._collected) > 1 else self._value
        for step in path:
            value = value.get(step) if isinstance(value, dict) else None
        return (value, len(value)) if isinstance(value, list) else ([], 0)


def _behind(text: str, at: int) -> int:
    match = SPACE.match(text, at)
    return match.end() if match else at


def _scanned(scanner: Scanner) -> Candidate:
    one = Candidate("", 0, 0, scanner.root)
    one.notes, one.repairs, one.doubts = scanner.notes, scanner.repairs, scanner.doubts
    return one
