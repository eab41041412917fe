"""Tool calls as servers really stream them."""

from __future__ import annotations

from typing import Any

from .blocks import answer, by_call, ok, part, row, stream, whole
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_PARIS = '{"city":"Paris"}'
_ROME = '{"city":"Rome"}'
_TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
_REQUEST = {"tools": [_TOOL]}
_ROLE = part({"role": "assistant", "content": None})


def _fragment(arguments: Any = None, **fields: Any) -> dict[str, Any]:
    """A piece of a tool call; `name` goes into its function."""
    function = {} if arguments is None else {"arguments": arguments}
    if "name" in fields:
        function = {"name": fields.pop("name"), **function}
    return {**fields, "function": function}


def _call(id: str | None, arguments: str, name: str = "get_weather", good: bool = True) -> dict[str, Any]:
    """A call as it must come out."""
    told: dict[str, Any] = {"name": name, "arguments": arguments}
    if id is not None:
        told["id"] = id
    if not good:
        told["arguments_map"] = None
    return told


_ONE = [_call("call_1", _PARIS)]
_TWO = [_call("call_1", _PARIS), _call("call_2", _ROME)]


def _calls(*fragments: dict[str, Any] | list[dict[str, Any]], finish: str = "tool_calls") -> bytes:
    """A stream of tool call pieces: a chunk for each, or for each list of them."""
    parts = [part({"tool_calls": one if isinstance(one, list) else [one]}) for one in fragments]
    return stream(_ROLE, *parts, part({}, finish))


def _tool_row(
    name: str,
    about: str,
    source: str,
    data: bytes,
    calls: list[dict[str, Any]],
    finish: str = "tool_calls",
    plain: list[dict[str, Any]] | None = None,
    **check: Any,
) -> Scenario:
    """A row for streams; for plain answers too, where `plain` gives their tool calls."""
    check |= {"finish_reason": finish, "tool_calls": calls}
    expect = {"stream": Outcome(None, check)}
    play = by_call(stream=data)
    if plain is not None:
        expect["chat"] = Outcome(None, check)
        play = by_call(stream=data, chat=answer(200, whole({"content": None, "tool_calls": plain}, finish)))
    return Scenario(f"tool-{name}", about, source, play, expect, request=_REQUEST)


