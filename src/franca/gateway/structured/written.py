"""The text of a value while it is written: pieces that only ever append, and together are exactly the value's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...flow.core import Flow
from ...flow.structured.form import Form
from ...flow.structured.goal import Goal
from ...flow.structured.growing import Growing
from ...schema.validate import validator_for
from ...wire import codec

__all__ = ["Written", "certain"]

_STEP = 16
"""After so much growth, as a share (1/16), it is looked again what is certain: so the whole costs time in proportion to
the text, and a long text comes in pieces of a sixteenth of it at most."""
_MOST_REFS = 64
_DEEPEST = 200
"""Levels into which it is looked; what is deeper comes in one piece."""
_FINAL = frozenset({
    "additionalProperties", "const", "enum", "exclusiveMaximum", "exclusiveMinimum", "maxItems", "maxLength",
    "maxProperties", "maximum", "minimum", "multipleOf", "not", "propertyNames", "type", "unevaluatedProperties",
    "uniqueItems",
})  # fmt: skip
"""Keywords that what is still to come cannot fulfil any more; "required" or "minItems" it can."""


class Written(Growing):
    """Watches the answers of one ladder, and emits the value's JSON text piece by piece.

    A piece is emitted as soon as it is certain: all before it is there and fits the schema, and what is still being
    written can only append to it. When an answer turns out not to fit, the model is asked again all the same; what it
    writes then must begin with the pieces that were sent (`agrees`), and goes on where they end.
    """

    __slots__ = ("_held", "_last_size", "_made", "_size", "sent")

    def __init__(self, goal: Goal) -> None:
        super().__init__(goal)
        self.sent = ""
        """What was emitted."""
        self._size = 0
        self._last_size = 0
        self._held = False
        """Whether this answer says something else than what was sent: nothing more of it is."""
        self._made: tuple[Any, str] = (None, "")

    @property
    def mode(self) -> str:
        """The mode of the answer that is being written."""
        return "" if self._form is None else self._form.mode

    def begin(self, form: Form) -> None:
        super().begin(form)
        self._size = self._last_size = 0
        self._held = False

    def take(self, event: Any) -> Flow[None]:
        form = self._form
        assert form is not None, "an answer has begun"
        piece = self._piece(event, form.mode)
        if not piece or self._held:
            return
        self._size += len(piece)
        self._partial.feed(piece)
        if (self._size - self._last_size) * _STEP < self._last_size:
            return
        self._last_size = self._size
        text = self._certain(form)
        if text.startswith(self.sent):
            yield from self._emitted(text)
        elif not self.sent.startswith(text):
            self._held = True

    def agrees(self, data: Any) -> bool:
        """Whether the whole value's text begins with what was sent."""
        return self._text(data).startswith(self.sent)

    def finish(self, data: Any) -> Flow[None]:
        yield from self._emitted(self._text(data))

    def _emitted(self, text: str) -> Flow[None]:
        piece = text[len(self.sent) :]
        if piece:
            self.sent = text
            yield ("emit", piece)

    def _text(self, data: Any) -> str:
        if self._made[0] is not data or not self._made[1]:
            self._made = (data, codec.json_text(data))
        return self._made[1]

    def _certain(self, form: Form) -> str:
        """The text of what is certain so far; "" while nothing is."""
        if not _is_sure(self._partial):
            return ""
        value = form.growing(self._partial.value)
        if not isinstance(value, (dict, list)):
            return ""
        schema = self._goal.schema
        places = _open_places(value)
        if _skips(value, schema, len(places)):
            return ""
        for problem in validator_for(schema).problems(value):
            if problem.path not in places or problem.keyword in _FINAL:
                return ""
        # In another form than the caller's own, what a part says may be clear only when it is whole.
        return certain(value, 1 if form.mode == "strict" and form.schema != schema else _DEEPEST)


def _is_sure(partial: Any) -> bool:
    """Whether what is shown of a text is all that was written so far: it is JSON as it stands, and each of its parts
    has found its place in the schema. Anything else may be clear only at its end."""
    clean = partial._clean
    return clean is not None and all(level.right and not level.stopped for level in clean.shown.levels)


def certain(value: Any, depth: int = _DEEPEST) -> str:
    """The beginning of the JSON of a value whose last part may still grow: all but that part, and of a text so much as
    is there. Numbers and the like are kept back, and the brackets that close. `depth`: how deep it looks into that
    part; 1: not at all."""
    made: list[str] = []
    for left in range(depth, 0, -1):
        if isinstance(value, dict):
            made.append("{")
            if not value:
                break
            last = next(reversed(value))
            before = codec.json_text({key: one for key, one in value.items() if key != last})[1:-1]
            made.append(f"{before}," if before and left > 1 else before)
            made.append(f"{codec.json_text(last)}:" if left > 1 else "")
            value = value[last]
        elif isinstance(value, list):
            made.append("[")
            if not value:
                break
            before = codec.json_text(value[:-1])[1:-1]
            made.append(f"{before}," if before and left > 1 else before)
            value = value[-1]
        else:
            made.append(codec.json_text(value)[:-1] if isinstance(value, str) else "")
            break
    return "".join(made)


def _open_places(value: Any) -> set[str]:
    """The JSON Pointers of the parts that may still grow: the value, its last part, the last part of that ..."""
    path = ""
    places = {path}
    while isinstance(value, (dict, list)) and value:
        if isinstance(value, dict):
            step = str(next(reversed(value)))
            value = value[step]
            step = step.replace("~", "~0").replace("/", "~1")
        else:
            step = str(len(value) - 1)
            value = value[-1]
        path = f"{path}/{step}"
        places.add(path)
    return places


def _skips(value: Any, schema: Any, depth: int) -> bool:
    """Whether an object that may still grow lacks a required field although a later one is there: models write fields
    in the order of the schema, so that one was most likely forgotten."""
    root = schema
    for _ in range(depth):
        schema = _resolved(schema, root)
        if not isinstance(schema, dict) or not value:
            return False
        if isinstance(value, list):
            value, schema = value[-1], schema.get("items")
        elif isinstance(value, dict):
            if _lacks(value, schema):
                return True
            last = next(reversed(value))
            properties = schema.get("properties")
            value, schema = value[last], properties.get(last) if isinstance(properties, dict) else None
        else:
            return False
    return False


def _lacks(value: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    properties, required = schema.get("properties"), schema.get("required")
    if not isinstance(properties, dict) or not isinstance(required, list):
        return False
    missing = False
    for name in properties:
        if name in value:
            if missing:
                return True
        elif name in required:
            missing = True
    return False


def _resolved(schema: Any, root: Any) -> Any:
    """What a reference to a definition leads to; any other schema as it is."""
    for _ in range(_MOST_REFS):
        ref = schema.get("$ref") if isinstance(schema, dict) else None
        if not isinstance(ref, str) or not ref.startswith("#/"):
            return schema
        schema = root
        for step in ref[2:].split("/"):
            step = step.replace("~1", "/").replace("~0", "~")
            schema = schema.get(step) if isinstance(schema, dict) else None
    return None
