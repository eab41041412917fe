"""Chunks and messages of unusual shape: content, thoughts, choices, null and unknown fields."""

from __future__ import annotations

from typing import Any

from .blocks import (
    STOP,
    TEXT,
    USAGE,
    USAGE_CHUNK,
    answer,
    by_call,
    choice,
    hello,
    ok,
    part,
    payload,
    row,
    say,
    stream,
    whole,
)
from .record import Outcome, Scenario

__all__ = ["ROWS"]

_SAFE = {"hate": {"filtered": False, "severity": "safe"}}
_FILTER = [{"prompt_index": 0, "content_filter_results": _SAFE}]
_REASONED = ok(reasoning="Hmm, yes.", usage__total_tokens=12)


def _both(
    name: str, about: str, source: str, chat: Any, events: list[Any], outcome: Outcome, **request: Any
) -> Scenario:
    """A row with the same outcome for a plain answer and a stream."""
    play = by_call(chat=answer(200, chat), stream=stream(*events))
    return row(name, about, source, play, request=request, chat=outcome, stream=outcome)


def _reasoning(field: str, source: str, *thoughts: Any, plain: Any) -> Scenario:
    """Thoughts under one field name, then the answer."""
    return _both(
        f"reasoning-{field.replace('_', '-')}",
        f"Thoughts come in `{field}`, before the content.",
        source,
        whole({"content": TEXT, field: plain}, provider="sim"),  # OpenRouter names one, and pydantic-ai insists on it
        [hello(0)[0], *(part({field: one}) for one in thoughts), *hello()[1:], STOP, USAGE_CHUNK],
        _REASONED,
    )


def _simulated(text: str | None, finish: str | None = None) -> dict[str, Any]:
    """A chunk of the Azure OpenAI simulator, which puts the fields of the choice into the delta."""
    delta = {"content": text, "role": "assistant", "tool_calls": None, "finish_reason": finish, "index": 0}
    return payload({"delta": {**delta, "logprobs": None, "content_filter_results": _SAFE}})


