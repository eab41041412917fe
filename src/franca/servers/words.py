"""A row's quirks in words, made of the data: for docs/servers.md, `franca servers` and the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .record import Quirks, Settings

__all__ = ["VOCABULARY", "quirk_words"]

VOCABULARY: dict[str, str] = {
    "drops": "fields of the request that the server refuses: left out",
    "renames": "fields that have another name there",
    "clamps": "numbers that are kept within a range",
    "defaults": "fields that are set when the caller gives none",
    "token_field": "the one of `max_tokens` and `max_completion_tokens` that is taken",
    "stream_options": "false: `stream_options` is left out, so that a stream may tell no usage",
    "excludes": "pairs of `tools`, `stream`, `json_schema`, `json_object` that are refused in one request: `BadUsage`",
    "response_formats": "the types of `response_format` that are honoured (nothing is changed in a request)",
    "moves": "fields that belong into an object, where they are put",
    "transforms_plugin": 'the entry of `plugins` that is sent instead of `transforms: ["middle-out"]`',
    "format_switch": "what is set to true where a `response_format` other than text is asked for",
    "ignores": "fields that are taken and do nothing (nothing is changed in a request)",
    "tool_drops": "fields of `tools[].function` that are refused",
    "tool_choices": "words of `tool_choice` that are called otherwise",
    "named_tool_choice": 'false: a tool that must be called is sent alone, with the word for "required"',
    "message_fields": "the only fields that a message may have",
    "message_drops": "fields of messages that are refused",
    "name_roles": "the roles whose messages may have a `name`",
    "roles": "roles that are sent as another",
    "flat_content": "true: content that is a list of text parts is sent as one string",
    "single_system": "true: several system messages at the start are joined",
    "empty_tool_calls": "false: an empty `tool_calls` is left out of messages",
    "null_function_call": "false: `function_call: null` is left out of messages",
    "audio_data_uri": "true: audio is sent as a data URI",
    "image_urls": "false: an image must be sent itself; a URL is a `BadUsage`",
    "reasoning_field": "the field of a message in which reasoning goes back",
    "reasoning_also": "further places in which it goes back as it came",
    "reasoning_echo": '"same" as it came; "own": only what is in the field; "never"; "tools": put into the field on '
    'messages with tool calls; "always": on every message that has reasoning',
    "reasoning_tags": "models (beginnings of their names) that get it back between <think> tags",
    "reasoning_blank": "what the field holds beside tool calls that came without reasoning",
    "effort": "what each level of `reasoning_effort` sets instead",
    "budget": "what `reasoning_budget` sets; without it the nearest effort is sent",
    "budget_range": "the least and the greatest budget",
    "base64_embeddings": "whether embeddings are sent as base64; it is tried where this is not known",
    "family_facts": "true: what the family of the model wants is heeded (`franca.facts`)",
    "oddities": "what is odd about the answers, for people",
}
"""Every word of `Quirks`, explained."""

_ECHOES = {
    "own": "Reasoning goes back in {field} as it came; what other servers' answers carry is left out.",
    "never": "Reasoning is left out of the messages{also}.",
    "tools": "Reasoning goes back in {field} on messages with tool calls, wherever it came from.",
    "always": "Reasoning goes back in {field}, wherever it came from.",
}


def quirk_words(quirks: Quirks) -> list[str]:
    """A sentence for each thing that is special, in the order of the fields."""
    return [*_fields(quirks), *_tools(quirks), *_messages(quirks), *_reasoning(quirks), *_further(quirks)]


def _fields(quirks: Quirks) -> Iterator[str]:
    if quirks.drops:
        yield f"Left out: {_code(quirks.drops)}."
    for field, other in quirks.renames:
        yield f"`{field}` is sent as `{other}`."
    for field, least, greatest in quirks.clamps:
        yield f"`{field}` is kept within {least:g} and {greatest:g}."
    for field, value in quirks.defaults:
        yield f"`{field}` is {_json(value)} unless it is given."
    if quirks.token_field:
        yield f"The limit of tokens is sent as `{quirks.token_field}`, whichever was given."
    if not quirks.stream_options:
        yield "`stream_options` is left out."
    for one, other in quirks.excludes:
        yield f"`{one}` and `{other}` in one request are a `BadUsage`."
    if set(quirks.response_formats) != {"json_object", "json_schema"}:
        yield f"Of the response formats {_code(quirks.response_formats) or 'none'} is honoured."
    if quirks.moves:
        yield f"Sent in another place: {', '.join(f'`{field}` as `{path}`' for field, path in quirks.moves)}."
    if quirks.transforms_plugin:
        yield f'`transforms: ["middle-out"]` is sent as the plugin `{quirks.transforms_plugin}`; `[]` turns it off.'
    if quirks.format_switch:
        yield f"`{quirks.format_switch}` is true where a `response_format` other than text is asked for, if not given."
    if quirks.ignores:
        yield f"Taken, and without effect: {_code(quirks.ignores)}."


def _tools(quirks: Quirks) -> Iterator[str]:
    if quirks.tool_drops:
        yield f"Left out of tools: {_code(quirks.tool_drops)}."
    for word, other in quirks.tool_choices:
        yield f'`tool_choice` "{word}" is sent as "{other}".'
    if not quirks.named_tool_choice:
        yield "A tool that must be called is sent alone, since it cannot be named in `tool_choice`."


def _messages(quirks: Quirks) -> Iterator[str]:
    if quirks.message_fields:
        yield f"Messages have only {_code(quirks.message_fields)}; other fields are left out."
    if quirks.message_drops:
        yield f"Left out of messages: {_code(quirks.message_drops)}."
    if quirks.name_roles is not None:
        roles = f", but for the roles {_code(quirks.name_roles)}" if quirks.name_roles else ""
        yield f"`name` is left out of messages{roles}."
    for role, other in quirks.roles:
        yield f"The role `{role}` is sent as `{other}`."
    if quirks.flat_content:
        yield "A list of text parts is sent as one string."
    if quirks.single_system:
        yield "System messages at the start are joined to one."
    if not quirks.empty_tool_calls:
        yield "An empty `tool_calls` is left out of messages."
    if not quirks.null_function_call:
        yield "`function_call: null` is left out of messages."
    if quirks.audio_data_uri:
        yield "Audio is sent as a data URI."
    if not quirks.image_urls:
        yield "The URL of an image is a `BadUsage`: it must be sent itself."


def _reasoning(quirks: Quirks) -> Iterator[str]:
    also = _code(quirks.reasoning_also)
    told = _ECHOES.get(quirks.reasoning_echo)
    if told is not None:
        yield told.format(field=f"`{quirks.reasoning_field}`", also=f", but for {also}" if also else "")
        if also and quirks.reasoning_echo != "never":
            yield f"{also} goes back as it came."
    if quirks.reasoning_tags:
        yield f"Models that begin with {_code(quirks.reasoning_tags)} get it back between <think> tags in `content`."
    if quirks.reasoning_blank is not None:
        yield f"Beside tool calls that came without reasoning that field is {_json(quirks.reasoning_blank)}."
    for level, settings in quirks.effort:
        yield f"`reasoning_effort` {_json(level)} is sent as {_settings(settings) or 'nothing'}."
    if quirks.budget:
        least, greatest = quirks.budget_range or (None, None)
        yield f"`reasoning_budget` is sent as {_settings(quirks.budget)}" + (
            f", within {least:,} and {greatest:,}." if least is not None else "."
        )


def _further(quirks: Quirks) -> Iterator[str]:
    if quirks.base64_embeddings is not None:
        yield f"Embeddings {'are' if quirks.base64_embeddings else 'cannot be'} sent as base64."
    if quirks.family_facts:
        yield "What the family of the model wants is heeded (`franca.facts`)."
    yield from quirks.oddities


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _settings(settings: Settings) -> str:
    return ", ".join(f"`{path}: {_json(value)}`" for path, value in settings)


def _json(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
