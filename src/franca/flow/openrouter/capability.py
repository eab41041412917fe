"""What a model can do, as OpenRouter's own list tells it: which row of the list a name means, and what the row says.

Nothing here asks anybody (`knowing.py` does). What a row does not tell is None, and never taken for a yes.
Facts: the fields of `GET /models` and the meaning of the suffixes, OpenRouter's documentation, November 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ...errors import BadUsage
from ...wire.fields import whole_number
from .built_in import STRUCTURED_OUTPUT_MODELS

__all__ = ["Capability", "Table", "Words", "capability", "checked_name", "plain_name", "reduced", "structured_models"]

DYNAMIC = frozenset({"nitro", "floor", "online", "exacto"})
"""Suffixes that every model takes: they choose among its endpoints, or add a search. The others (":free", ":thinking",
":extended") name models of their own, with rows of their own."""

_MOST_ROWS = 20_000
_MOST_NAMES = 500  # of one list of words in a row
_LONGEST = 300  # characters of a name
_MOST_HOPS = 3  # from alias to alias

Row = Mapping[str, Any]


class Capability(NamedTuple):
    """What a model can do. None: nobody tells.

    model                  the name that was asked for
    id                     the model of the list that it means (aliases and suffixes resolved)
    structured_outputs     whether it answers in a given JSON schema (`response_format` of type json_schema)
    response_format        whether it can be told to answer in JSON at all (json_object)
    tools, parallel_tool_calls, reasoning, logprobs
                           whether the request's field of this name is heeded
    parameters             all fields of a request that at least one of its endpoints heeds
    input_modalities, output_modalities
                           "text", "image", "file", "audio" ...
    context_length         tokens that it takes
    max_completion_tokens  tokens that its first provider writes at most
    efforts                the values that `reasoning.effort` may have; None also where every value is taken
    reasoning_mandatory    whether reasoning cannot be turned off
    expiration_date        the day after which it may be gone, "YYYY-MM-DD"
    source                 who says whether it can do structured outputs: "user" (`add_structured_output_model` ...),
                           "live" (the list, fetched within its lifetime), "kept" (the list, out of the file, or older
                           than its lifetime as no newer one could be had), "built in"; None: nobody knows the model
    as_of                  when the list was fetched, in Unix seconds; None without one
    """

    model: str
    id: str | None = None
    structured_outputs: bool | None = None
    response_format: bool | None = None
    tools: bool | None = None
    parallel_tool_calls: bool | None = None
    reasoning: bool | None = None
    logprobs: bool | None = None
    parameters: tuple[str, ...] | None = None
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None
    context_length: int | None = None
    max_completion_tokens: int | None = None
    efforts: tuple[str, ...] | None = None
    reasoning_mandatory: bool | None = None
    expiration_date: str | None = None
    source: str | None = None
    as_of: float | None = None

    def supports(self, parameter: str) -> bool | None:
        """Whether the field `parameter` of a request is heeded by at least one of its endpoints; None: nobody tells."""
        if parameter == "structured_outputs":
            return self.structured_outputs
        return None if self.parameters is None else parameter in self.parameters


class Words:
    """What the user says of models, against whatever the list says. Not changed, but replaced (`saying`)."""

    __slots__ = ("_said",)

    MOST = 10_000

    def __init__(self, said: Mapping[str, bool] | None = None) -> None:
        self._said = dict(said or {})

    def saying(self, name: str, can: bool) -> Words:
        """These words and one more. Raises BadUsage for what is no name, and when there are too many."""
        made = Words({**self._said, checked_name(name): can})
        if len(made._said) > self.MOST:
            raise BadUsage(f"more than {self.MOST} models were added or removed; does a loop make up names?")
        return made

    def about(self, names: Iterable[str]) -> bool | None:
        """The word about the first of the names that there is one about."""
        return next((self._said[name] for name in names if name in self._said), None)

    def to_dict(self) -> dict[str, bool]:
        """Every word, in a new dict."""
        return dict(self._said)


class Table:
    """OpenRouter's list of models, reduced to what is asked here: rows by id, and when they were fetched."""

    __slots__ = ("_slugs", "as_of", "rows")

    def __init__(self, rows: Iterable[Any], as_of: float) -> None:
        self.as_of = as_of
        self.rows: dict[str, Row] = {}
        self._slugs: dict[str, str] = {}
        for row in rows:
            if len(self.rows) >= _MOST_ROWS:
                break
            kept = reduced(row)
            if kept is None:
                continue
            self.rows[kept["id"]] = kept
            slug = kept.get("canonical_slug")
            if isinstance(slug, str) and ":" not in kept["id"]:  # variants share the slug of the model itself
                self._slugs.setdefault(slug, kept["id"])

    def find(self, name: str) -> Row | None:
        """The row that a name means: by id or permanent slug, with or without a dynamic suffix; of an alias
        ("~author/x-latest") its target's."""
        for one in (name, plain_name(name)):
            row = self.rows.get(one) or self.rows.get(self._slugs.get(one, ""))
            if row is not None:
                return self._target(row)
        return None

    def _target(self, row: Row) -> Row:
        for _ in range(_MOST_HOPS):
            alias = row.get("alias_target")
            target = self.rows.get(alias["slug"]) if alias else None
            if target is None:
                break
            row = target
        return row


