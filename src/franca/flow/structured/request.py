"""What a mode adds to a request, and how a model is asked again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ...errors import BadUsage
from ...wire.calls import ToolCall
from ...wire.chat import Chat
from ...wire.messages import kept_message
from .form import Form

__all__ = ["Manner", "asked_again", "asked_on", "checked_examples", "fields_for", "told"]

_MOST_PROBLEMS = 10
_LONGEST = 2000  # characters of the problems that a model is told
_SYSTEM = ("system", "developer")


class Manner(NamedTuple):
    """How the prompt is written: examples as (input or None, value), whether the model may think before it answers, and
    in which notation."""

    examples: tuple[tuple[str | None, Any], ...] = ()
    think_first: bool = False
    style: Any = "typescript"


def fields_for(form: Form, name: str) -> dict[str, Any]:
    """The fields of the request that a mode is made of."""
    if form.mode in ("strict", "native"):
        wanted: dict[str, Any] = {"name": name, "schema": form.schema}
        if form.mode == "strict":
            wanted["strict"] = True
        return {"response_format": {"type": "json_schema", "json_schema": wanted}}
    if form.mode == "tool":
        function: dict[str, Any] = {"name": name, "parameters": form.schema}
        described = form.schema.get("description")
        function["description"] = described if isinstance(described, str) else "Takes the answer."
        return {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": {"type": "function", "function": {"name": name}},
        }
    return {"response_format": {"type": "json_object"}} if form.mode == "json_object" else {}


def told(messages: Sequence[dict[str, Any]], form: Form, manner: Manner) -> list[dict[str, Any]]:
    """The messages with the schema told in the system message: after the caller's own, else in one of its own. Raises
    BadUsage where the form cannot say an example."""
    from ...schema.prompt.instructions import instructions, merge_system

    examples = [form.example(one) for one in manner.examples]
    text = instructions(form.schema, examples, think_first=manner.think_first, style=manner.style)
    made = list(messages)
    for place, message in enumerate(made):
        if message.get("role") in _SYSTEM:
            content: Any = message.get("content")
            made[place] = {**message, "content": merge_system(content, text)}
            return made
    return [{"role": "system", "content": text}, *made]


def asked_again(chat: Chat | None, form: Form, problems: Sequence[str], wrote: str) -> list[dict[str, Any]]:
    """What the model wrote (in the answer `chat`), and what is wrong with it, as the next messages: only the places
    that do not fit are named."""
    shown = "\n".join(f"- {problem}" for problem in problems[:_MOST_PROBLEMS])[:_LONGEST]
    more = len(problems) - _MOST_PROBLEMS
    shown += f"\n- and {more} more" if more > 0 else ""
    text = f"This does not fit what was asked for:\n{shown}\nGive the whole answer again, with only that put right."
    calls: list[ToolCall] = chat.tool_calls if chat is not None and form.mode == "tool" else []
    if chat is not None and calls:
        # Every call needs its result, or the next request is refused.
        results = ({"role": "tool", "tool_call_id": call.id or "", "content": text} for call in calls)
        return [kept_message(chat.message), *results]
    if not wrote:
        return [{"role": "user", "content": f"The answer was empty. {text}"}]
    return [{"role": "assistant", "content": wrote}, {"role": "user", "content": text}]


def asked_on(text: str) -> list[dict[str, Any]]:
    """An answer that was cut, and the wish to go on with it."""
    return [
        {"role": "assistant", "content": text},
        {"role": "user", "content": "That was cut off. Go on exactly where it stops, and write nothing else."},
    ]


def checked_examples(examples: Any, schema: Any) -> tuple[tuple[str | None, Any], ...]:
    """Examples as pairs of an input, None without one, and the value as JSON has it: given as values of the type or
    schema, or as (input, output) pairs. Raises BadUsage for anything else, and for a value that does not fit."""
    if isinstance(examples, (str, bytes, Mapping)) or not isinstance(examples, Sequence):
        raise BadUsage("examples is a list of values, or of (input, output) pairs", param="examples")
    return tuple(_checked(example, schema, number) for number, example in enumerate(examples, 1))


def _checked(example: Any, schema: Any, number: int) -> tuple[str | None, Any]:
    from ...schema.validate import validator_for

    given: str | None = None
    value = example
    if type(example) is tuple and len(example) == 2:  # and no NamedTuple, which is an output
        given, value = _shown(example[0], number), example[1]
    validator = validator_for(schema)
    plain = _plain(value, number)
    if isinstance(plain, str) and not validator.valid(plain):
        plain = _decoded(plain)
    problems = validator.problems(plain)
    if problems:
        raise BadUsage(f"the output of example {number} does not fit: {problems[0]}", param="examples")
    return given, plain


def _shown(given: Any, number: int) -> str:
    import msgspec

    return given if isinstance(given, str) else msgspec.json.encode(_plain(given, number)).decode()


def _plain(value: Any, number: int) -> Any:
    """As JSON has it: dicts for dataclasses and models."""
    import msgspec

    try:
        return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_of_model))
    except (TypeError, ValueError, RecursionError) as error:
        raise BadUsage(f"example {number} is nothing that JSON can say: {error}", param="examples") from None


def _of_model(value: Any) -> Any:
    """A pydantic model."""
    dump = getattr(value, "model_dump", None)
    if dump is None:
        raise TypeError(f"{type(value).__name__} is no JSON")
    return dump(mode="json", by_alias=True)


def _decoded(text: str) -> Any:
    """The value of an example that is given as JSON text."""
    import msgspec

    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text  # the schema says why it does not fit
