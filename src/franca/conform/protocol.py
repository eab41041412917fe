"""What is said between the runner and the program of a client: one JSON object a line, an answer for each question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..simulator.scenarios import Scenario

__all__ = ["KEY", "PROTOCOL", "PROMPT", "hello", "question"]

KEY = "sk-conformance-0123456789"
PROMPT = "Say hello."

PROTOCOL = """
The program reads questions from standard input, one JSON object a line, and writes one JSON object a line to standard
output for each; it ends when its input does. Lines that are no JSON object with the id of the question are ignored, so
stray output of a library does no harm; standard error is shown when the program crashes.

The first question is {"id": 0, "call": "hello"}. Answer:
    {"id": 0, "ok": true, "client": "openai", "version": "2.9.0", "claims": ["openai", "azure"]}
`claims` are the servers that the client says it is for, of the names that `franca conform --groups` lists. What only
other servers do is played as well, and not counted.

Every other question asks for one call:
    id             a number, to be repeated in the answer
    call           "chat", "stream" (a chat, streamed and read to its end), "embeddings" or "models"
    server         whose behaviour it is, of the names above; a client with a class or setting for that server uses it
    base_url, api_key, model
    messages       of a chat or stream
    input          of embeddings: a list of texts
    params         further fields of the request, by their names on the wire ("tools", "n", "logprobs")
    retries        further tries after the first that the client may make
    timeout        seconds for an answer, or for the first event of a stream
    idle_timeout   seconds of silence within a stream
    deadline       seconds for everything; null when there is no limit

The answer, when the client gave one (fields that do not apply may be null or left out):
    {"id": 1, "ok": true, "content": "Hello", "finish_reason": "stop",
     "tool_calls": [{"id": "call_1", "name": "f", "arguments": "{}"}],   arguments as text, or decoded
     "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},   null when the client has none
     "reasoning": "Hm.", "model": "m",
     "choices": 1,       how many there are; a list of {"content", "finish_reason"} says more
     "raw": {...},       the whole answer as the client holds it, if it does
     "vectors": [[0.5, 1.0]], "ids": ["model-1"]}
or, when the client raised:
    {"id": 1, "ok": false, "error": "RateLimitError", "message": "Slow down", "status": 429,
     "shown": "everything that printing the error shows", "partial": {"content": "what had come of a stream"}}
or, when the client has no such call:
    {"id": 1, "ok": false, "unsupported": true}

Say what the client says: no tries, repairs or defaults of the program's own. When no answer comes within the limit, the
program is killed and started anew, and the call has failed; as it has when the program ends.
"""


def hello() -> dict[str, Any]:
    """The first question."""
    return {"id": 0, "call": "hello"}


def question(number: int, scenario: Scenario, call: str, base_url: str, server: str) -> dict[str, Any]:
    """One call of a scenario, in the protocol's words."""
    options: Mapping[str, Any] = scenario.options
    params = dict(scenario.request)
    asked: dict[str, Any] = {
        "id": number,
        "call": call,
        "server": server,
        "base_url": base_url,
        "api_key": options.get("api_key", KEY),
        "model": f"scenario:{scenario.name}",
        "retries": options.get("retries", 0),
        "timeout": options.get("timeout", 30.0),
        "idle_timeout": options.get("idle_timeout", options.get("timeout", 30.0)),
        "deadline": options.get("deadline"),
    }
    if call == "embeddings":
        asked["input"] = params.pop("input", ["one", "two", "three"])
    elif call != "models":
        asked["messages"] = params.pop("messages", [{"role": "user", "content": PROMPT}])
    asked["params"] = params if call in ("chat", "stream") else {}
    return asked
