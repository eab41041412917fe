"""What `structured` and its kin take by name, and the flow that they make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ..errors import BadUsage
from ..flow.core import Flow
from ..flow.kinds import CHAT, StreamKind
from ..flow.options import CALL_OPTIONS, CallOptions, reject_unknown
from ..flow.session import Session
from ..flow.structured.goal import Goal
from ..flow.structured.ladder import NOT_ALONGSIDE, Ladder, Settings
from ..flow.structured.result import Spending, Structured
from ..flow.structured.vote import checked_candidates, elected
from ..wire.params import LoopParams

if TYPE_CHECKING:
    from ..flow.structured.growing import Growing

__all__ = ["StructuredCall", "StructuredOptions", "Wish", "classifying", "label_schema"]


class StructuredOptions(TypedDict, total=False):
    """Options of `structured`.

    mode             "strict", "native", "tool", "json_object", "prompt", or several in order; without it the surest
                     that the model is known to have, and down from there
    examples         values, or (input, output) pairs, that are told to the model
    attempts         answers that are asked for at most (3), repeated and continued ones too; with fallbacks at each
                     server, with several candidates for each
    think_first      whether the model may reason in its text before the value (False); then the mode is "prompt"
    style            how the schema is written in the prompt: "typescript" (half the tokens) or "json-schema"
    name             what the schema is called to the server (the type's name)
    salvage          whether numbers may be rounded and items that do not fit left out, rather than to fail (False)
    max_repair_cost  how much may be mended to read an answer; see `franca.schema.parse`
    token_budget     tokens of all answers together after which nothing more is asked
    budget           the same in US dollars
    candidates       how many answers are asked for and compared; the one that most agree on is taken (1)
    """

    mode: str | Sequence[str] | None
    examples: Sequence[Any]
    attempts: int
    think_first: bool
    style: str
    name: str | None
    salvage: bool
    max_repair_cost: int | None
    token_budget: int | None
    budget: float | None
    candidates: int


class StructuredCall(LoopParams, CallOptions, StructuredOptions, total=False):
    """What `structured`, `extract` and `classify` take by name."""


_SETTINGS = frozenset(Settings._fields)
_OWN = frozenset(StructuredOptions.__annotations__)
_FIELDS = frozenset(LoopParams.__annotations__) | CALL_OPTIONS | NOT_ALONGSIDE.keys()


class Wish:
    """A call of `structured`, checked: what is wanted, and the options taken apart."""

    __slots__ = ("_capable", "_extra", "_fields", "_kind", "_messages", "_model", "_session", "_settings", "candidates",
                 "goal")  # fmt: skip

    def __init__(
        self,
        session: Session,
        messages: Any,
        wanted: Any,
        model: str | None,
        extra: Mapping[str, Any] | None,
        given: Mapping[str, Any],
        *,
        kind: StreamKind = CHAT,
        fields: frozenset[str] = frozenset(),
        capable: Callable[[str, Mapping[str, Any]], Flow[Any]] | None = None,
    ) -> None:
        reject_unknown(given, _FIELDS | _OWN | fields, "parameter of structured")
        self.candidates = checked_candidates(given.get("candidates", 1))
        salvage = given.get("salvage", False)
        if not isinstance(salvage, bool):
            raise BadUsage(f"salvage is True or False, not {salvage!r}", param="salvage")
        name, most = given.get("name"), given.get("max_repair_cost")
        if name is not None and not isinstance(name, str):
            raise BadUsage(f"name is text, not {name!r}", param="name")
        if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
            raise BadUsage(f"max_repair_cost is a whole number from 0, not {most!r}", param="max_repair_cost")
        self.goal = Goal(wanted, name=name, salvage=salvage, max_cost=most)
        self._settings = Settings(**{name: value for name, value in given.items() if name in _SETTINGS})
        self._fields = {name: value for name, value in given.items() if name not in _OWN}
        self._session = session
        self._messages = messages
        self._model = model
        self._extra = extra
        self._kind = kind
        self._capable = capable

    def ladder(self, spending: Spending | None = None, *, watch: Growing | None = None) -> Ladder:
        """One climb."""
        return Ladder(
            self._session, self._messages, self.goal, self._model, self._extra, self._fields, self._settings,
            kind=self._kind, capable=self._capable, watch=watch, spending=spending,
        )  # fmt: skip

    def streamed(self) -> Ladder:
        """One climb, whose answers are shown while they are written."""
        if self.candidates > 1:
            raise BadUsage("several candidates cannot be streamed: leave candidates out", param="candidates")
        from ..flow.structured.growing import Growing

        return self.ladder(watch=Growing(self.goal))

    def flow(self) -> Flow[Structured[Any]]:
        """The value."""
        if self.candidates > 1:
            return elected(self.ladder, self.candidates)
        return self.ladder().flow()


def label_schema(labels: Any, several: bool) -> dict[str, Any]:
    """The schema of one label, or of several. `labels`: texts, or a dict of texts to what they mean.

    Raises BadUsage without two different texts.
    """
    names = list(labels) if isinstance(labels, (Mapping, Sequence)) and not isinstance(labels, str) else []
    if len(names) < 2 or len(set(map(str, names))) < len(names) or not all(isinstance(one, str) for one in names):
        raise BadUsage("labels are at least two different texts, or a dict of them to what they mean", param="labels")
    one: dict[str, Any] = {"type": "string", "enum": names}
    if isinstance(labels, Mapping):
        one["description"] = "; ".join(f"{name}: {meaning}" for name, meaning in labels.items())
    return {"type": "array", "items": one, "uniqueItems": True} if several else one


def classifying(text: Any, several: bool) -> list[Any]:
    """The messages that ask for the label of a text, or of a conversation."""
    from ..schema.prompt.instructions import merge_system
    from ..wire.messages import normalize_messages

    what = "all labels that fit" if several else "the label that fits best"
    task = f"Say {what} what the user gives you."
    first, *rest = normalize_messages(text)
    if first.get("role") in ("system", "developer"):  # many servers take one only
        content: Any = first.get("content")
        return [{**first, "content": merge_system(content, task)}, *rest]
    return [{"role": "system", "content": task}, first, *rest]
