"""Finish reasons and usage: where they stand, in which words, and how often."""

from __future__ import annotations

from typing import Any

from .blocks import (
    STOP,
    TEXT,
    USAGE,
    USAGE_CHUNK,
    answer,
    broken,
    by_call,
    choice,
    hello,
    ok,
    part,
    payload,
    row,
    stream,
    whole,
)
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_LESS = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}
_XAI = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "total_tokens": 32,
    "completion_tokens_details": {"reasoning_tokens": 20},
}


def _word(name: str, word: str, source: str) -> Scenario:
    """A finish reason in words that are not OpenAI's, kept as they are."""
    return row(
        f"finish-{name}",
        f"The finish reason is {word!r}.",
        source,
        by_call(chat=answer(200, whole(finish=word)), stream=stream(*hello(), part({}, word), USAGE_CHUNK)),
        chat=ok(finish=word),
        stream=ok(finish=word),
    )


def _usage(name: str, about: str, source: str, *ending: Any, total: int | None = 12, **told: Any) -> Scenario:
    """A stream of "Hello, world" with a certain ending."""
    expected: dict[str, Any] = {"usage": None} if total is None else {"usage__total_tokens": total}
    return row(f"usage-{name}", about, source, stream(*hello(), *ending), stream=ok(**expected, **told))


ROWS = [
    _word("eos", "eos", "Together"),
    _word("eos-token", "eos_token", "TGI behind the Hugging Face router"),
    _word("upper-case", "STOP", "Gemini through gateways"),
    _word("end-turn", "end_turn", "Anthropic through gateways"),
    _word("unknown", "model_context_window_exceeded", "pydantic-ai #2844, #3581, #7816"),
    _word("sensitive", "sensitive", "Z.AI"),
    _word("content-filter", "content_filter", "OpenAI, Azure"),
    _word("network-error", "network_error", "Z.AI"),
    row(
        "finish-empty-until-stop",
        "The finish reason is an empty text on every chunk but the last.",
        "servers written in languages without null",
        stream(*(part({"content": text}, "") for text in ("Hello", ", world")), STOP),
        stream=ok(),
    ),
    row(
        "finish-empty-cut",
        "The finish reason is an empty text on every chunk, and the stream ends without [DONE].",
        "servers written in languages without null",
        stream(*(part({"content": text}, "") for text in ("Hello", ", world")), done=False),
        stream=Outcome("StreamBroken", {"partial.content": TEXT}),
    ),
    row(
        "finish-null-plain",
        "A whole plain answer has a finish reason of null.",
        "Ollama",
        answer(200, whole(finish=None)),
        chat=ok(finish=None),
    ),
    row(
        "finish-missing-plain",
        "A whole plain answer has no finish reason.",
        "small servers",
        answer(200, whole(choices=[{"index": 0, "message": {"role": "assistant", "content": TEXT}}])),
        chat=ok(finish=None),
    ),
    row(
        "finish-then-null",
        "After the finish reason a chunk with an empty delta and a finish reason of null follows.",
        "vLLM-like servers",
        stream(*hello(), STOP, part({"content": ""}, None), USAGE_CHUNK),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "finish-twice",
        "The finish reason is sent twice.",
        "gateways",
        stream(*hello(), STOP, STOP, USAGE_CHUNK),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "finish-with-content",
        "The chunk with the finish reason has the last piece of content.",
        "many servers",
        stream(*hello(3), payload(choice({"content": "ld"}, "stop"))),
        stream=ok(),
    ),
    _usage("after-finish", "Usage comes in a chunk of its own, with empty choices.", "OpenAI", STOP, USAGE_CHUNK),
    _usage(
        "with-finish",
        "Usage comes on the chunk with the finish reason.",
        "transformers serve, Mistral",
        {**STOP, "usage": USAGE},
    ),
    _usage(
        "without-choices",
        "The chunk with the usage has no `choices` at all.",
        "Databricks-like gateways",
        STOP,
        {"usage": USAGE},
    ),
    _usage("none", "There is no usage; none may be made up.", "servers without stream_options", STOP, total=None),
    _usage(
        "null-last",
        "After the usage a chunk with `usage: null` follows.",
        "gateways that close with an empty usage",
        {**STOP, "usage": USAGE},
        payload(usage=None),
    ),
    _usage(
        "before-finish",
        "The usage comes before the finish reason.",
        "gateways",
        USAGE_CHUNK,
        STOP,
    ),
    _usage(
        "reasoning-outside",
        "Reasoning tokens are not part of the completion tokens, but of the total.",
        "xAI",
        STOP,
        payload(usage=_XAI),
        total=32,
        usage__completion_tokens=7,
    ),
    row(
        "usage-cumulative",
        "Every chunk has the usage so far; the last one counts, and nothing is summed.",
        "Perplexity",
        stream(*({**one, "usage": _LESS} for one in hello()), {**STOP, "usage": USAGE}),
        stream=ok(usage__total_tokens=12, usage__completion_tokens=7),
    ),
    row(
        "usage-cumulative-cut",
        "Every chunk has the usage so far, and the stream is cut.",
        "Perplexity",
        stream(*({**one, "usage": _LESS} for one in hello(2)), done=False),
        stream=broken("Hello, ", partial__usage__total_tokens=8),
    ),
]