def checked_name(name: Any) -> str:
    """The name of a model. Raises BadUsage for anything else."""
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST:
        raise BadUsage(f"a model is named by a text such as 'openai/gpt-4o', not {str(name)[:40]!r}")
    return name.strip()


def plain_name(name: str) -> str:
    """The name without its dynamic suffixes: "a/b" for "a/b:nitro", but "a/b:free" stays."""
    base, *suffixes = name.split(":")
    return ":".join((base, *(one for one in suffixes if one not in DYNAMIC)))


def reduced(row: Any) -> dict[str, Any] | None:
    """What is kept of a row of the list, in the list's own shape, so that a row from the file reads like one from the
    server; None for what is no row. Only what has the right type is kept."""
    if not isinstance(row, dict) or not _is_name(row.get("id")):
        return None
    kept: dict[str, Any] = {"id": row["id"]}
    for field in ("canonical_slug", "expiration_date"):
        if _is_name(row.get(field)):
            kept[field] = row[field]
    if (length := _count(row.get("context_length"))) is not None:
        kept["context_length"] = length
    if (names := _names(row.get("supported_parameters"))) is not None:
        kept["supported_parameters"] = names
    inner = {
        "architecture": _chosen(row, "architecture", input_modalities=_names, output_modalities=_names),
        "top_provider": _chosen(row, "top_provider", max_completion_tokens=_count),
        "reasoning": _chosen(row, "reasoning", mandatory=_truth, supported_efforts=_names),
        "alias_target": _chosen(row, "alias_target", slug=_name),
    }
    return kept | {field: told for field, told in inner.items() if told}


def _chosen(row: Mapping[str, Any], key: str, **readers: Any) -> dict[str, Any]:
    inner = row.get(key)
    if not isinstance(inner, dict):
        return {}
    read = {name: reader(inner.get(name)) for name, reader in readers.items()}
    return {name: value for name, value in read.items() if value is not None}


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable()


def _name(value: Any) -> str | None:
    return value if _is_name(value) else None


def _names(value: Any) -> list[str] | None:
    return [one for one in value[:_MOST_NAMES] if _is_name(one)] if isinstance(value, list) else None


def _count(value: Any) -> int | None:
    found = whole_number(value)
    return found if found is not None and 0 < found < 2**53 else None


def _truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def capability(model: str, table: Table | None, words: Words, *, fresh: bool) -> Capability:
    """What is known of a model, from whoever knows it. `fresh`: the table was fetched within its lifetime."""
    row = None if table is None else table.find(model)
    found = Capability(model)
    if table is not None and row is not None:
        found = _told(found, row)._replace(source="live" if fresh else "kept", as_of=table.as_of)
    elif table is None:
        built_in = next((name for name in (model, plain_name(model)) if name in STRUCTURED_OUTPUT_MODELS), None)
        if built_in is not None:
            found = found._replace(id=built_in, structured_outputs=True, source="built in")
    said = words.about(_ways(model, row))
    return found if said is None else found._replace(structured_outputs=said, source="user")


def _ways(model: str, row: Row | None) -> Iterator[str]:
    """The names that the user may have spoken of a model by, the closest first."""
    yield model
    yield plain_name(model)
    if row is not None:
        yield row["id"]


def _told(found: Capability, row: Row) -> Capability:
    parameters = row.get("supported_parameters")
    shape = row.get("architecture", {})
    reasoning = row.get("reasoning", {})

    def heeded(name: str) -> bool | None:
        return None if parameters is None else name in parameters

    return found._replace(
        id=row["id"],
        structured_outputs=heeded("structured_outputs"),
        response_format=heeded("response_format"),
        tools=heeded("tools"),
        parallel_tool_calls=heeded("parallel_tool_calls"),
        reasoning=heeded("reasoning"),
        logprobs=heeded("logprobs"),
        parameters=_tuple(parameters),
        input_modalities=_tuple(shape.get("input_modalities")),
        output_modalities=_tuple(shape.get("output_modalities")),
        context_length=row.get("context_length"),
        max_completion_tokens=row.get("top_provider", {}).get("max_completion_tokens"),
        efforts=_tuple(reasoning.get("supported_efforts")),
        reasoning_mandatory=reasoning.get("mandatory"),
        expiration_date=row.get("expiration_date"),
    )


def _tuple(names: list[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def structured_models(table: Table | None, words: Words) -> list[str]:
    """The models that answer in a given JSON schema, sorted: of the list, or the built-in ones without one; with those
    that the user added, and without those that the user took away."""
    listed: Iterable[str] = STRUCTURED_OUTPUT_MODELS if table is None else table.rows
    found = {id for id in listed if capability(id, table, words, fresh=True).structured_outputs}
    return sorted(found | {name for name, can in words.to_dict().items() if can})
