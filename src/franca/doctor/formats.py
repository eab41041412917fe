"""Probes of JSON answers: is the format only taken, or is the model held to it?

The prompts ask for the contrary of the format. An answer that keeps to it all the same was made to; one that does
not proves that nothing holds the model.
"""

from __future__ import annotations

from typing import Any

from ..wire import codec
from .finding import Found, found
from .seen import Seen
from .tools import tool
from .visit import Visit, short

__all__ = ["json_object", "json_schema", "strict"]

_TRIES = 2
_ROOM = 64
_PROSE = [{"role": "user", "content": "Describe a cat in one sentence of plain prose. Do not write JSON."}]
_SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string", "enum": ["mauve", "ochre"]}, "size": {"type": "integer", "enum": [7]}},
    "required": ["colour", "size"],
    "additionalProperties": False,
}


def _format(schema: dict[str, Any], strict: bool | None) -> dict[str, Any]:
    wanted = {"name": "paint", "schema": schema} | ({} if strict is None else {"strict": strict})
    return {"type": "json_schema", "json_schema": wanted}


def json_object(visit: Visit) -> Found:
    """Whether `json_object` makes the answer an object although the prompt forbids it."""
    return _held(visit, "json_object", {"type": "json_object"}, lambda value: isinstance(value, dict))


def json_schema(visit: Visit) -> Found:
    """Whether `json_schema` makes the answer fit a schema that the prompt contradicts."""
    return _held(visit, "json_schema", _format(_SCHEMA, True), _fits)


def _fits(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"colour", "size"}:
        return False
    return value["colour"] in ("mauve", "ochre") and value["size"] == 7 and not isinstance(value["size"], bool)


def _held(visit: Visit, name: str, given: dict[str, Any], fits: Any) -> Found:
    held, undecided = 0, ""
    for number in range(_TRIES):
        body = {"messages": _PROSE, "response_format": given, **visit.limited(_ROOM)}
        seen = visit.chat(f"chat with {name}, try {number + 1}", **body)
        if not seen.good:
            return found("no", f"refused: {short(seen)}", refused_formats=(name,))
        verdict = _judged(seen, fits)
        if verdict == "held":
            held += 1
        elif verdict.startswith("?"):
            undecided = verdict[1:]
        else:
            return found("no", f"taken, but not enforced: {verdict}", refused_formats=(name,))
    if held == _TRIES:
        return found("ok", f"held in {held} of {_TRIES} answers, against the prompt")
    return found("unknown", f"taken; {undecided}")


def _judged(seen: Seen, fits: Any) -> str:
    """ "held", what is wrong with the answer, or "?" and why it cannot be told."""
    text = seen.text.strip()
    try:
        value = codec.decode_json(text.encode())
    except ValueError:
        if not text:
            return "?the answer is empty"
        if seen.finish == "length" and text[0] == "{":
            return "?the answer was cut in the middle of an object (--max-tokens gives it more room)"
        return "the answer is fenced" if text.startswith("```") else "the answer is no JSON"
    return "held" if fits(value) else "the answer is JSON that does not fit"


def strict(visit: Visit) -> Found:
    """Whether `strict` is taken, and whether schemas outside OpenAI's strict subset are refused."""
    visit.plain()
    base = {"messages": _PROSE, **visit.limited(_ROOM)}
    good = visit.chat("strict schema", **base, response_format=_format(_SCHEMA, True))
    if not good.good:
        lax = visit.chat("the same without strict", **base, response_format=_format(_SCHEMA, None))
        if not lax.good:
            return found("unknown", f"json_schema is refused with and without it: {short(lax)}")
        return found("no", f"refused: {short(good)}")
    called = visit.chat("a strict tool", **visit.limited(1), tools=[tool(strict=True)])
    if not called.good and visit.chat("the tool, not strict", **visit.limited(1), tools=[tool()]).good:
        return found("partial", f"taken in response_format, refused in a tool: {short(called)}", tool_drops=("strict",))
    loose = {"type": "object", "properties": {"colour": {"type": "string"}}}
    outside = visit.chat("strict schema outside the subset", **base, response_format=_format(loose, True))
    if outside.good:
        return found("partial", "taken; a schema outside OpenAI's strict subset is taken as well")
    return found("ok", f"taken, and checked: {short(outside)}")
