"""What a client says came of a call, held against what is demanded, in terms that any client can meet.

Where an answer is demanded, its text, tool calls, finish reason, usage, vectors and ids must be the server's; whether
its further fields are kept is judged apart, of clients that give the whole answer. Where an error is demanded, any
error will do; whether it tells the server's message and status, hides the key, and comes after no more requests than
allowed, is judged apart. What a client has no place for at all is not judged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..simulator.scenarios import Outcome
from ..wire.finish import finish_kind

__all__ = ["FAILURES", "Verdict", "judge"]

FAILURES: dict[str, str] = {
    "wrong": "an answer, but not the one that the server gave",
    "silent": "an answer, although the call failed",
    "invented": "an answer, although the call failed, with a finish reason that the server never gave",
    "error": "an error, although the server answered well",
    "hang": "no end within the limit",
    "crash": "the program ended",
}


class Verdict(NamedTuple):
    """How a client did in one call of a scenario."""

    scenario: str
    call: str
    groups: tuple[str, ...]
    counted: bool
    """Whether the client claims one of the groups."""
    result: str
    """"pass", "unsupported", or a key of `FAILURES`."""
    detail: str = ""
    """What was wrong, for people."""
    message: bool | None = None
    """Whether the error told what the server said; None when there was nothing to tell."""
    status: bool | None = None
    """Whether the error had the HTTP status (or the one that the error object names)."""
    partial: bool | None = None
    """Whether the text that came before the error was handed out."""
    secret: bool | None = None
    """Whether the caller's key stayed out of the error."""
    fields: bool | None = None
    """Whether the answer's further fields (refusal, log probabilities, citations ...) are kept."""
    requests: bool | None = None
    """Whether the server saw as many requests as demanded, where the scenario is about trying again."""


