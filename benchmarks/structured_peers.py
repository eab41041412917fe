"""The readers of structured output that are compared: each takes a text and a schema, and gives a value or raises.

What a reader can do before the first text (compile a schema, build a run time for it) is done in `prepared` and not
measured.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

__all__ = ["PEERS", "Peer", "missing"]

Read = Callable[[str], Any]


class Peer(NamedTuple):
    """A contender. `prepared(schema)` gives the function that reads a text."""

    name: str
    package: str | None
    """What must be importable; None: the standard library."""
    prepared: Callable[[Any], Read]
    nulls_are_absent: bool = False
    """Whether it tells an absent field as null, so that the two cannot be told apart."""


def _franca(schema: Any) -> Read:
    from franca.schema.parsing import parse
    from franca.schema.validate import validator_for

    validator_for(schema)
    return lambda text: parse(text, schema).value


def _json_repair(schema: Any) -> Read:
    import json_repair

    return json_repair.loads


def _json_repair_schema(schema: Any) -> Read:
    import json_repair

    return lambda text: json_repair.loads(text, schema=schema)


def _jiter(schema: Any) -> Read:
    import jiter

    return lambda text: jiter.from_json(text.encode(errors="surrogatepass"), partial_mode=True)


def _baml(schema: Any) -> Read:
    from structured_baml import reader

    return reader(schema)


def _partial_json_parser(schema: Any) -> Read:
    import partial_json_parser

    return partial_json_parser.loads


def _instructor(schema: Any) -> Read:
    from instructor.v2.core.json import extract_json_from_codeblock

    return lambda text: json.loads(extract_json_from_codeblock(text))


def _braces(schema: Any) -> Read:
    """From the first brace to the last of its kind."""

    def read(text: str) -> Any:
        starts = [place for place in (text.find("{"), text.find("[")) if place >= 0]
        if not starts:
            return json.loads(text)
        start = min(starts)
        end = text.rfind("}" if text[start] == "{" else "]")
        return json.loads(text[start : end + 1])

    return read


PEERS = {
    peer.name: peer
    for peer in (
        Peer("franca", "franca", _franca),
        Peer("baml-py", "baml_py", _baml, nulls_are_absent=True),
        Peer("json_repair", "json_repair", _json_repair),
        Peer("json_repair + schema", "json_repair", _json_repair_schema),
        Peer("instructor", "instructor", _instructor),
        Peer("partial-json-parser", "partial_json_parser", _partial_json_parser),
        Peer("jiter", "jiter", _jiter),
        Peer("first to last brace", None, _braces),
    )
}


def missing(peer: Peer) -> bool:
    """Whether it is not installed."""
    return peer.package is not None and find_spec(peer.package) is None
