"""Which piece of a text is the answer: of those that the validator accepts, the last that takes no bold step.

A later piece that was clearly meant as the answer and does not fit is no reason to take an earlier one: that one may be
a draft. Thinking, echoes of the schema and templates are never preferred.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...errors import OutputInvalid
from ..validate import Validator
from .brackets import TooDeep
from .coerce import Coercion
from .find import Candidate, TooMany, find
from .fit import HEAVY, Fit, Repair, flat, same_json, shown
from .judge import holds_more, in_other_brackets, is_aside, is_echo, is_wrap, rough
from .limits import DEEPEST, LONGEST, MOST_CANDIDATES, MOST_STEPS
from .loose import bullets, lines_of_members, lone_number, members_without_braces
from .nodes import Bare, Items, Members, Node, clean_nodes
from .peel import Peeled, peel, unfenced
from .scan import Scanner
from .shape import Shapes
from .tokens import clean_key

__all__ = ["Parsed", "Search"]

_SYNTAX_COST = 1
_MOST_ASKED = 50  # of the last pieces, whether they are more than words
_AGAIN = 8  # characters of a repetition that the end cut off, at least


class Parsed(NamedTuple):
    """What a text says.

    value     fits the schema
    repairs   what is not as the model wrote it, in the order of the text; [] when nothing was changed
    cost      the sum of the repairs' costs (of more than 200 syntax repairs, only the first are listed)
    """

    value: Any
    repairs: list[Repair]
    cost: int


class _Outcome(NamedTuple):
    fit: Fit
    candidate: Candidate | None


class Search:
    """One search for the answer in one text."""

    def __init__(self, text: str, schema: Any, validator: Validator, *, salvage: bool = False) -> None:
        self.source = text
        self.validator = validator
        self.shapes = Shapes(schema)
        self.root = self.shapes.of(schema)
        self.names = self.shapes.names()
        self.salvage = salvage
        self.coercion = Coercion(self.shapes, self._inner, salvage=salvage)
        self.failed: tuple[Any, list[str]] | None = None
        """The most likely answer that does not fit: its value and what speaks against it."""

    def answer(self) -> Parsed:
        """The value. Raises OutputInvalid."""
        if len(self.source) > LONGEST:
            raise self._refusal([f"the text is longer than {LONGEST:,} characters"])
        peeled = peel(self.source)
        whole = self._whole(peeled)
        if whole is not None:
            return self._parsed(whole, peeled)
        try:
            found = find(peeled.text, peeled.spans, self.names, self._needed(), sets=self.root.allows("array"))
            outcome = self._of_candidates(found)
            if outcome is None and not any(holds_more(one.node) for one in found[-_MOST_ASKED:]):
                outcome = self._of_words(peeled, bool(found))
        except TooDeep:
            raise self._refusal([f"brackets are nested deeper than {DEEPEST} levels"]) from None
        except TooMany:
            raise self._refusal([f"more than {MOST_CANDIDATES:,} pieces begin with a bracket"]) from None
        if outcome is None:
            raise self._refusal(self._reasons(peeled))
        return self._parsed(outcome, peeled)

    def _needed(self) -> frozenset[str]:
        """Keys of which an answer must have one: the schema's, if it asks for any at its root."""
        return self.names if self._of_fields() and self.root.required else frozenset()

    # --- ways to an answer

    def _whole(self, peeled: Peeled) -> _Outcome | None:
        """A text that is one JSON value, though not of a bracket: `"42"`."""
        if len(peeled.spans) != 1:
            return None
        text = unfenced(peeled.text[slice(*peeled.spans[0])])
        if text[:1] in ("{", "[", ""):
            return None
        try:
            node = clean_nodes(text)
        except (ValueError, RecursionError):
            return None
        return self._accepted(self.coercion.fit(node), None)

    def _of_candidates(self, found: list[Candidate]) -> _Outcome | None:
        lists = self.root.allows("array") and not self.root.allows("object") and not self.root.any_type
        free = self._of_free_text()
        echo: _Outcome | None = None
        bold: _Outcome | None = None
        for number in range(len(found) - 1, -1, -1):
            one = found[number]
            if (lists and is_aside(one, False)) or (free and isinstance(one.node, Items)):
                continue
            outcome = self._outcome(one)
            if outcome is not None and lists and not isinstance(one.node, Items) and is_wrap(outcome.fit):
                continue  # together with the others below
            if outcome is not None and lists and is_aside(one, outcome.fit.cost and len(found) > 1):
                continue
            if outcome is None:
                if not one.hopeless and self._blocks(one) and not self._begun_again(found, number):
                    return None
            elif is_echo(one.node):
                echo = echo or outcome
            elif outcome.fit.worst >= HEAVY:
                bold = bold or outcome
            else:
                return outcome if bold is None or same_json(bold.fit.value, outcome.fit.value) else None
        if bold is None and echo is None and lists:
            return self._collected(found)
        return bold or echo

    def _outcome(self, one: Candidate) -> _Outcome | None:
        """What becomes of a candidate; None when it does not fit."""
        if one.doubts and not self.salvage:
            self._fails(one, list(dict.fromkeys(one.doubts)))
            return None
        try:
            value = one.plain()
        except (ValueError, RecursionError):
            value = None
        else:
            if self._valid(value):
                return _Outcome(Fit(value), one)
            if one.clean and isinstance(value, dict) and self._hopeless(value):
                one.hopeless = True
                return None
        outcome = self._accepted(self.coercion.fit(one.node), one)
        if outcome is None:
            self._fails(one, [])
        return outcome

    def _hopeless(self, value: dict[str, Any]) -> bool:
        """Whether an object has nothing to do with the schema: none of its keys, and nothing inside."""
        return (
            bool(self.root.properties)
            and not any(isinstance(inner, (dict, list)) for inner in value.values())
            and not any(clean_key(key) in self.names for key in value)
        )

    def _accepted(self, fit: Fit | None, one: Candidate | None) -> _Outcome | None:
        if fit is None or not self._valid(fit.value):
            return None
        return _Outcome(fit, one)

    def _valid(self, value: Any) -> bool:
        """Whether the value fits, and is text: the validator takes no half of a surrogate pair."""
        return self.validator.valid(value)

    def _collected(self, found: list[Candidate]) -> _Outcome | None:
        """Values that stand one behind the other, for a list of them. All must fit: none is left out."""
        shape = self.shapes.of(*self.root.items)
        if not (shape.allows("object") or shape.allows("array")):
            return None
        pieces = [one for one in found if not is_echo(one.node)]
        fits: list[tuple[int, Fit]] = []
        if len(pieces) == 1 and isinstance(pieces[0].node, Items):
            return None  # a list that is to be one in a list, or whose items are to be lists
        if in_other_brackets(pieces):
            return None
        for number, one in enumerate(pieces):
            fit = None if one.doubts and not self.salvage else self.coercion.fit(one.node, shape)
            if (fit is None and not (self.salvage or (is_aside(one, True) and not one.node.cut))) or (
                fit is not None and fit.worst >= HEAVY
            ):
                return None
            if fit is not None:
                fits.append((number, fit))
        if not fits:
            return None
        repairs = tuple(fit.repairs for _, fit in fits)
        joined = Repair("", "values for a list", str(len(fits)), "", 3)
        cost = sum(fit.cost for _, fit in fits) + 3
        value = [fit.value for _, fit in fits]
        return self._accepted(Fit(value, cost, max(3, *(fit.worst for _, fit in fits)), (joined, repairs)), pieces[0])

    def _of_words(self, peeled: Peeled, brackets: bool) -> _Outcome | None:
        """A text without a bracket that counts."""
        if not peeled.spans:
            return None
        start, end = peeled.spans[-1]
        text = peeled.text[start:end]
        for node in self._words(text, brackets):
            outcome = self._accepted(self.coercion.fit(node), None)
            if outcome is not None:
                fit = outcome.fit
                step = Repair("", "text", shown(unfenced(text)), "", 2)
                return _Outcome(Fit(fit.value, fit.cost + 2, max(2, fit.worst), (step, fit.repairs)), None)
        return None

    def _words(self, text: str, brackets: bool) -> Iterator[Node]:
        if self._of_fields():
            at = members_without_braces(text, self.names)
            if at is not None:
                scanner = Scanner(f"{text}\n", at, len(text) + 1, self.names)
                node = scanner.scan(opened=True)
                if not scanner.doubts:
                    yield _complete(node)
                return
            lines = lines_of_members(text, self.names, self._inner)
            if lines is not None:
                yield lines
            return
        untyped = self.root.any_type and self.root.enum is None
        if untyped or (brackets and not self._of_free_text()):
            return  # of any text something could be made then
        if self.root.allows("array") and not self.root.any_type:
            listed = bullets(text)
            if listed is not None:
                yield listed
            return
        words = unfenced(text)
        if not words:
            return
        yield words
        if (
            self.root.enum is None
            and not self.root.allows("string")
            and (self.root.allows("number") or self.root.allows("integer"))
        ):
            number = lone_number(words)
            if number is not None:
                yield number

    def _of_free_text(self) -> bool:
        """Whether the whole text may be the answer."""
        return self.root.allows("string") and self.root.enum is None and not self.root.any_type

    def _of_fields(self) -> bool:
        return self.root.allows("object") and not self.root.any_type

    def _inner(self, text: str) -> Node:
        """JSON inside a string; None when it is none, or could be read in more than one way."""
        scanner = Scanner(text, 0, len(text), self.names)
        try:
            node = scanner.scan()
        except TooDeep:
            return None
        if scanner.doubts or text[scanner.at :].strip() or node.cut:
            return None
        return node

    # --- what speaks against a candidate

    def _touches(self, node: Node) -> set[str]:
        """Which of the root's fields a candidate has."""
        if not isinstance(node, Members):
            return set()
        return {clean_key(key) for key, _ in node.pairs() if key is not None} & self._root_fields()

    def _root_fields(self) -> set[str]:
        found = set(self.root.folded)
        for union in self.root.unions[:1]:
            for number in range(len(union)):
                found |= set(self.shapes.branch(self.root, number).folded)
        return found

    def _blocks(self, one: Candidate) -> bool:
        """Whether a candidate that does not fit was clearly meant as the answer."""
        node = one.node
        if is_echo(node):
            return False
        if isinstance(node, Items):
            if not self.root.allows("array") or self.root.any_type:
                return False
            return node.cut or (not is_aside(one, True) and any(not isinstance(part, Bare) for part in node.nodes()))
        touched = self._touches(node)
        required = {clean_key(name) for name in self.root.required}
        return bool(touched) and 2 * len(touched & required) >= len(required)

    def _begun_again(self, found: list[Candidate], number: int) -> bool:
        """Whether a candidate that the end cut off repeats the one before it."""
        one = found[number]
        if not one.node.cut or number == 0:
            return False
        before = found[number - 1]
        again = one.text[one.start : one.stop].rstrip()
        return len(again) >= _AGAIN and before.text[before.start : before.stop].startswith(again)

    def _fails(self, one: Candidate, reasons: list[str]) -> None:
        """Remember the most likely answer, for the message."""
        if self.failed is None or (not self.failed[1] and self._touches(one.node)):
            if one.node.cut:
                reasons = [*reasons, "the text ends before the value is complete"]
            self.failed = (rough(one.node), reasons)

    def _reasons(self, peeled: Peeled) -> list[str]:
        if self.coercion.steps > MOST_STEPS:
            return ["there is too much in it that does not fit"]
        if self.failed is not None:
            value, reasons = self.failed
            problems = [str(problem) for problem in self.validator.problems(value)]
            return [*reasons, *problems] or ["it fits only if something is guessed"]
        if not peeled.spans:
            return ["there is thinking, and no answer behind it"]
        return ["there is no value of the schema's kind in the text"]

    def _refusal(self, problems: list[str]) -> OutputInvalid:
        return OutputInvalid(
            f"the model's text is not what the schema asks for: {problems[0]}", text=self.source, problems=problems
        )

    # --- the outcome

    def _parsed(self, outcome: _Outcome, peeled: Peeled) -> Parsed:
        repairs: list[Repair] = [
            Repair("", kind, shown(" ".join(text.split()) if len(text) < 500 else text[:60]), "", 1)
            for kind, text in peeled.kinds
        ]
        cost = len(repairs)
        one = outcome.candidate
        if one is not None:
            if one.text[: one.start].strip() or one.text[one.stop :].strip():
                repairs.append(Repair("", "text around", "", "", 0))
            repairs += [Repair(*note, _SYNTAX_COST) for note in one.notes]
            cost += one.repairs
        repairs += flat(outcome.fit.repairs)
        return Parsed(outcome.fit.value, repairs, cost + outcome.fit.cost)


def _complete(node: Node) -> Node:
    """An object whose braces are missing is not cut off for want of them."""
    node.cut = False
    return node
