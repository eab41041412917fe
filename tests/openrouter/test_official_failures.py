"""What goes wrong with OpenRouter's own Python package does not go wrong here; and where it is installed, it is shown
to go wrong there: slow answers paid several times, 429s not retried, answers refused for a missing field, fields lost.
"""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

import franca
from franca import errors
from franca.observe import Hooks
from franca.openrouter.errors import choice_errors, provider_failure
from franca.simulator import Simulator
from franca.simulator.scenarios.blocks import answer, by_call, choice, payload, row, stream

from .official import OfficialCall, needs_official

KEY = "sk-or-v1-test-key"
CITATION = {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A", "content": "a"}}
DETAIL = {"type": "reasoning.text", "text": "Hm.", "signature": None, "format": "anthropic-claude-v1", "index": 0}
USAGE = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "total_tokens": 12,
    "cost": 0.00014,
    "cost_details": {"upstream_inference_cost": None},
    "is_byok": False,
}
SAID = {"content": "Hello", "reasoning": "Hm.", "reasoning_details": [DETAIL], "annotations": [CITATION]}
TOP = {"id": "gen-1", "created": 1_790_000_000, "model": "author/model", "provider": "Acme", "system_fingerprint": None}
END = {"finish_reason": "stop", "native_finish_reason": "end_turn"}
WHOLE = {
    **TOP,
    "object": "chat.completion",
    "choices": [{"index": 0, **END, "message": {"role": "assistant", **SAID}}],
    "usage": USAGE,
}
CHUNKS = [
    payload(choice({"role": "assistant", **SAID}), **TOP),
    payload({"index": 0, "delta": {}, **END}, **TOP),
    payload(usage=USAGE, **TOP),
]
LOST = {"code": 502, "message": "Lost", "metadata": {"error_type": "provider_unavailable"}}
FAILED = {**WHOLE, "choices": [{**WHOLE["choices"][0], "finish_reason": "error", "error": LOST}]}
LEAN = {key: value for key, value in WHOLE.items() if key != "system_fingerprint"}


def _answered(ask):
    return stream(*CHUNKS) if ask.call == "stream" else answer(200, WHOLE)


def _after(seconds):
    def play(ask):
        yield seconds
        yield _answered(ask)

    return play


def _limited_once(ask):
    # 200 a minute: with 20 the client would take its time over the second request, three seconds of it.
    headers = [("retry-after", "0.3"), ("x-ratelimit-limit", "200"), ("x-ratelimit-remaining", "0")]
    refusal = {"error": {"code": 429, "message": "Rate limit exceeded"}}
    return _answered(ask) if ask.attempt else answer(429, refusal, headers)


SCENARIOS = {
    one.name: one
    for one in (
        row("rich", "Everything that OpenRouter sends.", "x", _answered, every=True),
        row("slow", "The answer takes 8 seconds.", "x", _after(8.0), every=True),
        row("slower", "The answer takes longer than a connection may.", "x", _after(0.5), every=True),
        row("limited", "429 once.", "x", _limited_once, every=True, attempts=2),
        row("failed", "An error in the choice.", "x", by_call(chat=answer(200, FAILED)), every=True),
        row("lean", "A field that others send is not there.", "x", answer(200, LEAN), every=True),
    )
}


@pytest.fixture(scope="module")
def played():
    with Simulator(scenarios=SCENARIOS) as simulator:
        yield simulator


@pytest.fixture
def fresh():
    """One whose requests nobody else makes."""
    with Simulator(scenarios=SCENARIOS) as simulator:
        yield simulator


# ---- a slow answer arrives, and is paid once --------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_only_its_own_limit_ends_a_slow_answer(both, fresh, streamed):
    """Half a second is longer than a connection may take here, and no reason to ask twice."""
    router = both(base_url=fresh.base("slower"), connect_timeout=0.2)
    if streamed:
        _, chat = router.collect("chat_stream", "Hello", model="author/model")
    else:
        chat = router.call("chat", "Hello", model="author/model")
    assert chat.content == "Hello"
    assert len(fresh.requests) == 1


def test_an_answer_that_is_too_slow_is_not_bought_again(both, fresh):
    """It may still be coming, and billed: the caller decides whether to ask once more."""
    router = both(base_url=fresh.base("slower"), timeout=0.2)
    with pytest.raises(errors.TimedOut):
        router.call("chat", "Hello", model="author/model")
    assert len(fresh.requests) == 1


