"""The model function of `structured`: which attempt this is, what it writes, and what its variant makes of that."""

from __future__ import annotations

import json
from collections.abc import Collection
from hashlib import blake2b
from typing import NamedTuple

from ..ask import Ask, Refused
from ..draft import Draft
from ..http import encode
from ..instance import NoInstance
from ..tokens import lorem, pieces
from .asked import Asked, asked_of, states
from .refusals import refuse
from .traits import traits_of
from .value import field_names, line_for, made, spoiled, written

__all__ = ["structured"]

_THOUGHTS = 16
_REFUSAL = "I'm sorry, I can't help with that request."
_PROSE = "I would rather tell you about it in my own words than write it down in a form."
_HIDDEN_BRACES = '<think>\nThe answer has to look like {"draft": [1, 2]}, or nearly so.\n</think>\n\n'


def structured(ask: Ask, variant: str, index: int) -> Draft:
    """See the docstring of this package."""
    traits = traits_of(variant)
    refuse(ask, traits)
    asked = asked_of(ask)
    if "refuses" in traits:
        return Draft(None, refusal=pieces(_REFUSAL))
    if "empty" in traits:
        return Draft([])
    writer = _Writer(ask, asked, traits, index)
    now = writer.go(index)
    thoughts = lorem(writer.key + b"think", _THOUGHTS) if "think" in traits else []
    calls = asked.form == "tool" and not traits & {"ignores-tools", "ignores-tools-json"}
    if "filtered" in traits:
        tokens = pieces(now.text)
        return Draft(tokens[: (len(tokens) + 1) // 2], "content_filter", thoughts)
    tokens, finish = _cut(now, ask, traits, thoughts if calls else [])
    if not calls:
        return Draft(tokens, finish, thoughts)
    assert asked.tool is not None
    call = {
        "id": "call_" + blake2b(writer.key + b"%d" % now.attempt, digest_size=12).hexdigest(),
        "type": "function",
        "function": {"name": asked.tool["name"], "arguments": "".join(tokens)},
    }
    said = pieces(writer.schema_told()) if "echo-schema" in traits else None
    return Draft(said, "tool_calls" if finish == "stop" else finish, thoughts, calls=[call])


class _Written(NamedTuple):
    text: str
    """What is still to be written of the attempt."""
    whole: int
    """Tokens of the whole of it."""
    begun: bool
    """Whether a part was written before."""
    attempt: int


def _cut(now: _Written, ask: Ask, traits: Collection[str], thoughts: list[str]) -> tuple[list[str], str]:
    """The tokens that are written now, and the finish reason. The request's own allowance cuts content later on
    (`draft.limit`), but never calls: those are cut here."""
    tokens = pieces(now.text)
    most = ask.body.get("max_completion_tokens") or ask.body.get("max_tokens")
    half = (now.whole + 1) // 2
    own = half if "cut-hard" in traits or ("cut" in traits and most is None and not now.begun) else len(tokens)
    allowed = min(own, len(tokens) if most is None else max(0, most - len(thoughts)))
    if allowed >= len(tokens):
        return tokens, "stop"
    return tokens[:allowed], "length"


class _Writer:
    """What the model writes, attempt by attempt."""

    def __init__(self, ask: Ask, asked: Asked, traits: Collection[str], index: int) -> None:
        self.asked = asked
        self.traits = traits
        seeds = [ask.dials.seed, ask.body.get("seed"), asked.question, index]
        self.key = encode(seeds)
        self.known: dict[int, str] = {}
        self.made = ""
        if not asked.lines:
            try:
                self.made = made(asked.schema, asked.question, self.key, "list" in traits)
            except NoInstance as error:
                raise _no_instance(ask, asked, error) from None

    def go(self, index: int) -> _Written:
        """What is to be written now: after the answers that the conversation holds, the next attempt, or the rest of
        the last one where that was cut off and is to go on."""
        attempt, begun = int(self.asked.blank), ""
        for turn in self.asked.turns:
            whole = self.attempt(attempt)
            joined = begun + turn.text
            if turn.goes_on and joined and whole.startswith(joined) and len(joined) < len(whole):
                begun = joined
            else:
                attempt, begun = attempt + 1, ""
        attempt += 0 if begun else index
        whole = self.attempt(attempt)
        return _Written(whole[len(begun) :], len(pieces(whole)), bool(begun), attempt)

    def attempt(self, number: int) -> str:
        """The text of the n-th attempt, from 0."""
        if number not in self.known:
            self.known[number] = self.composed(number)
        return self.known[number]

    def composed(self, number: int) -> str:
        asked, traits = self.asked, self.traits
        lines = asked.lines
        text = line_for(lines[min(number, len(lines) - 1)], asked.schema) if lines else self.made
        if asked.form == "tool" and "ignores-tools" in traits:
            return _PROSE
        ignores = asked.form != "tool" and ("ignores" in traits or asked.ignored)
        unknowing = ignores and not states(asked.prompt, field_names(asked.schema, text))
        until = {"second": 1, "third": 2}
        failing = any(number < count for trait, count in until.items() if trait in traits)
        if unknowing or failing or "never" in traits:
            broken = spoiled(text, asked.schema)
            if broken is None:
                return _PROSE if asked.form != "tool" else text[: max(1, len(text) // 2)]
            text = broken
        if ignores or (asked.form == "tool" and "ignores-tools-json" in traits):
            return f"Here is what I found:\n\n{text}\n\nLet me know if you need anything else."
        if "messy" in traits:
            return _messy(text, asked.form == "tool")
        if "echo-schema" in traits and asked.form != "tool":
            return f"{self.schema_told()}\n\nThe answer is:\n\n```json\n{text}\n```".lstrip()
        return text

    def schema_told(self) -> str:
        """The schema, repeated; the system message where there is none."""
        schema = self.asked.schema
        if schema is None:
            return self.asked.system
        return f"The schema is:\n\n```json\n{written(schema, indent=2)}\n```"


def _messy(text: str, call: bool) -> str:
    """The same value, as models write it that nobody holds to anything; around a call's arguments a fence only."""
    try:
        lines = written(json.loads(text), indent=2).split("\n")
    except (ValueError, RecursionError):
        lines = [text]
    for at, after in enumerate(lines[1:]):
        if after.lstrip()[:1] in ("}", "]"):
            lines[at] += ","
    fenced = "```json\n" + "\n".join(lines) + "\n```"
    if call:
        return fenced
    return f"{_HIDDEN_BRACES}Sure! Here is the JSON you asked for:\n\n{fenced}\n\nIs there anything else?"


def _no_instance(ask: Ask, asked: Asked, error: NoInstance) -> Refused:
    if asked.form == "tool":
        assert asked.tool is not None
        name, text = asked.tool["name"], "function"
        names = [(tool.get("function") or {}).get("name") for tool in ask.body["tools"]]
        where, code = f"tools[{names.index(name)}].function.parameters", "invalid_function_parameters"
        return Refused(400, f"Invalid schema for {text} '{name}': {error}", where, code)
    name = ask.body["response_format"]["json_schema"]["name"]
    return Refused(400, f"Invalid schema for response_format '{name}': {error}", "response_format")