def _done(id: str, arguments: Any, name: str = "get_weather") -> dict[str, Any]:
    """A whole call of a plain answer."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


_START = _fragment('{"ci', index=0, id="call_1", type="function", name="get_weather")
_REST = '{"ci', 'ty":"Pa', 'ris"}'

ROWS = [
    _tool_row(
        "plain",
        "A call in pieces as OpenAI sends it: id and name first, then arguments by index.",
        "OpenAI",
        _calls(_START, _fragment('ty":"Pa', index=0), _fragment('ris"}', index=0)),
        _ONE,
        plain=[_done("call_1", _PARIS)],
    ),
    _tool_row(
        "parallel-interleaved",
        "The pieces of two calls alternate.",
        "OpenAI",
        _calls(
            _START,
            _fragment('{"ci', index=1, id="call_2", type="function", name="get_weather"),
            _fragment('ty":"Paris"}', index=0),
            _fragment('ty":"Rome"}', index=1),
        ),
        _TWO,
        plain=[_done("call_1", _PARIS), _done("call_2", _ROME)],
    ),
    _tool_row(
        "index-missing",
        "Whole calls without an index, finish reason stop.",
        "Gemini; open-webui/computer #224",
        _calls(
            _fragment(_PARIS, id="call_1", type="function", name="get_weather"),
            _fragment(_ROME, id="call_2", type="function", name="get_weather"),
            finish="stop",
        ),
        _TWO,
        finish="stop",
    ),
    _tool_row(
        "index-null",
        "The index is null on every piece; only the first one has an id.",
        "Together",
        _calls(
            _fragment(_REST[0], index=None, id="call_1", type="function", name="get_weather"),
            _fragment(_REST[1], index=None),
            _fragment(_REST[2], index=None),
        ),
        _ONE,
    ),
    _tool_row(
        "index-repeated",
        "Parallel whole calls all have index 0 and ids of their own.",
        "Ollama; BerriAI/litellm PR #37792",
        _calls(
            _fragment(_PARIS, index=0, id="call_1", type="function", name="get_weather"),
            _fragment(_ROME, index=0, id="call_2", type="function", name="get_weather"),
        ),
        _TWO,
    ),
    _tool_row(
        "index-repeated-one-chunk",
        "Parallel whole calls with index 0 come in one chunk.",
        "Ollama",
        _calls(
            [
                _fragment(_PARIS, index=0, id="call_1", type="function", name="get_weather"),
                _fragment(_ROME, index=0, id="call_2", type="function", name="get_weather"),
            ]
        ),
        _TWO,
    ),
    _tool_row(
        "index-from-one",
        "The indexes start at 1.",
        "home-made gateways",
        _calls(
            _fragment(_PARIS, index=1, id="call_1", type="function", name="get_weather"),
            _fragment(_ROME, index=2, id="call_2", type="function", name="get_weather"),
        ),
        _TWO,
    ),
    _tool_row(
        "id-name-repeated",
        "Every piece repeats the same id and name.",
        "openai-python #3201; vLLM",
        _calls(*(_fragment(one, index=0, id="call_1", type="function", name="get_weather") for one in _REST)),
        _ONE,
    ),
    _tool_row(
        "id-name-null",
        "Later pieces have an id, type and name of null.",
        "LiteLLM",
        _calls(_START, *(_fragment(one, index=0, id=None, type=None, name=None) for one in _REST[1:])),
        _ONE,
    ),
    _tool_row(
        "id-name-empty",
        "Later pieces have an empty id and name.",
        "DashScope",
        _calls(_START, *(_fragment(one, index=0, id="", type="function", name="") for one in _REST[1:])),
        _ONE,
    ),
    _tool_row(
        "id-never",
        "No piece has an id; one must be made up.",
        "small servers",
        _calls(_fragment(_REST[0], index=0, name="get_weather"), *(_fragment(one, index=0) for one in _REST[1:])),
        [_call(None, _PARIS)],
    ),
    _tool_row(
        "pieces-in-one-chunk",
        "Several pieces of one call come in one chunk.",
        "vLLM with speculative decoding; openai-python #3201",
        _calls([_START, _fragment(_REST[1], index=0)], [_fragment(_REST[2], index=0)]),
        _ONE,
    ),
    _tool_row(
        "name-without-arguments",
        "The first piece has a name but no arguments.",
        "vLLM",
        _calls(
            _fragment(index=0, id="call_1", type="function", name="get_weather"),
            _fragment(_PARIS, index=0),
        ),
        _ONE,
    ),
    _tool_row(
        "arguments-object",
        "The arguments are an object instead of its JSON.",
        "Ollama's own format through gateways",
        _calls(_fragment({"city": "Paris"}, index=0, id="call_1", type="function", name="get_weather")),
        [{"id": "call_1", "name": "get_weather", "arguments_map": {"city": "Paris"}}],
        plain=[_done("call_1", {"city": "Paris"})],
    ),
    _tool_row(
        "arguments-invalid",
        "The arguments are no JSON: the model stopped too early.",
        "any model",
        _calls(_fragment('{"city": "Par', index=0, id="call_1", type="function", name="get_weather"), finish="length"),
        [_call("call_1", '{"city": "Par', good=False)],
        finish="length",
        plain=[_done("call_1", '{"city": "Par')],
    ),
    _tool_row(
        "arguments-not-object",
        "The arguments are JSON, but no object; the finish reason is stop.",
        "vLLM with a named tool_choice",
        _calls(_fragment("0", index=0, id="call_1", type="function", name="get_weather"), finish="stop"),
        [_call("call_1", "0", good=False)],
        finish="stop",
        plain=[_done("call_1", "0")],
    ),
    _tool_row(
        "finish-stop",
        "The finish reason is stop though there are calls.",
        "Gemini, vLLM, gpt-4o; ollama PR #7963",
        _calls(_START, _fragment('ty":"Paris"}', index=0), finish="stop"),
        _ONE,
        finish="stop",
        plain=[_done("call_1", _PARIS)],
    ),
    _tool_row(
        "with-content",
        "Content and a call in one answer, with empty content on the pieces of the call.",
        "Anthropic's compatible endpoint",
        stream(
            part({"role": "assistant", "content": "Let me look."}),
            part({"content": "", "tool_calls": [_START]}),
            part({"content": "", "tool_calls": [_fragment('ty":"Paris"}', index=0)]}),
            part({}, "tool_calls"),
        ),
        _ONE,
    ),
    row(
        "tool-calls-null",
        "`tool_calls` and `function_call` are null, or an empty list.",
        "vLLM, LiteLLM",
        by_call(
            chat=answer(200, whole({"content": "Hello, world", "tool_calls": None, "function_call": None})),
            stream=stream(
                part({"role": "assistant", "content": "Hello", "tool_calls": None, "function_call": None}),
                part({"content": ", world", "tool_calls": []}),
                part({"tool_calls": None}, "stop"),
            ),
        ),
        chat=ok(tool_calls=[]),
        stream=ok(tool_calls=[]),
    ),
    _tool_row(
        "extra-content",
        "A call carries fields of the server's own, which must be sent back with it.",
        "Gemini (`thought_signature`)",
        _calls(
            {
                **_fragment(_PARIS, id="call_1", type="function", name="get_weather"),
                "extra_content": {"google": {"thought_signature": "c2ln"}},
            }
        ),
        _ONE,
        plain=[{**_done("call_1", _PARIS), "extra_content": {"google": {"thought_signature": "c2ln"}}}],
        **{"raw.choices.0.message.tool_calls.0.extra_content.google.thought_signature": "c2ln"},
    ),
]
