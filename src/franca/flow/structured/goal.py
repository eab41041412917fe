"""What is asked for: a type or a schema, its form in each mode, and the value that the caller gets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import BadUsage, OutputInvalid
from .form import BOX, Form, boxed

if TYPE_CHECKING:
    from ...schema.parsing import Parsed

__all__ = ["Goal"]


class Goal:
    """What a caller wants: a Python type, or a dict that is a JSON Schema.

    Raises BadUsage for a type that JSON cannot say, and for a schema that is none.
    """

    __slots__ = ("_forms", "item", "key", "max_cost", "name", "salvage", "schema", "type", "why")

    def __init__(
        self, wanted: Any, *, name: str | None = None, salvage: bool = False, max_cost: int | None = None
    ) -> None:
        import msgspec

        from ...schema.formats import clean_name
        from ...schema.validate import validator_for

        if isinstance(wanted, Mapping):
            self.type: Any = None
            self.schema: dict[str, Any] = dict(wanted)
        else:
            from ...schema.derive import schema_of

            self.type = wanted
            self.schema = schema_of(wanted)
        validator_for(self.schema)  # a schema that is none is told now
        title = name or self.schema.get("title") or getattr(wanted, "__name__", None)
        self.item = _item_type(wanted)
        """Of a list: the type of its items, `Any` where a schema was given; None for any other value."""
        self.name = clean_name(title if isinstance(title, str) else "answer")
        self.salvage = salvage
        self.max_cost = max_cost
        self.key = msgspec.json.encode(self.schema, order="deterministic")
        """What the schema is known by."""
        self.why = ""
        """Why the strict form cannot be made, when it could not."""
        self._forms: dict[tuple[str, str], Form | None] = {}

    def form(self, mode: str, profile: str) -> Form | None:
        """The form for a mode; None where the schema cannot be said in it."""
        key = (mode, profile if mode == "strict" else "")
        if key not in self._forms:
            self._forms[key] = self._strict(profile) if mode == "strict" else self._plain(mode)
        return self._forms[key]

    def _strict(self, profile: str) -> Form | None:
        from ...schema.strict import strict_schema

        try:
            made = strict_schema(self.schema, profile)
        except BadUsage as error:
            self.why = error.message
            return None
        inside = self.schema.get("type") != "object" and list(made.schema.get("properties", ())) == [BOX]
        return Form("strict", made.schema, made.decode, made.encode, self, (BOX,) if inside else ())

    def _plain(self, mode: str) -> Form:
        if mode == "prompt" or self.schema.get("type") == "object":
            return Form(mode, self.schema, _itself, _itself, self)
        # Everything but bare text is an object at its root: the value goes into a field.
        return Form(mode, boxed(self.schema), _unboxed, _boxed, self, (BOX,))

    def parse(self, text: str, schema: dict[str, Any]) -> Parsed:
        """What a text says, by a schema."""
        from ...schema.parsing import parse

        return parse(text, schema, salvage=self.salvage, max_cost=self.max_cost)

    def checked(self, data: Any, text: str) -> Any:
        """The data, if it fits the schema that was asked for. Raises OutputInvalid."""
        from ...schema.validate import validator_for

        problems = [str(problem) for problem in validator_for(self.schema).problems(data)]
        if problems:
            raise OutputInvalid(f"the answer does not fit the schema: {problems[0]}", text=text, problems=problems)
        return data

    def item_value(self, data: Any) -> Any:
        """One item of a list as the caller gets it. Raises OutputInvalid."""
        return self._made(data, self.item)

    def value(self, data: Any) -> Any:
        """What the caller gets: an instance of the type, or the data itself. Raises OutputInvalid."""
        return self._made(data, self.type)

    def _made(self, data: Any, wanted: Any) -> Any:
        if self.type is None:
            return data
        from ...schema.convert import convert

        return convert(data, wanted)


def _item_type(wanted: Any) -> Any:
    if isinstance(wanted, Mapping):
        return Any if wanted.get("type") == "array" else None
    if hasattr(wanted, "__metadata__"):  # Annotated
        wanted = wanted.__origin__
    origin = getattr(wanted, "__origin__", None)
    inside = getattr(wanted, "__args__", ())
    listed = origin in (list, set, frozenset) or (origin is tuple and inside[1:] == (...,))
    return inside[0] if listed and inside else None


def _itself(value: Any) -> Any:
    return value


def _boxed(value: Any) -> Any:
    return {BOX: value}


def _unboxed(value: Any) -> Any:
    return value[BOX]
