"""The common suite: every row of the table through both clients, at the simulator in that server's dialect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import franca
from franca.servers import SERVERS
from franca.simulator import Simulator
from franca.simulator.dialects import DIALECTS, Dialect

from .callers import KINDS, Caller

KEY = "sk-the-right-key"
NO_LIST = {"perplexity"}
"""Servers that do not list the models of their chat completions."""
_PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER, TIME = (
    {"type": "function", "function": {"name": name, "description": "It tells.", "parameters": _PARAMETERS}}
    for name in ("weather", "time")
)
HELLO = [{"role": "user", "content": "Hello, world"}]

ROWS = pytest.mark.parametrize("row", sorted(SERVERS))
Make = Callable[..., Caller]


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(api_key=KEY, dimensions=8) as simulator:
        yield simulator


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, sim: Simulator) -> Iterator[Make]:
    """A function that makes a caller for a row, at the simulator in its dialect."""
    made: list[Caller] = []

    def one(row: str, **options: Any) -> Caller:
        given = {"api_key": KEY, **options}
        made.append(Caller(request.param, SERVERS[row].at(sim.dialect(row)), **given))
        return made[-1]

    yield one
    for caller in made:
        caller.__exit__()


def model(row: str, name: str) -> str:
    """A model of the simulator in that server's style."""
    return DIALECTS[row].named(name)


def shown(chat: franca.Chat) -> dict[str, Any]:
    """What an answer says, however it came."""
    return {
        "content": chat.content or "",
        "finish": chat.finish_reason,
        "reasoning": chat.reasoning or "",
        "calls": [(call.id, call.name, call.arguments) for call in chat.tool_calls],
    }


def test_every_row_has_a_dialect() -> None:
    """And every dialect is a row's, at the path that the row has."""
    assert SERVERS.keys() == DIALECTS.keys()
    for name, row in SERVERS.items():
        path = row.base_url.partition("://")[2].partition("/")[2]
        if row.base_url:
            assert DIALECTS[name].base == (f"/{path}" if path else "")


@ROWS
def test_chat(make: Make, row: str) -> None:
    """The text, a finish reason that means the end, and the server's usage."""
    chat = make(row).chat(HELLO, model=model(row, "echo"), temperature=0.5)
    assert chat.content == "Hello, world"
    assert chat.finish_reason in ("stop", "eos", "eos_token")
    assert chat.usage is not None
    assert (chat.usage.total_tokens or 0) > 0


@ROWS
def test_a_stream_says_the_same(make: Make, row: str) -> None:
    """Text, thoughts and finish reason as in the whole answer; and the same usage."""
    caller = make(row)
    whole = caller.chat(HELLO, model=model(row, "echo"))
    streamed = caller.stream(HELLO, model=model(row, "echo"))
    assert shown(streamed) == shown(whole)
    assert streamed.usage is not None
    assert streamed.usage.total_tokens == whole.usage.total_tokens
    assert streamed.usage.completion_tokens == whole.usage.completion_tokens


@ROWS
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_tools(make: Make, row: str, streamed: bool) -> None:
    """Two calls with whole arguments and ids of their own; their results go back, and the answer comes."""
    caller = make(row)
    call = caller.stream if streamed else caller.chat
    asked = [{"role": "user", "content": "Weather and time in Oslo?"}]
    if not DIALECTS[row].calls_tools:
        with pytest.raises(franca.BadRequest, match="Tool"):
            call(asked, model=model(row, "tools"), tools=[WEATHER, TIME])
        return
    chat = call(asked, model=model(row, "tools"), tools=[WEATHER, TIME])
    assert [one.name for one in chat.tool_calls] == ["weather", "time"]
    assert all(isinstance(json.loads(one.arguments)["city"], str) for one in chat.tool_calls)
    ids = [one.id for one in chat.tool_calls]
    assert all(ids)
    assert len(set(ids)) == 2
    results = [{"role": "tool", "tool_call_id": id_, "content": f"{at} said"} for at, id_ in enumerate(ids)]
    second = call([*asked, chat.message, *results], model=model(row, "tools"), tools=[WEATHER, TIME])
    assert second.content == "The tools say: 0 said; 1 said"
    assert not second.tool_calls


@ROWS
def test_a_stream_calls_the_same_tools(make: Make, row: str) -> None:
    """Ids, names and arguments, however the server streams them."""
    if DIALECTS[row].calls_tools:
        caller = make(row)
        fields: dict[str, Any] = {"model": model(row, "tools"), "tools": [WEATHER, TIME]}
        assert shown(caller.stream(HELLO, **fields)) == shown(caller.chat(HELLO, **fields))


@ROWS
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_reasoning_and_a_second_turn(make: Make, sim: Simulator, row: str, streamed: bool) -> None:
    """Thoughts are read from where the server puts them, and go back as its row says; the next turn is taken."""
    caller = make(row)
    call = caller.stream if streamed else caller.chat
    chat = call(HELLO, model=model(row, "reason"))
    assert chat.content == "Hello, world"
    hidden = DIALECTS[row].speech.reasoning == "hidden"
    assert bool(chat.reasoning) is not hidden
    second = call([*HELLO, chat.message, {"role": "user", "content": "And now?"}], model=model(row, "reason"))
    assert second.content == "And now?"
    quirks = SERVERS[row].quirks
    sent = sim.requests[-1].body["messages"][1]
    if not hidden and quirks.reasoning_echo == "always":
        assert sent[quirks.reasoning_field] == chat.reasoning
    if quirks.reasoning_echo == "never":
        assert not {"reasoning", "reasoning_content", "reasoning_details"} & sent.keys()


