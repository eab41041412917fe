"""A value as it was written, made what its schema asks for, where that is what was meant; with the cost of each step.

Generators that are driven with a stack of their own (`Coercion.fit`): no text is deep enough to overflow it.
A value that fits is never changed. Costs: 1-2 another form of a key, a word or a number; 3-5 JSON in a string, one
value for a list of one, a list of one for a value; 6-9 a choice named in a sentence, a wrapper taken off.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from .fit import HEAVY, Fit, Repair, cheapest, more, repair, same_json, same_node, step
from .leaf import chosen, finished, readings
from .limits import MOST_STEPS
from .nodes import Bare, Cut, CutBare, Items, Members, Node, Number
from .scalars import word_value
from .shape import Shape, Shapes
from .tokens import clean_key

__all__ = ["Coercion"]

_WRAPPERS = frozenset(
    {"answer", "arguments", "array", "body", "content", "data", "entities", "entity", "entries", "extracted", "final"}
    | {"finalanswer", "item", "items", "json", "list", "object", "output", "parameters", "payload", "properties"}
    | {"record", "records", "response", "result", "results", "return", "root", "structuredoutput", "value", "values"}
)
_ECHOES = frozenset(
    {"example", "examples", "input", "schema", "format", "template", "draft", "error", "defs", "definitions"}
)
_MOST_WRAPPED = 3


Step = Generator[Any, "Fit | None", "Fit | None"]


class Coercion:
    """Coercions to one schema. `scan_text` reads JSON inside a string."""

    def __init__(self, shapes: Shapes, scan_text: Callable[[str], Node], *, salvage: bool = False) -> None:
        self.shapes = shapes
        self.salvage = salvage
        self.scan_text = scan_text
        self._memo: dict[tuple[int, int], Fit | None] = {}
        self._alive: list[Any] = []
        self.steps = 0

    def fit(self, node: Node, shape: Shape | None = None, field: str = "") -> Fit | None:
        """The value that the schema asks for, or None."""
        stack: list[Step] = [self._fit(node, shape or self.shapes.of(self.shapes.root), "", field, 0)]
        outcome: Fit | None = None
        while stack:
            try:
                asked = stack[-1].send(outcome)
            except StopIteration as done:
                stack.pop()
                outcome = done.value
            else:
                stack.append(self._fit(*asked))
                outcome = None
        return outcome

    def _fit(self, node: Node, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        self.steps += 1
        if self.steps > MOST_STEPS or shape.never:
            return None
        key = (id(node), id(shape))
        deep = isinstance(node, (Items, Members))
        if deep and key in self._memo:
            return self._memo[key]
        if shape.unions:
            found = yield from self._union(node, shape, path, field, wrapped)
        elif isinstance(node, Members):
            found = yield from self._members(node, shape, path, field, wrapped)
        elif isinstance(node, Items):
            found = yield from self._items(node, shape, path, field, wrapped)
        else:
            found = yield from self._scalar(node, shape, path, field, wrapped)
        if deep:
            self._memo[key] = found
            self._alive.append((node, shape))
        return found

    # --- unions

    def _union(self, node: Node, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        best: Fit | None = None
        tie = False
        for number in range(len(shape.unions[0])):
            fit = yield (node, self.shapes.branch(shape, number), path, field, wrapped)
            if fit is None:
                continue
            if fit.cost == 0:
                return fit
            if best is None or fit.cost < best.cost:
                best, tie = fit, False
            elif fit.cost == best.cost and not same_json(fit.value, best.value):
                tie = True
        return None if tie else best

    # --- scalars

    def _scalar(self, node: Node, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        if shape.enum is not None:
            return chosen(node, shape, path, field, salvage=self.salvage)
        if isinstance(node, (Cut, CutBare)) and not self.salvage:
            return finished(node, shape, path)
        fits = readings(node, shape, path, field)
        if not fits or fits[0].cost:
            inner = yield from self._json_text(node, shape, path, field, wrapped)
            fits += [inner] if inner else []
            if (
                shape.allows("array")
                and not shape.any_type
                and not (isinstance(node, str) and _lists(node))
                and inner is None
            ):
                wrap = yield from self._one_item(node, shape, path, field, wrapped)
                fits += [wrap] if wrap else []
        return cheapest(fits)

    # --- a value for a list, a list for a value, JSON in a string

    def _json_text(self, node: Node, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        if not isinstance(node, str) or shape.any_type or isinstance(node, Number) or wrapped >= _MOST_WRAPPED:
            return None
        text = node.strip()
        if text[:1] not in "{[" or not text or not (shape.allows("object") or shape.allows("array")):
            return None
        inner = self.scan_text(text)
        if inner is None:
            return None
        fit = yield (inner, shape, path, field, wrapped + 1)
        return None if fit is None else more(fit, path, "JSON in a string", node, 3)

    def _one_item(self, node: Node, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        """A list of the one value that was given in its place."""
        if (
            node is None
            or wrapped >= _MOST_WRAPPED
            or shape.prefix
            or (isinstance(node, str) and node.strip()[:1] in ("", "[", "{"))
        ):
            return None
        fit = yield (node, self._item_shape(shape, 0), f"{path}/0", field, wrapped + 1)
        return (
            None
            if fit is None or isinstance(fit.value, list)
            else more(Fit([fit.value], *fit[1:]), path, "one value for a list", node, 3)
        )

    def _item_shape(self, shape: Shape, index: int) -> Shape:
        if index < len(shape.prefix):
            return self.shapes.of(*shape.prefix[index])
        return self.shapes.of(*shape.items)

    def _items(self, node: Items, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        nodes = node.nodes()
        if shape.allows("array"):
            if node.name and len(nodes) == 1 and isinstance(nodes[0], (Items, Members)):
                return (yield (nodes[0], shape, path, field, wrapped))  # set([...])
            fit = yield from self._list(nodes, shape, path, field, wrapped)
            if fit is not None:
                return fit
        if len(nodes) == 1 and wrapped < _MOST_WRAPPED and not node.cut and (node.name or not shape.allows("array")):
            fit = yield (nodes[0], shape, path, field, wrapped + 1)
            if fit is not None:
                kind = "call" if node.name else "a list of one"
                return more(fit, path, kind, nodes[0], 2 if node.name else 4)
        return None

    def _list(self, nodes: list[Node], shape: Shape, path: str, field: str, wrapped: int) -> Step:
        values: list[Any] = []
        cost = worst = 0
        repairs: list[Any] = []
        alone = 0
        for index, inner in enumerate(nodes):
            fit = yield (inner, self._item_shape(shape, index), f"{path}/{len(values)}", field, wrapped)
            if fit is None:
                if not self.salvage:
                    return None
                fit = step(None, f"{path}/{index}", "item left out", inner, "", 9)
            else:
                values.append(fit.value)
                alone += _was_wrapped(fit)
            cost, worst = cost + fit.cost, max(worst, fit.worst)
            if fit.repairs:
                repairs.append(fit.repairs)
        if alone and alone == len(nodes):
            return None  # [1, 2] for lists of lists is [[1], [2]] or [[1, 2]]
        return Fit(values, cost, worst, tuple(repairs))

    # --- objects

    def _members(self, node: Members, shape: Shape, path: str, field: str, wrapped: int) -> Step:
        pairs = node.pairs()
        if pairs and all(key is None for key, _ in pairs):
            made = Items(node.start, node.name)
            made.parts, made.cut = [value for _, value in pairs], node.cut
            self._alive.append(made)
            return (yield (made, shape, path, field, wrapped))
        if shape.allows("object"):
            fit = yield from self._object(node, pairs, shape, path)
            if fit is not None:
                return fit
        called = _arguments(pairs, shape)
        if called is not None and wrapped < _MOST_WRAPPED:
            fit = yield (called, shape, path, field, wrapped + 1)
            return None if fit is None else more(fit, path, "arguments of a call", node, HEAVY)
        touches = any(key is not None and clean_key(key) in shape.folded for key, _ in pairs)
        if touches or wrapped >= _MOST_WRAPPED:
            return None
        fit = yield from self._unwrapped(pairs, shape, path, field, wrapped)
        if fit is None and shape.allows("array") and not shape.any_type:
            fit = yield from self._one_item(node, shape, path, field, wrapped)
        return fit

    def _unwrapped(
        self, pairs: list[tuple[str | None, Node]], shape: Shape, path: str, field: str, wrapped: int
    ) -> Step:
        """The only part of an object that fits, when its own keys are none of the schema's."""
        if shape.any_type:
            return None
        found: list[tuple[str, Fit]] = []
        deep = bool(shape.properties)
        for key, inner in pairs:
            name = clean_key(key or "")
            if name in _ECHOES or (
                not isinstance(inner, (Items, Members)) and name not in _WRAPPERS and name != clean_key(field)
            ):
                continue
            if not deep and not isinstance(inner, (Items, Members)) and len(pairs) > 1:
                continue
            if isinstance(inner, (Items, Members)) and not deep and name not in _WRAPPERS and len(pairs) > 1:
                continue
            fit = yield (inner, shape, path, field, wrapped + 1)
            if fit is not None:
                found.append((key or "", fit))
        if len(found) != 1:
            return None
        name, fit = found[0]
        if (
            not deep
            and not isinstance(fit.value, (list, dict))
            and clean_key(name) not in _WRAPPERS | {clean_key(field)}
        ):
            return None
        return more(fit, path, "wrapper", name, HEAVY + (len(pairs) > 1))

    def _object(self, node: Members, pairs: list[tuple[str | None, Node]], shape: Shape, path: str) -> Step:
        placed = self._placed(node, pairs, shape, path)
        if placed is None:
            return None
        fields, cost, repairs = placed
        values: dict[str, Any] = {}
        worst = max((one.cost for one in repairs), default=0)
        for name, (inner, last) in fields.items():
            place = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
            fit = yield (inner, self._field_shape(shape, name), place, name, 0)
            if fit is None:
                fit = self._left_out(name, inner, shape, place, last=last and node.cut)
                if fit is None:
                    return None
            else:
                values[name] = fit.value
            cost, worst = cost + fit.cost, max(worst, fit.worst)
            if fit.repairs:
                repairs.append(fit.repairs)
        if any(name not in values for name in shape.required):
            return None
        if pairs and not fields:
            return None  # nothing of it would be left
        return Fit(values, cost, worst, tuple(repairs))

    def _left_out(self, name: str, inner: Node, shape: Shape, path: str, *, last: bool) -> Fit | None:
        """A field that does not fit, when it may be absent: null, or cut off by the end of the text."""
        if name in shape.required:
            return None
        if inner is None or (isinstance(inner, Bare) and word_value(inner) is None):
            return step(None, path, "null for no value", inner, "", 1)
        if last and (isinstance(inner, (Cut, CutBare)) or (isinstance(inner, (Items, Members)) and inner.cut)):
            return step(None, path, "unfinished", inner, "", 2)
        return step(None, path, "field left out", inner, "", 9) if self.salvage else None

    def _field_shape(self, shape: Shape, name: str) -> Shape:
        schemas = list(shape.properties.get(name, ()))
        schemas += [inner for pattern, inner in shape.patterns if pattern.valid(name)]
        return self.shapes.of(*(schemas or shape.extras))

    def _placed(
        self, node: Members, pairs: list[tuple[str | None, Node]], shape: Shape, path: str
    ) -> tuple[dict[str, tuple[Node, bool]], int, list[Any]] | None:
        """Each member under the name that the schema has for it."""
        fields: dict[str, tuple[Node, bool]] = {}
        repairs: list[Any] = []
        exact = {key for key, _ in pairs if key in shape.properties}
        for index, (key, inner) in enumerate(pairs):
            if key is None:
                if not self.salvage:
                    return None
                continue
            name = _name_of(key, shape, exact)
            if name is None:
                # It may be a part of the string beside it; or one of "name" and "Name" is left over: which one?
                if (node.tampered or clean_key(key) in shape.folded) and not self.salvage:
                    return None
                repairs.append(repair(path, "field that is not allowed", key, "", 1))
                continue
            if name in fields and not self.salvage and not same_node(fields[name][0], inner):
                return None
            if name != key:
                repairs.append(repair(path, "key", key, name, 1))
            elif name in fields:
                repairs.append(repair(path, "field given twice", key, key, 1))
            fields[name] = (inner, index == len(pairs) - 1)
        return fields, sum(one.cost for one in repairs), repairs


