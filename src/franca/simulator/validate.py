"""Requests checked as OpenAI checks them: 400 with the field's name in `param` and a word in `code`.

Null counts as absent. Unknown top-level fields pass, unless the simulator is strict.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .ask import Ask, Refused
from .messages import check_messages
from .offers import check_format, check_tool_choice, check_tools

__all__ = [
    "CHAT_FIELDS",
    "PROMPT_FIELDS",
    "check_chat",
    "check_completions",
    "check_embeddings",
    "check_strict_schemas",
    "kind",
]

Check: TypeAlias = "Callable[[str, Any], None]"

MOST_TOKENS = 1_000_000
_MOST_CHOICES = 128
_KINDS = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal",
    list: "an array",
    dict: "an object",
}


def kind(value: Any) -> str:
    """A JSON type in words."""
    return _KINDS.get(type(value), "null")


def _wrong_type(name: str, expected: str, value: Any) -> Refused:
    message = f"Invalid type for '{name}': expected {expected}, but got {kind(value)} instead."
    return Refused(400, message, name, "invalid_type")


def _number(low: float, high: float, integer: bool = False) -> Check:
    word = "integer" if integer else "decimal"
    expected = "an integer" if integer else "a decimal"

    def check(name: str, value: Any) -> None:
        if type(value) is not int and (integer or type(value) is not float):
            raise _wrong_type(name, expected, value)
        if value < low:
            message = f"Invalid '{name}': {word} below minimum value. Expected a value >= {low:g}, but got {value}."
            raise Refused(400, message, name, f"{word}_below_min_value")
        if value > high:
            message = f"Invalid '{name}': {word} above maximum value. Expected a value <= {high:g}, but got {value}."
            raise Refused(400, message, name, f"{word}_above_max_value")

    return check


def _typed(type_: type, expected: str) -> Check:
    def check(name: str, value: Any) -> None:
        if type(value) is not type_:
            raise _wrong_type(name, expected, value)

    return check


def _one_of(*words: str) -> Check:
    shown = ", ".join(f"'{word}'" for word in words)

    def check(name: str, value: Any) -> None:
        if type(value) is not str:
            raise _wrong_type(name, f"one of {shown}", value)
        if value not in words:
            raise Refused(
                400, f"Invalid value for '{name}': '{value}'. Supported values are: {shown}.", name, "invalid_value"
            )

    return check


def _stop(name: str, value: Any) -> None:
    if type(value) is str:
        return
    if type(value) is not list or not all(type(text) is str for text in value):
        raise _wrong_type(name, "a string or an array of strings", value)
    if len(value) > 4:
        message = f"Invalid '{name}': array too long. Expected at most 4 items, but got {len(value)}."
        raise Refused(400, message, name, "array_above_max_length")


def _stream_options(name: str, value: Any) -> None:
    if type(value) is not dict:
        raise _wrong_type(name, "an object", value)
    for key, option in value.items():
        if key not in ("include_usage", "include_obfuscation"):
            raise Refused(400, f"Unknown parameter: '{name}.{key}'.", f"{name}.{key}", "unknown_parameter")
        if type(option) is not bool and option is not None:
            raise _wrong_type(f"{name}.{key}", "a boolean", option)


def _logit_bias(name: str, value: Any) -> None:
    if type(value) is not dict:
        raise _wrong_type(name, "an object", value)
    for token, bias in value.items():
        _number(-100, 100)(f"{name}.{token}", bias)


def _prompt(name: str, value: Any) -> None:
    if type(value) is int:  # one token is a token only in an array
        raise _wrong_type(name, "a string, or an array of strings or of tokens", value)
    texts = value if type(value) is list else [value]
    for text in texts:
        alike = type(text) is type(texts[0])  # tokens beside texts are neither one prompt nor many
        plain = type(text) is str or type(text) is int
        if not alike or (not plain and not (type(text) is list and all(type(token) is int for token in text))):
            raise _wrong_type(name, "a string, or an array of strings or of tokens", text)


_text, _flag, _object, _list = (
    _typed(str, "a string"),
    _typed(bool, "a boolean"),
    _typed(dict, "an object"),
    _typed(list, "an array"),
)
_tokens = _number(1, MOST_TOKENS, integer=True)
_penalty = _number(-2, 2)
_sampling: dict[str, Check] = {
    "model": _text,
    "temperature": _number(0, 2),
    "top_p": _number(0, 1),
    "n": _number(1, _MOST_CHOICES, integer=True),
    "stop": _stop,
    "max_tokens": _tokens,
    "presence_penalty": _penalty,
    "frequency_penalty": _penalty,
    "logit_bias": _logit_bias,
    "seed": _number(-(2**63), 2**63, integer=True),
    "user": _text,
    "stream": _flag,
    "stream_options": _stream_options,
}
_effort = _one_of("none", "minimal", "low", "medium", "high", "xhigh", "max")
_chat: dict[str, Check] = {
    **_sampling,
    "messages": check_messages,
    "max_completion_tokens": _tokens,
    "logprobs": _flag,
    "top_logprobs": _number(0, 20, integer=True),
    "response_format": check_format,
    "tools": check_tools,
    "tool_choice": check_tool_choice,
    "parallel_tool_calls": _flag,
    "reasoning_effort": _effort,
    "verbosity": _one_of("low", "medium", "high"),
    "service_tier": _one_of("auto", "default", "flex", "scale", "priority"),
    "modalities": _list,
    "audio": _object,
    "prediction": _object,
    "metadata": _object,
    "store": _flag,
    "web_search_options": _object,
    "functions": _list,
    "function_call": lambda name, value: None,
    "prompt_cache_key": _text,
    "prompt_cache_options": _object,
    "prompt_cache_retention": _text,
    "safety_identifier": _text,
}
CHAT_FIELDS = frozenset(_chat)
_completions: dict[str, Check] = {
    **_sampling,
    "prompt": _prompt,
    "suffix": _text,
    "echo": _flag,
    "best_of": _number(1, 20, integer=True),
    "logprobs": _number(0, 5, integer=True),
    "reasoning_effort": _effort,  # not OpenAI's, but other servers have models that think about a prompt
}
PROMPT_FIELDS = frozenset(_completions)
_embeddings: dict[str, Check] = {
    "model": _text,
    "input": _prompt,
    "encoding_format": _one_of("float", "base64"),
    "dimensions": _number(1, 4096, integer=True),
    "user": _text,
}


def _check(ask: Ask, table: Mapping[str, Check], required: str) -> None:
    body = ask.body
    if not body.get("model") and not ask.argument:
        raise Refused(400, "you must provide a model parameter")
    if body.get(required) is None:
        message = f"Missing required parameter: '{required}'."
        raise Refused(400, message, required, "missing_required_parameter")
    for name, value in body.items():
        check = table.get(name)
        if check is None:
            if ask.dials.strict:
                raise Refused(400, f"Unrecognized request argument supplied: {name}")
        elif value is not None:
            check(name, value)
    if body.get("stream_options") is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refused(400, message, "stream_options")


def check_chat(ask: Ask) -> None:
    """Refuse a chat request that OpenAI would refuse."""
    body = ask.body
    _check(ask, _chat, "messages")
    if body.get("top_logprobs") is not None and not body.get("logprobs"):
        message = "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled."
        raise Refused(400, message, "top_logprobs", "invalid_parameter_combination")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Refused(400, message, "max_tokens", "invalid_parameter_combination")
    for name in ("tool_choice", "parallel_tool_calls"):
        if body.get(name) is not None and not body.get("tools"):
            raise Refused(400, f"'{name}' is only allowed when 'tools' are specified.", name)
    choice = body.get("tool_choice")
    if type(choice) is dict and choice["type"] == "function":
        wanted = choice["function"]["name"]
        if wanted not in [tool["function"]["name"] for tool in body["tools"] if tool["type"] == "function"]:
            raise Refused(400, f"Invalid 'tool_choice': '{wanted}' is not among the 'tools'.", "tool_choice")
    if ask.dials.strict:
        _check_strict(body)


def _check_strict(body: dict[str, Any]) -> None:
    """What OpenAI refuses and most other servers let pass."""
    format_ = body.get("response_format")
    if format_ and format_["type"] == "json_object" and "json" not in str(body["messages"]).lower():
        message = "'messages' must contain the word 'json' to use 'response_format' of type 'json_object'."
        raise Refused(400, message, "messages")
    check_strict_schemas(body)


def check_strict_schemas(body: Mapping[str, Any]) -> None:
    """Refuse schemas that are to be kept to strictly and are outside OpenAI's subset."""
    from .subset import check_subset

    format_ = body.get("response_format")
    if format_ and format_["type"] == "json_schema" and format_["json_schema"].get("strict"):
        name = format_["json_schema"]["name"]
        check_subset(format_["json_schema"]["schema"], f"response_format '{name}'", "response_format", None)
    for position, tool in enumerate(body.get("tools") or ()):
        function = tool.get("function") or {}
        if function.get("strict"):
            param = f"tools[{position}].function.parameters"
            where = f"function '{function['name']}'"
            check_subset(function.get("parameters") or {}, where, param, "invalid_function_parameters")


def check_completions(ask: Ask) -> None:
    """Refuse a prompt-completion request that OpenAI would refuse."""
    _check(ask, _completions, "prompt")


def check_embeddings(ask: Ask) -> None:
    """Refuse an embeddings request that OpenAI would refuse."""
    _check(ask, _embeddings, "input")
    texts = ask.body["input"]
    if texts == "" or texts == [] or (type(texts) is list and ("" in texts or [] in texts)):
        raise Refused(400, "Invalid 'input': input cannot be an empty string or array.", "input", "invalid_value")
    if type(texts) is list and len(texts) > 2048 and type(texts[0]) is not int:
        message = f"Invalid 'input': array too long. Expected at most 2048 items, but got {len(texts)}."
        raise Refused(400, message, "input", "array_above_max_length")
