"""A scalar made what its schema asks for: the ways to read it, each with its cost. Nothing here looks inside of it."""

from __future__ import annotations

from typing import Any

from .fit import HEAVY, Fit, step
from .nodes import Bare, Cut, CutBare, Node, Number, number_of
from .scalars import choice, choice_in_sentence, is_null, number_from, number_text, truth, word_value
from .shape import Shape

__all__ = ["chosen", "finished", "readings"]

_NOTHING = object()


def chosen(node: Node, shape: Shape, path: str, field: str, *, salvage: bool) -> Fit | None:
    """One of a list of values."""
    values = [one for one in shape.enum or () if shape.allows(_type_of(one))]
    if isinstance(node, (Cut, CutBare)) and not salvage:
        return finished(node, shape, path) if None in values or True in values else None
    if not isinstance(node, str):
        exact = [one for one in values if one is node]
        if exact:
            return Fit(node)
        word = "null" if node is None else str(node).lower()
        return step(word, path, "word", word, word, 2) if word in values else None
    if isinstance(node, Number):
        number = next((one for one in values if _is_number(one) and _equal_number(one, node)), _NOTHING)
        if number is not _NOTHING:
            return Fit(number)
        return step(str(node), path, "number for text", node, node, 2) if str(node) in values else None
    if str(node) in values:
        return Fit(str(node), int(isinstance(node, Bare)), int(isinstance(node, Bare)))
    return _choice_text(node, values, path, field)


def _choice_text(node: str, values: list[Any], path: str, field: str) -> Fit | None:
    if isinstance(node, Bare) and word_value(node) is None:
        return step(None, path, "null", node, None, 1) if None in values else None
    near = choice(node, values)
    if near is not None:
        return step(near[0], path, "choice", node, near[0], near[1])
    found = number_text(node, False, field)
    if found is not None:
        for one in values:
            if _is_number(one) and one == found[0]:
                return step(one, path, "number text", node, one, found[1])
    word = truth(node)
    if word is not None and any(one is word for one in values):
        return step(word, path, "truth text", node, word, 2)
    if None in values and is_null(node):
        return step(None, path, "null text", node, None, 2)
    named = choice_in_sentence(node, values)
    return None if named is None else step(named, path, "choice in a sentence", node, named, HEAVY)


def finished(node: str, shape: Shape, path: str) -> Fit | None:
    """What the end of the text cut off can be used only if nothing else could have followed."""
    if isinstance(node, Cut):
        return None
    words = [
        (word, value)
        for word, value, kind in (("true", True, "boolean"), ("false", False, "boolean"), ("null", None, "null"))
        if shape.allows(kind) and word.startswith(node.casefold())
    ]
    if len(words) != 1 or (shape.allows("string") and not shape.any_type and words[0][1] is not None):
        return None
    return step(words[0][1], path, "cut", node, words[0][0], 2)


def readings(node: Node, shape: Shape, path: str, field: str) -> list[Fit]:
    """The ways to read a scalar as it is, without what is in it."""
    if isinstance(node, Number):
        return _number(node, shape, path)
    if isinstance(node, Bare) or not isinstance(node, str):
        value = word_value(node) if isinstance(node, Bare) else node
        if value is None:
            return [_null(node, path)] if shape.allows("null") else []
        if isinstance(value, bool):
            same = Fit(value) if node is value else step(value, path, "word", node, value, 1)
            return [same] if shape.allows("boolean") else []
    if node == "" and isinstance(node, Bare):
        return []
    return _text(node, shape, path, field)


def _null(node: Node, path: str) -> Fit:
    return Fit(None) if node is None else step(None, path, "null", node, None, 1)


def _text(node: str, shape: Shape, path: str, field: str) -> list[Fit]:
    bare = isinstance(node, Bare)
    fits: list[Fit] = []
    if shape.allows("string") and shape.fits_leaf(str(node)) and (not bare or _is_wording(node)):
        fits.append(Fit(str(node), int(bare), int(bare)))
        if not bare:
            return fits
    if shape.allows("number") or shape.allows("integer"):
        found = number_text(node, "number" not in shape.types, field)
        if found is not None and shape.fits_leaf(found[0]):
            fits.append(step(found[0], path, "number text", node, found[0], found[1]))
    word = truth(node) if shape.allows("boolean") else None
    if word is not None:
        fits.append(step(word, path, "truth text", node, word, 2))
    if shape.allows("null") and not shape.allows("string") and is_null(node):
        fits.append(step(None, path, "null text", node, None, 2))
    return fits


def _number(node: Number, shape: Shape, path: str) -> list[Fit]:
    fits: list[Fit] = []
    if shape.allows("integer") or shape.allows("number"):
        try:
            value: Any = number_of(node)
        except ValueError:
            value = None
        if isinstance(value, float) and "number" not in shape.types:
            value = number_from(node, True)
        if value is not None and shape.fits_leaf(value):
            return [Fit(value)]
    if shape.allows("string") and shape.fits_leaf(str(node)):
        fits.append(step(str(node), path, "number for text", node, str(node), 2))
    if shape.allows("boolean") and node in ("0", "1") and not shape.allows("integer"):
        fits.append(step(node == "1", path, "truth text", node, node == "1", 3))
    return fits


def _is_wording(text: str) -> bool:
    """Whether words without quotes can be a text: signs alone are none, nor is a place for one ("<name>")."""
    return any(map(str.isalnum, text)) and not (text[0] == "<" and text[-1] == ">")


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "null"
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) else "number" if isinstance(value, float) else "object"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equal_number(value: float, text: str) -> bool:
    try:
        return bool(number_of(text) == value)
    except ValueError:
        return False