def test_eight_seconds_with_default_settings():
    """The answer arrives by every way of asking, and each was asked for once. (The official package gives up after
    five seconds and asks, and pays, again: the next test but one.)"""
    got = {}

    def ask(base):
        with franca.OpenRouter(KEY, base_url=base) as client:
            got["sync"] = client.chat("Hello", model="author/model")

    async def ask_twice(whole, streamed):
        async with (
            franca.AsyncOpenRouter(KEY, base_url=whole) as client,
            franca.AsyncOpenRouter(KEY, base_url=streamed) as other,
        ):

            async def stream_it():
                async with other.chat_stream("Hello", model="author/model") as events:
                    async for _ in events:
                        pass
                return events.final

            got["async"], got["stream"] = await asyncio.gather(client.chat("Hello", model="author/model"), stream_it())

    simulators = [Simulator(scenarios=SCENARIOS).start() for _ in range(3)]
    try:
        bases = [simulator.base("slow") for simulator in simulators]
        began = time.monotonic()
        thread = threading.Thread(target=ask, args=(bases[0],))
        thread.start()
        asyncio.run(ask_twice(*bases[1:]))
        thread.join()
        assert time.monotonic() - began >= 8
        assert {name: chat.content for name, chat in got.items()} == dict.fromkeys(("sync", "async", "stream"), "Hello")
        assert [len(simulator.requests) for simulator in simulators] == [1, 1, 1]
    finally:
        for simulator in simulators:
            simulator.stop()


@needs_official
def test_the_official_package_asks_again_for_a_slow_answer(fresh):
    call = OfficialCall(fresh.base("slow"))
    try:
        fresh.wait_for(lambda: len(fresh.requests) >= 2, timeout=40)
        assert fresh.requests[0].ended == "left"
    finally:
        call.end()


# ---- what the answer says is kept -------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_everything_is_kept(both, played, streamed):
    router = both(base_url=played.base("rich"))
    if streamed:
        _, chat = router.collect("chat_stream", "Hello", model="author/model")
    else:
        chat = router.call("chat", "Hello", model="author/model")
    assert (chat.provider, chat.native_finish_reason, chat.finish_reason) == ("Acme", "end_turn", "stop")
    assert chat.choices[0].native_finish_reason == "end_turn"
    assert [one.to_dict() for one in chat.annotations] == [CITATION]
    assert [one.to_dict() for one in chat.reasoning_details] == [DETAIL]
    assert chat.usage.cost == 0.00014
    assert chat.to_dict()["choices"][0]["message"]["annotations"] == [CITATION]


@needs_official
def test_the_official_package_loses_them(played):
    told = OfficialCall(played.base("rich")).result()
    assert told["error"] is None
    text = str(told["answer"])
    assert "Acme" not in text
    assert "end_turn" not in text
    assert "url_citation" not in text


def test_an_error_in_a_choice_is_an_error(both, played):
    """With what had come, whose it was, and which choice."""
    with pytest.raises(errors.ModelDown) as raised:
        both(base_url=played.base("failed"), retries=0).call("chat", "Hello", model="author/model")
    error = raised.value
    assert (error.status, error.message, error.partial.content) == (502, "Lost", "Hello")
    assert [one.metadata["index"] for one in choice_errors(error)] == [0]
    assert provider_failure(error).provider_name == "Acme"


@needs_official
def test_the_official_package_calls_it_an_answer(played):
    told = OfficialCall(played.base("failed")).result()
    assert told["error"] is None
    assert "Lost" not in str(told["answer"])


def test_a_missing_field_spoils_nothing(both, played):
    assert both(base_url=played.base("lean")).call("chat", "Hello", model="author/model").content == "Hello"


@needs_official
def test_the_official_package_refuses_what_was_paid_for(played):
    assert OfficialCall(played.base("lean")).result()["error"] == "ResponseValidationError"


# ---- what is asked for goes through -----------------------------------------------------------------


def test_extra_fields_go_through(both, fresh):
    """Fields of OpenRouter's that its package does not know, by name; what nobody knows yet by `extra`."""
    router = both(base_url=fresh.base("rich"))
    router.call(
        "chat", "Hello", model="author/model", verbosity="low", preset="mine", n=2, extra={"invented_tomorrow": [1]}
    )
    body = fresh.requests[0].body
    assert (body["verbosity"], body["preset"], body["n"], body["invented_tomorrow"]) == ("low", "mine", 2, [1])


@needs_official
@pytest.mark.parametrize("given", [{"verbosity": "low"}, {"preset": "mine"}, {"n": 2}, {"extra_body": {}}], ids=str)
def test_the_official_package_takes_no_other_field(played, given):
    assert OfficialCall(played.base("rich"), **given).result()["error"] == "TypeError"


# ---- a 429 is waited out ----------------------------------------------------------------------------


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "stream"])
def test_a_429_is_retried_after_its_retry_after(both, fresh, streamed):
    """With default settings; no sooner than it says."""
    waits = []
    hooks = Hooks(retry=lambda call, error, delay: waits.append((type(error), error.retry_after, delay)))
    router = both(base_url=fresh.base("limited"), hooks=[hooks])
    began = time.monotonic()
    if streamed:
        _, chat = router.collect("chat_stream", "Hello", model="author/model")
    else:
        chat = router.call("chat", "Hello", model="author/model")
    assert time.monotonic() - began >= 0.3
    assert chat.content == "Hello"
    assert len(fresh.requests) == 2
    [(cls, told, waited)] = waits
    assert (cls, told) == (errors.RateLimited, 0.3)
    assert waited >= 0.3


@needs_official
def test_the_official_package_raises_a_429_at_once(fresh):
    assert OfficialCall(fresh.base("limited")).result()["error"] == "TooManyRequestsResponseError"
    assert len(fresh.requests) == 1
