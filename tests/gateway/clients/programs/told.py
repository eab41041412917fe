"""What every program shares: reading questions, writing answers, and telling an exception as the client raised it.

A question is a line of JSON: {"id", "task", "place": {"base_url", "api_key"}, ...fields of the task}. The answer is
one too: {"id", "ok": true, "value": ...}, or {"id", "ok": false, "error": {...}}. Needs nothing but the standard
library: it runs in the virtual environment of each client.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any

Answer = dict[str, Any]
Task = Callable[[dict[str, Any]], Any]


def serve(client: str, version: str, tasks: Mapping[str, Task]) -> None:
    """Answer questions until there are no more. The first line told says who answers, and which tasks it has."""
    # Only answers may be on standard output: whatever a library prints goes to standard error.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(answer: Answer) -> None:
        out.write(json.dumps(answer, default=str) + "\n")
        out.flush()

    tell({"client": client, "version": version, "tasks": sorted(tasks)})
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer: Answer = {"ok": True, "value": tasks[question["task"]](question)}
        except Exception as error:
            answer = {"ok": False, "error": told_of(error)}
        tell({"id": question["id"], **answer})


def told_of(error: BaseException) -> Answer:
    """The class and the fields that OpenAI's clients have, of an exception."""
    return {
        "class": type(error).__name__,
        "status": getattr(error, "status_code", None),
        "type": getattr(error, "type", None),
        "code": getattr(error, "code", None),
        "body": getattr(error, "body", None),
        "message": str(error),
        "trace": "".join(traceback.format_exception(error))[-4000:],
    }


def usage_of(usage: Any) -> Answer | None:
    """The counts by OpenAI's names."""
    if usage is None:
        return None
    return {name: getattr(usage, name) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}


def conversation(question: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages of a plain question: a system prompt if there is one, and what the user says."""
    system = question.get("system")
    user = {"role": "user", "content": question["text"]}
    return [{"role": "system", "content": system}, user] if system else [user]
