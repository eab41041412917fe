"""Probes of tool calls. A model that calls no tool, where it is free to, makes a probe undecided, never a no."""

from __future__ import annotations

from typing import Any

from ..wire import codec
from .finding import Found, Undecided, found
from .seen import Seen
from .visit import Visit, short

__all__ = ["named", "none", "parallel", "required", "result", "tools", "tools_stream"]

_ASK = [{"role": "user", "content": "What is the weather in Oslo? Call the tool."}]
_ASK_TWICE = [{"role": "user", "content": "What is the weather in Oslo, and in Rome? Call the tool for both at once."}]
_HELLO = [{"role": "user", "content": "Say hello."}]
_CALL = {"id": "call_1a2b3", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
_TURN = [*_ASK, {"role": "assistant", "content": None, "tool_calls": [_CALL]}]
_TOLD = {"role": "tool", "tool_call_id": "call_1a2b3", "content": "It is sunny, 21 degrees."}
_ROOM = 96
_CUT = "the arguments were cut by the limit of tokens (--max-tokens gives more room)"


def tool(name: str = "get_weather", **more: Any) -> dict[str, Any]:
    """A tool with one short argument."""
    city = {"type": "string", "enum": ["Oslo", "Rome"]}
    schema = {"type": "object", "properties": {"city": city}, "required": ["city"], "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": "Weather", "parameters": schema, **more}}


def _asked(visit: Visit, what: str, **changes: Any) -> Seen:
    # Cold, so that a call more or less between two answers is the field's doing and not chance.
    return visit.chat(what, **{"messages": _ASK, "tools": [tool()], **visit.limited(_ROOM), **visit.cold(), **changes})


def _auto(visit: Visit) -> Seen:
    return visit.once("tools", lambda: _asked(visit, "chat with a tool"))


def _offered(visit: Visit) -> Seen:
    seen = _auto(visit)
    if not seen.good:
        raise Undecided(f"tools are refused: {short(seen)}")
    return seen


def tools(visit: Visit) -> Found:
    """Whether a tool that is offered can be called, and whether the call is well formed."""
    seen = _auto(visit)
    if not seen.good:
        return found("no", f"refused: {short(seen)}")
    if seen.calls:
        wrong = _malformed(seen)
        if seen.finish not in ("tool_calls", "length"):
            wrong.append(f"the finish reason is {seen.finish}")
        if wrong == [_CUT]:
            return found("unknown", f"called, but {_CUT}")
        if wrong:
            return found("partial", f"called, but {', '.join(wrong)}")
        return found("ok", f"called, with whole arguments and the finish reason {seen.finish}")
    more = visit.grew(seen, visit.chat("the same without tools", messages=_ASK, **visit.limited(1)))
    if more is not None and more <= 0:
        return found("unknown", "taken, but not in the prompt: the server or the model's template drops tools")
    return found("unknown", "taken; the model called none")


def _malformed(seen: Seen) -> list[str]:
    wrong = []
    for call in seen.calls:
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        arguments = function.get("arguments")
        if not isinstance(call.get("id"), str) or not call["id"]:
            wrong.append("without an id")
        if call.get("type") != "function":
            wrong.append("without its type")
        if not isinstance(arguments, str):
            wrong.append("the arguments are not text")
        elif not _is_object(arguments):
            wrong.append(_CUT if seen.finish == "length" else "the arguments are no JSON object")
    return list(dict.fromkeys(wrong))


def _is_object(text: str) -> bool:
    try:
        return isinstance(codec.decode_json(text.encode()), dict)
    except ValueError:
        return False


def tools_stream(visit: Visit) -> Found:
    """How streamed tool calls are put together: index, id, pieces of arguments, finish reason."""
    plain = _offered(visit)
    choice: dict[str, Any] = {} if plain.calls else {"tool_choice": "required"}
    body = {"messages": _ASK, "tools": [tool()], **visit.limited(_ROOM), **choice}
    seen = visit.stream("stream with a tool", **body)
    if not seen.good or not seen.streamed:
        raise Undecided(f"no stream with tools: {short(seen)}")
    given = [delta["tool_calls"] for delta in seen.deltas if isinstance(delta.get("tool_calls"), list)]
    pieces = [piece for listed in given for piece in listed if isinstance(piece, dict)]
    if not pieces:
        return found("unknown", "the model called none")
    return _stream_found(seen, pieces)


def _stream_found(seen: Seen, pieces: list[dict[str, Any]]) -> Found:
    wrong, notes = [], [f"{len(pieces)} piece{'' if len(pieces) == 1 else 's'}"]
    if not all(isinstance(piece.get("index"), int) for piece in pieces):
        wrong.append("there is no index")
    ids = [piece["id"] for piece in pieces if piece.get("id")]
    if not ids:
        wrong.append("there is no id")
    elif len(ids) > len(set(ids)):
        notes.append("the id repeated on each")
    texts: dict[Any, str] = {}
    for piece in pieces:
        function = piece.get("function")
        arguments = function.get("arguments") if isinstance(function, dict) else None
        place = piece.get("index")
        texts[place] = texts.get(place, "") + (arguments if isinstance(arguments, str) else "")
    if not all(map(_is_object, texts.values())):
        wrong.append(_CUT if seen.finish == "length" else "the arguments are no JSON object")
    if seen.finish not in ("tool_calls", "length"):
        wrong.append(f"the finish reason is {seen.finish}")
    calls = f"{len(texts)} call{'' if len(texts) == 1 else 's'} in {', '.join(notes)}"
    if wrong:
        return found("unknown" if wrong == [_CUT] else "partial", f"{calls}, but {', '.join(wrong)}")
    return found("ok", f"{calls}; index, id, arguments and finish reason are right")