def _arguments(pairs: list[tuple[str | None, Node]], shape: Shape) -> Members | None:
    """The arguments of a tool call that was written as text: `{"name": …, "arguments": {…}}`."""
    fields = dict(pairs)
    if isinstance(fields.get("function"), Members) and fields.keys() <= {"function", "type", "id"}:
        fields = dict(fields["function"].pairs())
    for name in ("arguments", "parameters"):
        called = fields.get(name)
        if (
            isinstance(called, Members)
            and name not in shape.properties
            and fields.keys() <= {"name", name, "type", "id"}
        ):
            return called
    return None


def _name_of(key: str, shape: Shape, exact: set[str]) -> str | None:
    """The field that a key means: itself, or one that it is another form of; None where it is forbidden."""
    if key in shape.properties or any(pattern.valid(key) for pattern, _ in shape.patterns):
        return key
    name = shape.folded.get(clean_key(key))
    if name is not None and name not in exact and (shape.closed or name in shape.required):
        return name
    return None if shape.closed else key


def _was_wrapped(fit: Fit) -> bool:
    return bool(fit.repairs) and isinstance(fit.repairs[0], Repair) and fit.repairs[0].kind == "one value for a list"


def _lists(text: str) -> bool:
    """Whether a text seems to say several things: then it is no list of one."""
    return any(sign in text for sign in ",;\n|") or " and " in text
