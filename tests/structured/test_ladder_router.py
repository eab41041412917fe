"""OpenRouter: its live list decides which modes are tried, and its fields and answers are its own."""

from __future__ import annotations

import asyncio
import pickle
import warnings
from typing import Any

import pytest

import franca
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.openrouter.answers import AsyncOpenRouterChat, OpenRouterChat

from .conftest import ADA, ALL, ASKS, ASKS_ALL, Make, Person, calls, modes, says

GOOD = '{"name":"Ada","age":36}'
STRICT = '{"name":"Ada","age":36,"nick":null}'


def listed(*parameters: str) -> Any:
    rows = [{"id": "a/b", "supported_parameters": list(parameters)}, {"id": "a/c", "supported_parameters": ["tools"]}]
    return {"data": rows}


def made(kind: str, script: Any, **options: Any) -> Any:
    """(call, transport) of a client with a script."""
    if kind == "sync":
        blocking = FakeTransport(script)
        one = franca.OpenRouter("k", transport=blocking, **options)
        return lambda *args, **given: one.structured(*args, **given), blocking
    waiting = AsyncFakeTransport(script)
    other = franca.AsyncOpenRouter("k", transport=waiting, **options)
    return lambda *args, **given: asyncio.run(other.structured(*args, **given)), waiting


@pytest.mark.parametrize(
    ("parameters", "answer", "mode"),
    [
        (("structured_outputs", "response_format", "tools"), says(STRICT), "strict"),
        (("response_format", "tools"), calls(GOOD), "tool"),
        (("response_format",), says(GOOD), "json_object"),
        (("temperature",), says(GOOD), "prompt"),
    ],
)
def test_the_live_list_decides(kind: str, parameters: Any, answer: Any, mode: str) -> None:
    """Nothing is tried that the list says the model cannot; the list is asked for once."""
    call, transport = made(kind, [listed(*parameters), answer, answer])
    for _ in range(2):
        found = call("Who?", Person, model="a/b")
        assert (found.value, modes(found)) == (ADA, [mode])
    assert transport.sent == 3
    assert isinstance(found.chat, OpenRouterChat if kind == "sync" else AsyncOpenRouterChat)


def test_a_model_that_nobody_knows(kind: str) -> None:
    """The row of the table decides; and without a model the account's own answers."""
    call, transport = made(kind, [listed("tools"), says(STRICT), says(STRICT)])
    assert modes(call("Who?", Person, model="x/unknown")) == ["strict"]
    assert modes(call("Who?", Person)) == ["strict"]
    assert transport.sent == 3


def test_the_callers_word_goes_before_the_list(kind: str) -> None:
    """Nobody is asked what the model can do then."""
    call, transport = made(kind, [says(STRICT)])
    assert call("Who?", Person, model="a/c", mode="strict").mode == "strict"
    assert transport.sent == 1


def test_a_list_that_cannot_be_had_is_no_error(kind: str) -> None:
    """Older knowledge serves; and the list has no more time than the call."""
    call, transport = made(kind, [franca.ConnectFailed("no network"), says(STRICT)], retries=0)
    assert call("Who?", Person, model="x/unknown", deadline=5.0).mode == "strict"
    assert transport.requests[0].until is not None


def test_a_deadline_that_has_passed(kind: str) -> None:
    """Before the list is asked for."""
    call, transport = made(kind, [])
    with pytest.raises(franca.TimedOut):
        call("Who?", Person, model="a/b", deadline=1e-9)
    assert transport.sent == 0


def test_fields_of_its_own(kind: str) -> None:
    """Routing goes along, as fields and headers; flat keys of old are warned of, at the caller's own line."""
    call, transport = made(kind, [says(STRICT)])
    call("Who?", Person, mode="strict", provider={"order": ["x"]}, cache=True, models=["a/b"])
    body = transport.bodies[0]
    assert body["provider"]["order"] == ["x"]
    assert body["models"] == ["a/b"]
    assert dict(transport.requests[0].headers)["X-OpenRouter-Cache"] == "true"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call, _ = made(kind, [says(STRICT)])
        call("Who?", Person, mode="strict", extra={"provider_order": ["x"]})
    assert [one.category for one in caught if "provider_order" in str(one.message)] == [FutureWarning]


def test_the_schema_is_told_to_models_whose_server_may_not_show_it(kind: str) -> None:
    """Makers of whom it is known show it themselves."""
    for model, told in (("openai/gpt-5", False), ("meta-llama/llama-4", True)):
        call, transport = made(kind, [says(STRICT)])
        call("Who?", Person, model=model, mode="native")
        assert (transport.bodies[0]["messages"][0]["role"] == "system") is told


def test_over_sockets(router: Make) -> None:
    """All three methods at the simulated OpenRouter; what it cost is its own word."""
    one = router(model="author/structured")
    found = one.call("structured", ASKS, Person)
    assert (found.value, found.mode) == (ADA, "strict")
    assert found.cost.exact
    parts, found = one.stream(ASKS_ALL, list[Person])
    assert parts == found.value == ALL
    label = one.call("classify", 'Fine.\nanswer: "good"', ["good", "bad"])
    assert label.value == "good"
    loaded = pickle.loads(pickle.dumps(found))
    assert loaded.value == ALL
    assert loaded.chat == found.chat


def test_a_fallback_elsewhere(kind: str) -> None:
    """Another server is not asked what OpenRouter's list says, and is not sent OpenRouter's fields."""

    def answer(request: Any) -> Any:
        if request.url.endswith("/models?output_modalities=all"):
            return listed("structured_outputs")
        return (
            says(STRICT) if "//other" in request.url else FakeTransport.answer({"error": {"message": "x"}}, status=503)
        )

    options = {"fallbacks": [{"server": "http://other/v1", "model": "m"}], "retries": 0}
    call, transport = made(kind, answer, **options)
    found = call("Who?", Person, model="a/b", provider={"order": ["x"]})
    assert found.value == ADA
    assert found.chat.tried[0].server == "openrouter"
    assert "provider" not in transport.bodies[-1]