def judge(outcome: Outcome, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the verdict for an answer of the program."""
    if answer.get("unsupported"):
        return {"result": "unsupported"}
    if answer.get("ok"):
        return _answered(outcome, answer)
    if outcome.error is None:
        return {"result": "error", "detail": _brief(f"{answer.get('error')}: {answer.get('message')}")}
    return {"result": "pass", "detail": _brief(answer.get("error")), **_told(outcome, answer)}


def _answered(outcome: Outcome, answer: Mapping[str, Any]) -> dict[str, Any]:
    if outcome.error is None:
        return _held(outcome.check, answer)
    if outcome.error == "NoChoices" and _count(answer) == 0:
        return {"result": "pass", "detail": "an answer that has visibly no choices"}
    reason = answer.get("finish_reason")
    if outcome.error == "Flagged" and reason == "content_filter":
        return {"result": "pass", "detail": "told by the finish reason content_filter"}
    if outcome.check.get("partial.finish_reason", "") is None and reason is not None:
        return {"result": "invented", "detail": f"finish reason {reason!r}"}
    return {"result": "silent", "detail": _brief(f"answered {answer.get('content')!r}")}


def _held(check: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer against the one that is demanded."""
    wrong = {path: text for path, due in check.items() if (text := _fault(answer, path, due))}
    if answer.get("finish_reason") == "content_filter" and any(path.endswith(".refusal") for path in check):
        wrong.pop("finish_reason", None)  # what some clients call a refusal
    raw = [path for path in check if path.startswith("raw.")]
    found: dict[str, Any] = {}
    if raw and isinstance(answer.get("raw"), dict):
        found["fields"] = wrong.keys().isdisjoint(raw)
    told = [text for path, text in wrong.items() if path not in raw]
    return {"result": "wrong", "detail": _brief("; ".join(told)), **found} if told else {"result": "pass", **found}


def _told(outcome: Outcome, answer: Mapping[str, Any]) -> dict[str, bool]:
    """The milder questions to an error."""
    found: dict[str, bool] = {}
    check = outcome.check
    shown = f"{answer.get('message')} {answer.get('shown')}"
    if "message" in check:
        found["message"] = check["message"] in shown
    if check.get("status") is not None:
        found["status"] = answer.get("status") == check["status"]
    if check.get("partial.content"):
        partial = answer.get("partial")
        found["partial"] = isinstance(partial, dict) and partial.get("content") == check["partial.content"]
    if outcome.absent:
        found["secret"] = not any(secret in shown for secret in outcome.absent)
    return found


# ---- answers -------------------------------------------------------------------------------------


def _fault(answer: Mapping[str, Any], path: str, due: Any) -> str | None:
    """What is wrong at a path of the answer; None when all is well, or when the client has no place for it."""
    if path == "content":
        return None if (answer.get("content") or None) == (due or None) else f"content {answer.get('content')!r}"
    if path == "finish_reason":
        return _reason_fault(answer, due)
    if path == "tool_calls":
        return _calls_fault(answer.get("tool_calls"), due)
    if path == "usage" and due is None:
        return _usage_made_up(answer.get("usage"))
    if path.startswith("usage."):
        return _usage_fault(answer.get("usage"), path, due)
    if path == "vectors":
        return _vectors_fault(answer.get("vectors"), due)
    if path in ("model", "reasoning", "ids") and path in answer:
        found = answer[path]
        return None if found == (list(due) if path == "ids" else due) else f"{path} {found!r}, not {due!r}"
    place, _, rest = path.partition(".")
    if place in ("raw", "choices") and isinstance(answer.get(place), (dict, list)):
        return _place_fault(answer[place], rest, path, due)
    return None


def _reason_fault(answer: Mapping[str, Any], due: str | None) -> str | None:
    """The server's own word, or what it means in OpenAI's words. Tool calls may be called that."""
    found = answer.get("finish_reason")
    if due is None:
        return None if found in (None, "") else f"finish_reason {found!r}, which the server never gave"
    kind = finish_kind(due)
    fair = {due, kind, "tool_call" if kind == "tool_calls" else kind}
    if kind == "other":
        fair |= {None, "unknown"}
    if answer.get("tool_calls"):
        fair |= {"tool_calls", "tool_call"}
    return None if found in fair else f"finish_reason {found!r}, not {due!r}"


def _usage_fault(usage: Any, path: str, due: Any) -> str | None:
    numbers = usage if isinstance(usage, dict) else {}
    found = numbers.get(path.removeprefix("usage."))
    if path == "usage.completion_tokens" and isinstance(found, int) and found != due:
        # Reasoning that a server counts beside the completion may be counted in it, as OpenAI does: the sum tells.
        rest = (numbers.get("total_tokens") or 0) - (numbers.get("prompt_tokens") or 0)
        return None if found == rest else f"{path} {found!r}, not {due!r}"
    return None if found == due else f"{path} {found!r}, not {due!r}"


def _usage_made_up(usage: Any) -> str | None:
    numbers = usage.values() if isinstance(usage, dict) else ()
    return f"usage {usage!r}, of which the server told nothing" if any(numbers) else None


def _calls_fault(found: Any, due: Any) -> str | None:
    calls = [call for call in found if isinstance(call, dict)] if isinstance(found, list) else []
    if len(calls) != len(due):
        return f"{len(calls)} tool calls, not {len(due)}"
    ids = [call.get("id") for call in calls]
    if not all(ids) or len(set(ids)) != len(ids):
        return f"ids of the tool calls {ids!r}"
    for call, wanted in zip(calls, due, strict=True):
        if "id" in wanted and call["id"] != wanted["id"]:
            return f"tool call id {call['id']!r}, not {wanted['id']!r}"
        if "name" in wanted and call.get("name") != wanted["name"]:
            return f"tool call {call.get('name')!r}, not {wanted['name']!r}"
        if "arguments" in wanted and not _same_arguments(call.get("arguments"), wanted["arguments"]):
            return f"arguments {call.get('arguments')!r}, not {wanted['arguments']!r}"
    return None


def _same_arguments(found: Any, due: str) -> bool:
    """The same text, or the same JSON: some clients decode arguments. None at all may be called an empty object."""
    if found == due:
        return True
    if isinstance(found, str):
        found = _decoded(found)
    wanted = _decoded(due)
    return (found is not _NO_JSON and found == wanted) or (due == "" and found == {})


_NO_JSON = object()


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return _NO_JSON


def _vectors_fault(found: Any, due: Any) -> str | None:
    if not isinstance(found, list) or len(found) != len(due):
        return "another number of vectors"
    for position, (row, wanted) in enumerate(zip(found, due, strict=True)):
        numbers = isinstance(row, list) and all(isinstance(number, (int, float)) for number in row)
        if not numbers or len(row) != len(wanted):
            return f"vector {position} is none of {len(wanted)} numbers"
        if any(abs(one - other) > 1e-6 for one, other in zip(row, wanted, strict=True)):
            return f"vector {position} is another one"
    return None


def _place_fault(value: Any, rest: str, path: str, due: Any) -> str | None:
    for step in rest.split("."):
        if isinstance(value, list) and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        elif step != "message":  # a choice of the protocol is flat
            value = value.get(step) if isinstance(value, dict) else None
        elif isinstance(value, dict):
            value = value.get(step, value)
    return None if value == due else f"{path} {_brief(repr(value))}, not {due!r}"


def _count(answer: Mapping[str, Any]) -> int | None:
    choices = answer.get("choices")
    return len(choices) if isinstance(choices, list) else choices if isinstance(choices, int) else None


def _brief(text: Any) -> str:
    """On one line, for a table."""
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else line[:199] + "…"
