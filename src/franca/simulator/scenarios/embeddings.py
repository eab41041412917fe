"""Embeddings in the shapes that servers really send them."""

from __future__ import annotations

from typing import Any

from ..ask import Ask
from ..http import error_body
from .blocks import INPUTS, VECTORS, answer, embeddings_object, good, row
from .record import Outcome, Play, Scenario

__all__ = ["ROWS"]

_REFUSED = answer(
    400, error_body("encoding_format 'base64' is not supported.", "invalid_request_error", "encoding_format")
)
_FORBIDDEN = answer(
    422,
    {
        "detail": [
            {"type": "extra_forbidden", "loc": ["body", "encoding_format"], "msg": "Extra inputs are not permitted"}
        ]
    },
)


def _item(index: int | None, vector: Any) -> dict[str, Any]:
    item = {"object": "embedding", "embedding": vector}
    return item if index is None else {**item, "index": index}


def _embed(
    name: str, about: str, source: str, play: Play | bytes, requests: int = 1, error: str | None = None
) -> Scenario:
    outcome = Outcome(error, {} if error else {"vectors": [list(one) for one in VECTORS]}, requests)
    return row(f"embed-{name}", about, source, play, request={"input": list(INPUTS)}, embeddings=outcome)


def _listed(*items: dict[str, Any]) -> bytes:
    return answer(200, embeddings_object(items))


def _no_base64(ask: Ask) -> bytes:
    return _REFUSED if ask.body.get("encoding_format") == "base64" else good(ask)


def _no_encoding_format(ask: Ask) -> bytes:
    return _FORBIDDEN if "encoding_format" in ask.body else good(ask)


ROWS = [
    _embed("plain", "Vectors as they were asked for.", "OpenAI", good),
    _embed(
        "float-though-base64",
        "Floats come whatever was asked for.",
        "openai-python #1490; mem0 PR #4151",
        _listed(*(_item(at, one) for at, one in enumerate(VECTORS))),
    ),
    _embed(
        "base64-refused",
        "400 that names `encoding_format` when it is base64; the request is healed once.",
        "flexible-graphrag #17; TEI #288",
        _no_base64,
        requests=2,
    ),
    _embed(
        "encoding-format-forbidden",
        "422 that names `encoding_format` whenever it is there; the request is healed once.",
        "Mistral-like servers",
        _no_encoding_format,
        requests=2,
    ),
    _embed(
        "shuffled",
        "The vectors come out of order, each with its index.",
        "servers that batch",
        _listed(*(_item(at, VECTORS[at]) for at in (2, 0, 1))),
    ),
    _embed(
        "without-index",
        "The vectors have no index: they stand in order.",
        "small servers",
        _listed(*(_item(None, one) for one in VECTORS)),
    ),
    _embed(
        "index-always-zero",
        "Every vector has index 0: they stand in order.",
        "gateways that call once per input",
        _listed(*(_item(0, one) for one in VECTORS)),
    ),
    _embed(
        "integers",
        "Some components are integers.",
        "JSON writers that drop .0",
        _listed(
            *(_item(at, [int(part) if part == int(part) else part for part in one]) for at, one in enumerate(VECTORS))
        ),
    ),
    _embed(
        "nested-per-token",
        "A vector for every token instead of one for the text: there is no telling which is meant.",
        "llama-cpp-python without pooling",
        _listed(*(_item(at, [one, one]) for at, one in enumerate(VECTORS))),
        error="OutputInvalid",
    ),
    _embed(
        "fewer",
        "Fewer vectors than inputs.",
        "servers that drop what they cannot read",
        _listed(*(_item(at, one) for at, one in enumerate(VECTORS[:2]))),
        error="OutputInvalid",
    ),
    _embed(
        "data-null", "`data` is null.", "gateways", answer(200, embeddings_object([], data=None)), error="ProtocolError"
    ),
    _embed(
        "without-usage",
        "There is no usage and no model.",
        "small servers",
        answer(200, {"data": [_item(at, one) for at, one in enumerate(VECTORS)]}),
    ),
]