@ROWS
def test_embeddings(make: Make, row: str) -> None:
    """Vectors where they are offered, in the order of the texts; else the path is not there."""
    caller = make(row)
    if not DIALECTS[row].embeds:
        with pytest.raises(franca.NotFound):
            caller.embeddings(["one", "two"], model="embed")
        return
    got = caller.embeddings(["one", "two"], model=model(row, "embed"))
    again = caller.embeddings(["one", "two"], model=model(row, "embed"), encoding_format="float")
    assert len(got) == 2
    for ours, plain in zip(got.vectors, again.vectors, strict=True):
        assert list(ours) == pytest.approx(list(plain), abs=1e-6)
        assert len(ours) == 8


@ROWS
def test_models(make: Make, row: str) -> None:
    """The list, in whatever shape and wherever it lies; names can be used as they are."""
    caller = make(row)
    if row in NO_LIST:
        with pytest.raises(franca.BadUsage, match="there is no list of the models") as caught:
            caller.list_models()
        assert caught.value.code == "no_model_list"
        return
    names = [one.id for one in caller.list_models()]
    assert model(row, "echo") in names
    assert caller.chat(HELLO, model=names[0]).content == "Hello, world"


@ROWS
def test_a_wrong_key(make: Make, row: str) -> None:
    """Is Unauthorized, also where the server calls it a 400 or 403; a server that takes none takes any."""
    dialect = DIALECTS[row]
    caller = make(row, api_key="sk-the-wrong-key")
    if dialect.auth == "none":
        assert caller.chat(HELLO, model=model(row, "echo")).content == "Hello, world"
        return
    asks = [
        lambda: caller.chat(HELLO, model=model(row, "echo")),
        lambda: caller.stream(HELLO, model=model(row, "echo")),
    ]
    if row not in NO_LIST:
        asks.append(lambda: caller.list_models())
    for ask in asks:
        with pytest.raises(franca.Unauthorized) as caught:
            ask()
        assert caught.value.status == dialect.wrong_key.status
        assert caught.value.message
        assert not caught.value.retryable
        assert "sk-the-wrong-key" not in repr(caught.value) + str(caught.value.body)


MISSION = ["openai", "at", "ollama", "vllm", "litellm", "together", "groq", "github", "azure", "openrouter"]


def test_the_mission_says_what_is_wrong() -> None:
    """Of the ten servers that matter most, a wrong key is a 401, and a limit says when to come back."""
    for name in MISSION:
        dialect = DIALECTS[name]
        assert dialect.auth == "none" or dialect.wrong_key.status == 401
        assert "retry-after" in dict(dialect.over)


@ROWS
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_an_unknown_model(make: Make, row: str, streamed: bool) -> None:
    """Is NotFound, also where the server calls it a 400; a server with one model answers with that."""
    caller = make(row)
    call = caller.stream if streamed else caller.chat
    unknown = DIALECTS[row].unknown
    if unknown is None:
        assert call(HELLO, model="no-such-model").content == "Hello, world"
        return
    with pytest.raises(franca.NotFound) as caught:
        call(HELLO, model="no-such-model")
    assert caught.value.status == unknown.status
    assert caught.value.model == "no-such-model"
    if row != "nvidia":  # which has a page that is not found
        assert "odel" in caught.value.message or "endpoint" in caught.value.message or "deploy" in caught.value.message


def _after(dialect: Dialect) -> float | None:
    told = dict(dialect.over).get("retry-after")
    return 7.0 if told == "7" or dialect.name == "gemini" else None


@ROWS
@pytest.mark.parametrize("streamed", [False, True], ids=["plain", "streamed"])
def test_a_rate_limit(make: Make, row: str, streamed: bool) -> None:
    """Is an error that may go away, with the time to come back at, where the server tells it."""
    caller = make(row)
    with pytest.raises(franca.RateLimited) as caught:
        (caller.stream if streamed else caller.chat)(HELLO, model=model(row, "limited"))
    assert caught.value.status == 429
    assert caught.value.retryable
    assert caught.value.message
    assert caught.value.retry_after == _after(DIALECTS[row])


def test_azure_by_its_deployments(sim: Simulator) -> None:
    """An endpoint, a deployment and an api-version make the address; a key goes by `api-key`, a token as bearer."""
    place: dict[str, Any] = {"endpoint": sim.dialect("azure", ""), "deployment": "echo", "api_version": "2024-10-21"}
    for kind in KINDS:
        with Caller(kind, "azure", api_key=KEY, **place) as caller:
            assert caller.chat(HELLO).content == "Hello, world"
            assert sim.requests[-1].path.endswith("/openai/deployments/echo/chat/completions?api-version=2024-10-21")
            assert "echo" in [one.id for one in caller.list_models()]
            assert caller.stream(HELLO).content == "Hello, world"
        with Caller(kind, "azure", token="eyJ" + KEY, **place) as caller:
            assert caller.chat(HELLO).content == "Hello, world"
        with Caller(kind, "azure", token=KEY, **place) as caller, pytest.raises(franca.Unauthorized):
            caller.chat(HELLO)  # a key is no token
        elsewhere = {**place, "deployment": "nope"}
        with Caller(kind, "azure", api_key=KEY, **elsewhere) as caller, pytest.raises(franca.NotFound):
            caller.chat(HELLO)


def test_github_by_its_organisations(sim: Simulator) -> None:
    """The organisation is in the path; the catalogue stays where it is."""
    row = SERVERS["github"]
    placed = row.at(sim.dialect("github", "/orgs/acme/inference"))._replace(models="../../../catalog/models")
    for kind in KINDS:
        with Caller(kind, placed, api_key=KEY) as caller:
            assert caller.chat(HELLO, model="publisher/echo").content == "Hello, world"
            assert "/orgs/acme/inference/" in sim.requests[-1].path
            assert "publisher/echo" in [one.id for one in caller.list_models()]