def _details(text: str) -> list[dict[str, Any]]:
    return [{"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}]


def _thinking(text: str) -> list[dict[str, Any]]:
    return [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]


def _logprobs(token: str) -> dict[str, Any]:
    return {"content": [{"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []}]}


_THREE = [payload(choice({"role": "assistant", "content": ""}, None, index)) for index in (2, 0, 1)]
for _text in ("a", "b", "c"):
    _THREE += [say(f"{_text}{index}", index) for index in (0, 1, 2)]
_THREE += [part({}, "stop", 0), part({}, "length", 1), part({}, "stop", 2)]
_THREE_CHOICES = [
    {"index": index, "message": {"role": "assistant", "content": f"a{index}b{index}c{index}"}, "finish_reason": finish}
    for index, finish in ((0, "stop"), (1, "length"), (2, "stop"))
]
_THREE_OUT = Outcome(
    None,
    {
        "choices.0.message.content": "a0b0c0",
        "choices.1.message.content": "a1b1c1",
        "choices.2.message.content": "a2b2c2",
        "choices.1.finish_reason": "length",
    },
)

ROWS = [
    _reasoning("reasoning_content", "DeepSeek, llama.cpp, older vLLM", "Hmm, ", "yes.", plain="Hmm, yes."),
    _reasoning("reasoning", "OpenRouter, Ollama, Groq, newer vLLM", "Hmm, ", "yes.", plain="Hmm, yes."),
    _reasoning("reasoning_details", "OpenRouter", _details("Hmm, "), _details("yes."), plain=_details("Hmm, yes.")),
    _both(
        "reasoning-content-list",
        "The content is a list of parts, thoughts among them.",
        "Mistral",
        whole({"content": [*_thinking("Hmm, yes."), {"type": "text", "text": TEXT}]}),
        [
            hello(0)[0],
            part({"content": _thinking("Hmm, ")}),
            part({"content": _thinking("yes.")}),
            part({"content": [{"type": "text", "text": "Hello"}]}),
            say(", world"),
            STOP,
            USAGE_CHUNK,
        ],
        _REASONED,
    ),
    _both(
        "reasoning-null",
        "The fields for thoughts are there, and null or empty.",
        "vLLM, LiteLLM",
        whole({"content": TEXT, "reasoning_content": None, "reasoning": None}),
        [
            *(part({"content": text, "reasoning_content": None, "reasoning": None}) for text in ("Hel", "lo, world")),
            STOP,
        ],
        ok(),
    ),
    _both(
        "content-refusal",
        "The model refuses in `refusal`.",
        "OpenAI",
        whole({"content": None, "refusal": "I cannot."}),
        [part({"role": "assistant", "refusal": "I "}), part({"refusal": "cannot."}), STOP],
        Outcome(None, {"finish_reason": "stop", "raw.choices.0.message.refusal": "I cannot."}),
    ),
    _both(
        "content-logprobs",
        "Every chunk has log probabilities of its own.",
        "OpenAI",
        {
            **whole(),
            "choices": [
                {
                    **whole()["choices"][0],
                    "logprobs": {"content": [*_logprobs("Hello")["content"], *_logprobs(", world")["content"]]},
                }
            ],
        },
        [
            hello(0)[0],
            payload(choice({"content": "Hello"}, logprobs=_logprobs("Hello"))),
            payload(choice({"content": ", world"}, logprobs=_logprobs(", world"))),
            STOP,
        ],
        ok(
            raw__choices__0__logprobs__content__0__token="Hello",
            raw__choices__0__logprobs__content__1__token=", world",
        ),
        logprobs=True,
    ),
    _both(
        "content-audio",
        "The answer is sound: an id, then a transcript and data in pieces.",
        "OpenAI",
        whole({"content": None, "audio": {"id": "audio_1", "data": "AAAA", "transcript": "Hello", "expires_at": 9}}),
        [
            part({"role": "assistant", "audio": {"id": "audio_1", "transcript": "Hel"}}),
            part({"audio": {"transcript": "lo"}}),
            part({"audio": {"data": "AA"}}),
            part({"audio": {"data": "AA", "expires_at": 9}}),
            STOP,
        ],
        Outcome(
            None,
            {
                "raw.choices.0.message.audio.id": "audio_1",
                "raw.choices.0.message.audio.transcript": "Hello",
                "raw.choices.0.message.audio.data": "AAAA",
            },
        ),
    ),
    _both(
        "content-null",
        "Chunks whose content is null stand among the others; a plain answer says nothing.",
        "OpenAI, vLLM",
        whole({"content": None}),
        [part({"role": "assistant", "content": None}), part({"content": None}), part({"content": None}, "stop")],
        Outcome(None, {"content": None, "finish_reason": "stop"}),
    ),
    _both(
        "choices-three",
        "Three choices; in a stream their pieces alternate, and the third one starts.",
        "OpenAI with n=3",
        whole(choices=_THREE_CHOICES),
        _THREE,
        _THREE_OUT,
        n=3,
    ),
    _both(
        "choices-empty-first",
        "The first chunk has no choices, but the results of the prompt's filter.",
        "Azure OpenAI; pydantic-ai #164, langfuse #2833",
        whole(prompt_filter_results=_FILTER),
        [payload(prompt_filter_results=_FILTER, model=""), *hello(), STOP, USAGE_CHUNK],
        ok(raw__prompt_filter_results__0__prompt_index=0, usage__total_tokens=12),
    ),
    _both(
        "choices-null-chunk",
        "A chunk in mid-stream has `choices: null`, another one none.",
        "gateways",
        whole(),
        [*hello(2), payload() | {"choices": None}, {"id": "chatcmpl-sim", "usage": None}, *hello()[3:], STOP],
        ok(),
    ),
    _both(
        "choices-without-index",
        "Choices have no index.",
        "small servers, the Azure OpenAI simulator",
        whole(choices=[{"message": {"role": "assistant", "content": TEXT}, "finish_reason": "stop"}]),
        [payload({"delta": {"content": "Hello"}}), payload({"delta": {"content": ", world"}, "finish_reason": "stop"})],
        ok(),
    ),
    row(
        "azure-simulator",
        "Finish reason and index stand in the delta; the end is a bare line [DONE].",
        "the Azure OpenAI simulator",
        stream(_simulated("Hello"), _simulated(", world"), _simulated(None, "length"), b"[DONE]", done=False),
        stream=ok(finish="length"),
    ),
    _both(
        "fields-minimal",
        "There is nothing but choices: no id, object, created, model, usage, role.",
        "small servers",
        {"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]},
        [{"choices": [{"delta": {"content": TEXT}}]}, {"choices": [{"delta": {}, "finish_reason": "stop"}]}],
        ok(usage=None),
    ),
    _both(
        "fields-null",
        "Every optional field is there, and null.",
        "vLLM; typescript-sdk #101",
        whole(
            {"content": TEXT, "refusal": None, "annotations": None, "audio": None, "function_call": None},
            id=None,
            created=None,
            model=None,
            usage=None,
            service_tier=None,
            system_fingerprint=None,
            prompt_logprobs=None,
        ),
        [
            payload(choice({"role": None, "content": "Hello", "refusal": None}), id=None, created=None, model=None),
            payload(choice({"content": ", world", "audio": None}), usage=None, service_tier=None),
            payload(choice(None), id=None),
            payload(choice({}, "stop", logprobs=None, stop_reason=None, token_ids=None)),
        ],
        ok(usage=None),
    ),
    _both(
        "fields-unknown",
        "Fields that nobody knows, on every level, must be kept.",
        "Perplexity (`citations`), Groq (`x_groq`), LiteLLM (`provider_specific_fields`)",
        {
            **whole({"content": TEXT, "x_mood": "calm"}),
            "citations": ["https://example.com"],
            "x_groq": {"id": "req_1"},
        },
        [
            part({"role": "assistant", "content": "Hello", "x_mood": "calm"}, citations=["https://example.com"]),
            say(", world"),
            part({}, "stop", x_groq={"id": "req_1"}),
        ],
        ok(
            raw__choices__0__message__x_mood="calm",
            raw__citations=["https://example.com"],
            raw__x_groq={"id": "req_1"},
        ),
    ),
    _both(
        "role-empty",
        "The role is an empty text.",
        "opencode #28427",
        whole({"role": "", "content": TEXT}),
        [part({"role": "", "content": "Hello"}), part({"role": "", "content": ", world"}), STOP],
        ok(),
    ),
    row(
        "role-repeated",
        "Every chunk repeats the role.",
        "many servers",
        stream(*(part({"role": "assistant", "content": text}) for text in ("Hello", ", world")), STOP),
        stream=ok(raw__choices__0__message__role="assistant"),
    ),
    row(
        "stream-answered-whole",
        "A request for a stream is answered by one plain JSON object.",
        "gateways and small models that cannot stream",
        answer(200, whole()),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "stream-whole-in-one-chunk",
        "Role, content, finish reason and usage come in a single chunk.",
        "caches, mock servers",
        stream(part({"role": "assistant", "content": TEXT}, "stop", usage=USAGE)),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "stream-model-changes",
        "The first chunks name no model, later ones the real one.",
        "OpenRouter, Azure",
        stream(part({"content": TEXT}, model=""), part({}, "stop", model="real"), payload(model="real")),
        stream=ok(model="real"),
    ),
]