def required(visit: Visit) -> Found:
    """Whether `tool_choice: "required"` forces a call, asked for something that needs none."""
    _offered(visit)
    verdict = _forced(
        _asked(visit, "chat with tool_choice required", messages=_HELLO, tool_choice="required"), "required"
    )
    if verdict.verdict not in ("ok", "partial") or not _asked(visit, "the same, free to call", messages=_HELLO).calls:
        return verdict
    # This model calls whatever it is asked. After a result it may not; and not cold, where a tiny model never ends.
    turn = {"messages": [*_TURN, _TOLD], "tools": [tool()], **visit.limited(_ROOM)}
    free = visit.chat("after a result, free to call", **turn)
    if free.good and not free.calls:
        forced = visit.chat("after a result, with tool_choice required", **turn, tool_choice="required")
        if forced.calls:
            return verdict
        if forced.good and forced.finish != "length":
            return found("partial", "a call, as this model makes anyway; but none after the result of a tool")
    return found("unknown", "a call, but this model calls without being told to as well")


def _forced(seen: Seen, word: str) -> Found:
    if not seen.good:
        return found("no", f"refused: {short(seen)}", **({"named_tool_choice": False} if word == "named" else {}))
    if seen.calls:
        wrong = [what for what in _malformed(seen) if what != _CUT]
        return found("partial", f"forces a call, but {', '.join(wrong)}") if wrong else found("ok", "forces a call")
    if not seen.text.strip() and seen.finish == "length":
        return found("unknown", "the answer was cut before its first word (--max-tokens gives it more room)")
    return found("no", "taken, but the answer has no call", ignores=("tool_choice",))


def named(visit: Visit) -> Found:
    """Whether `tool_choice` can name the tool to be called, against what the prompt asks for."""
    _offered(visit)
    # The second name shows whether the first was called by luck: without their names the two requests are the same.
    for name in ("get_tide", "get_weather"):
        choice = {"type": "function", "function": {"name": name}}
        seen = _asked(visit, f"chat that must call {name}", tools=[tool(), tool("get_tide")], tool_choice=choice)
        names = [call["function"].get("name") for call in seen.calls if isinstance(call.get("function"), dict)]
        wrong = next((called for called in names if called != name), None)
        if seen.good and wrong:
            fact = f"taken, but {wrong} was called instead" + (f" of {name}" if name == "get_weather" else "")
            return found("no", fact, named_tool_choice=False)
        verdict = _forced(seen, "named")
        if verdict.verdict != "ok":
            return verdict
    if seen.finish not in ("tool_calls", "length"):
        return found("ok", f"forces the call of that tool; the finish reason is {seen.finish}, as OpenAI's")
    return verdict


def none(visit: Visit) -> Found:
    """Whether `tool_choice: "none"` keeps the model from calling."""
    control = _offered(visit)
    seen = _asked(visit, "chat with tool_choice none", tool_choice="none")
    if not seen.good:
        return found("no", f"refused: {short(seen)}")
    if seen.calls:
        return found("no", "taken, but a tool was called", ignores=("tool_choice",))
    if not control.calls:
        return found("unknown", "taken; the model calls none anyway")
    if "get_weather" in seen.text and "{" in seen.text:
        return found("partial", "no call, but one is written into the text: the model still sees the tools")
    if visit.varies():
        return found("unknown", "taken; no call, but the server's answers vary by themselves")
    return found("ok", "no call, where there is one without it")


def parallel(visit: Visit) -> Found:
    """Whether one answer can hold several calls, and whether `parallel_tool_calls: false` forbids it."""
    _offered(visit)
    seen = _asked(visit, "chat that asks for two calls", messages=_ASK_TWICE, parallel_tool_calls=True)
    if not seen.good:
        again = _asked(visit, "the same without parallel_tool_calls", messages=_ASK_TWICE)
        several = "; several calls come without it" if len(again.calls) > 1 else ""
        return found("no", f"parallel_tool_calls is refused: {short(seen)}{several}", drops=("parallel_tool_calls",))
    if len(seen.calls) < 2:
        return found("unknown", f"taken; the model made {len(seen.calls) or 'no'} call{'s' * (not seen.calls)}")
    single = _asked(visit, "the same with parallel_tool_calls false", messages=_ASK_TWICE, parallel_tool_calls=False)
    if not single.good:
        return found("partial", f"{len(seen.calls)} calls; false is refused: {short(single)}")
    if len(single.calls) > 1:
        fact = f"{len(seen.calls)} calls, but also with parallel_tool_calls false"
        return found("partial", fact, ignores=("parallel_tool_calls",))
    fact = f"{len(seen.calls)} calls, {len(single.calls)} with parallel_tool_calls false"
    if visit.varies() or not single.calls:
        return found("unknown", f"{fact}, which may be chance")
    return found("ok", fact)


def result(visit: Visit) -> Found:
    """Whether the result of a call can be given back, and reaches the model."""
    _offered(visit)
    seen = _asked(visit, "chat with the result of a tool", messages=[*_TURN, _TOLD])
    if not seen.good:
        return found("no", f"refused: {short(seen)}")
    shorter = {**_TOLD, "content": "Sun"}
    less = _asked(visit, "the same with a shorter result", messages=[*_TURN, shorter], **visit.limited(1))
    more = visit.grew(seen, less) if less.good else None
    if more is None:
        return found("unknown", "taken; whether it reaches the model cannot be told without token counts")
    if more <= 0:
        return found("partial", "taken, but it is not in the prompt: the server or the model's template drops it")
    return found("ok", "taken, and part of the prompt")
