"""Requests that a server does not take as they are: changed by its row, mended when refused, and refused without us.

Three clients ask the same thing of each dialect: one that knows the server's row, one that knows only the address
(what it is told it mends and remembers), and one that mends nothing: it shows that the dialect really refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

import franca
from franca.servers import SERVERS
from franca.simulator import Simulator
from franca.simulator.dialects import DIALECTS

from .callers import KINDS, Caller
from .test_mission import HELLO, WEATHER

STRICT = {"type": "function", "function": {**WEATHER["function"], "strict": True}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "city", "schema": WEATHER["function"]["parameters"]}}
NAMED = [{"role": "user", "name": "Ann", "content": "Hello, world"}]
DEVELOPER = [{"role": "developer", "content": "Be brief."}, *HELLO]
TWO_SYSTEMS = [{"role": "system", "content": "Be brief."}, {"role": "system", "content": "Be kind."}, *HELLO]
FORCED = {"type": "function", "function": {"name": "weather"}}
CALLED = [
    HELLO[0],
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "a1B2c3D4e", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "a1B2c3D4e", "content": "sunny"},
]
THOUGHT = [*HELLO, {"role": "assistant", "content": "Hi", "reasoning_content": "Hm."}, HELLO[0]]
VALUES: dict[str, Any] = {
    "store": True,
    "user": "ann",
    "logit_bias": {"5": 1},
    "logprobs": True,
    "top_logprobs": 1,
    "service_tier": "auto",
    "modalities": ["text"],
    "audio": {"voice": "alloy", "format": "wav"},
    "verbosity": "low",
    "web_search_options": {},
    "safety_identifier": "ann",
    "metadata": {"a": "b"},
    "seed": 7,
    "temperature": 1.9,
    "frequency_penalty": 0.5,
    "presence_penalty": 0.5,
    "parallel_tool_calls": False,
    "prediction": {"type": "content", "content": "a"},
    "prompt_cache_key": "a",
    "max_tokens": 64,
    "max_completion_tokens": 64,
}


class Case(NamedTuple):
    """One request, and the field that is changed about it."""

    row: str
    about: str
    fields: dict[str, Any]
    changed: str
    stream: bool = False


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator() as simulator:
        yield simulator


def _ask(caller: Caller, case: Case, default_model: str) -> franca.Chat:
    fields = {"model": default_model, **case.fields}
    messages = fields.pop("messages", HELLO)
    chat: franca.Chat = (caller.stream if case.stream else caller.chat)(messages, **fields)
    return chat


# ---- by the row -----------------------------------------------------------------------------------


def _top(row: str) -> Iterator[Case]:
    quirks = SERVERS[row].quirks
    for field in (*quirks.drops, *(field for field, _ in quirks.renames)):
        beside = {"tools": [WEATHER]} if field == "parallel_tool_calls" else {}
        beside |= {"logprobs": True} if field == "top_logprobs" else {}
        yield Case(row, field, {field: VALUES[field], **beside}, field)
    for field, _, highest in quirks.clamps:
        yield Case(row, f"{field} clamped", {field: highest + 0.9}, field)
    if quirks.token_field:
        other = "max_tokens" if quirks.token_field == "max_completion_tokens" else "max_completion_tokens"
        yield Case(row, other, {other: 64}, other)
    if not quirks.stream_options:
        yield Case(row, "stream_options", {"stream_options": {"include_usage": True}}, "stream_options", stream=True)
    for field in quirks.tool_drops:
        assert field == "strict"
        yield Case(row, "strict tools", {"tools": [STRICT]}, "tools[].function.strict")
    for word, _ in quirks.tool_choices:
        yield Case(row, f"tool_choice {word}", {"tools": [WEATHER], "tool_choice": word}, "tool_choice")
    if not quirks.named_tool_choice:
        yield Case(row, "a named tool", {"tools": [WEATHER], "tool_choice": FORCED}, "tool_choice")


def _deep(row: str) -> Iterator[Case]:
    quirks = SERVERS[row].quirks
    known = quirks.message_fields
    if (known and "name" not in known) or (quirks.name_roles is not None and "user" not in quirks.name_roles):
        yield Case(row, "a name", {"messages": NAMED}, "messages[].name")
    if "name" in quirks.message_drops:
        yield Case(row, "a name", {"messages": NAMED}, "messages[].name")
    if "developer" in dict(quirks.roles):
        yield Case(row, "the developer role", {"messages": DEVELOPER}, "messages[].role")
    if quirks.single_system:
        yield Case(row, "two system messages", {"messages": TWO_SYSTEMS}, "messages")
    if quirks.flat_content:
        parts = [{"type": "text", "text": "Hello, "}, {"type": "text", "text": "world"}]
        yield Case(row, "parts of text", {"messages": [{"role": "user", "content": parts}]}, "messages")
    for level, settings in quirks.effort:
        if settings != (("reasoning_effort", level),):
            yield Case(row, f"effort {level}", {"reasoning_effort": level}, "reasoning_effort")
    if quirks.reasoning_echo == "never":
        yield Case(row, "foreign thoughts", {"messages": THOUGHT}, "messages[].reasoning_content")
    yield Case(row, "a budget", {"reasoning_budget": 2048}, "reasoning_budget")


BY_ROW = [
    case
    for row in sorted(SERVERS)
    for case in (*_top(row), *_deep(row))
    if row != "perplexity" or "tools" not in case.fields
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", BY_ROW, ids=lambda case: f"{case.row}-{case.about}")
def test_the_row_changes_it(sim: Simulator, case: Case, kind: str) -> None:
    """The request is taken at the first try, as the server wants it; the answer tells what was changed, and why."""
    before = sim.requests.total
    with Caller(kind, SERVERS[case.row].at(sim.dialect(case.row)), api_key="k", heal=False) as caller:
        chat = _ask(caller, case, DIALECTS[case.row].named("echo"))
    assert sim.requests.total == before + 1
    told = [change for change in chat.adapted if change.field.startswith(case.changed)]
    assert told, f"nothing tells of {case.changed}: {chat.adapted}"
    assert {change.why for change in told} == {"table"}
    given = case.fields.get(case.changed)
    if given is not None and {change.action for change in told} & {"drop", "rename"}:
        assert sim.requests[-1].body.get(case.changed) != given


@pytest.mark.parametrize("row", sorted(SERVERS))
def test_a_plain_request_stays_as_it_is(sim: Simulator, row: str) -> None:
    """Nothing is changed about what every server takes, and nothing is told."""
    with Caller("sync", SERVERS[row].at(sim.dialect(row)), api_key="k") as caller:
        chat = caller.chat(HELLO, model=DIALECTS[row].named("echo"), temperature=0.5)
    assert chat.adapted == ()
    assert sim.requests[-1].body["messages"] == HELLO


def test_there_is_enough_to_change() -> None:
    """The cases come from the table: an empty one would test nothing."""
    assert len(BY_ROW) > 100
    assert {case.row for case in BY_ROW} == SERVERS.keys()


# ---- by what the server refuses ------------------------------------------------------------------------


class Refusal(NamedTuple):
    """A request that the dialect refuses, in what words; and what cures it: the "row", to "heal", both or neither."""

    case: Case
    words: str
    cures: frozenset[str]
    status: int = 400
    path: str | None = None


def _refusal(
    row: str,
    about: str,
    words: str,
    cures: str,
    changed: str = "",
    status: int = 400,
    path: str | None = None,
    stream: bool = False,
    **fields: Any,
) -> Refusal:
    return Refusal(Case(row, about, fields, changed or about, stream), words, frozenset(cures.split()), status, path)


_OLD_AZURE = "/openai/deployments/echo?api-version=2024-06-01"
_EXTRA = {"status": 422, "words": "Extra inputs are not permitted"}
REFUSALS = [
    _refusal(
        "openai", "max_tokens", "Use 'max_completion_tokens' instead", "row heal", model="gpt-5-mini", max_tokens=64
    ),
    _refusal("openai", "temperature", "Only the default (1)", "row heal", model="gpt-5-mini", temperature=0.5),
    _refusal("openai", "top_p", "Unsupported parameter: 'top_p'", "row heal", model="o4-mini", top_p=0.5),
    _refusal("openai", "stop", "Unsupported parameter: 'stop'", "", model="o4-mini", stop=["x"]),
    _refusal("github", "max_tokens", "max_completion_tokens", "row heal", model="openai/o4-mini", max_tokens=64),
    _refusal(
        "azure",
        "stream_options",
        "Unknown parameter: 'stream_options'",
        "heal",
        path=_OLD_AZURE,
        stream=True,
        stream_options={"include_usage": True},
    ),
    _refusal("groq", "messages[].name", "property 'name' is unsupported", "row heal", messages=NAMED),
    _refusal("groq", "store", "property 'store' is unsupported", "row heal", store=True),
    _refusal("groq", "n", "'n' : number must be at most 1", "", n=2),
    _refusal("groq", "response_format", "cannot be combined", "", tools=[WEATHER], response_format=SCHEMA),
    _refusal("mistral", "max_completion_tokens", cures="row heal", max_completion_tokens=64, **_EXTRA),
    _refusal("mistral", "store", cures="row heal", store=True, **_EXTRA),
    _refusal("mistral", "messages[].name", cures="row heal", messages=NAMED, **_EXTRA),
    _refusal(
        "mistral", "stream_options", cures="row heal", stream=True, stream_options={"include_usage": True}, **_EXTRA
    ),
    _refusal("mistral", "messages[].role", "Input tag 'developer'", "row heal", status=422, messages=DEVELOPER),
    _refusal("mistral", "messages[].reasoning_content", cures="row heal", messages=THOUGHT, **_EXTRA),
    _refusal(
        "deepseek",
        "response_format",
        "response_format type is unavailable",
        "heal",
        response_format=SCHEMA,
        messages=[{"role": "user", "content": "Which city? Answer with JSON."}],
    ),
    _refusal("deepseek", "response_format", "response_format type is unavailable", "", response_format=SCHEMA),
    _refusal("deepseek", "messages[].role", "unknown variant `developer`", "row heal", messages=DEVELOPER),
    _refusal("deepseek", "messages[].reasoning_content", "must be passed back", "row", messages=CALLED),
    _refusal(
        "moonshot",
        "messages[].reasoning_content",
        "reasoning_content is missing in assistant tool call message",
        "row",
        messages=CALLED,
    ),
    _refusal("gemini", "store", 'Unknown name "store"', "heal", store=True),
    _refusal("gemini", "messages", "missing a thought_signature", "", messages=CALLED),
    _refusal("anthropic", "n", "n: Input should be 1", "", n=2),
    _refusal("vllm", "messages", "System message must be at the beginning", "row heal", messages=TWO_SYSTEMS),
    _refusal("fireworks", "tools[].function.strict", "tools[0].function.strict", "row heal", tools=[STRICT]),
    _refusal("fireworks", "response_format", "at the same time", "", tools=[WEATHER], response_format=SCHEMA),
    _refusal("xai", "presence_penalty", "presencePenalty", "heal", model="grok-4", presence_penalty=0.5),
    _refusal("cerebras", "messages[].reasoning_content", "is unsupported", "row heal", messages=THOUGHT),
    _refusal(
        "databricks",
        "stream_options",
        "Extra inputs are not permitted",
        "heal",
        model="databricks-claude",
        stream=True,
        stream_options={"include_usage": True},
    ),
    _refusal("transformers", "top_k", "Unexpected fields in the request", "heal", status=422, extra={"top_k": 5}),
    _refusal(
        "lmstudio", "response_format", "must be 'json_schema' or 'text'", "", response_format={"type": "json_object"}
    ),
    _refusal("lmstudio", "tool_choice", "Invalid tool_choice type", "row", tools=[WEATHER], tool_choice=FORCED),
    _refusal("perplexity", "messages", "should alternate", "", messages=[*HELLO, *HELLO]),
]


def _cured_by(what: str) -> pytest.MarkDecorator:
    """Those that this cures; "" for those that nothing does."""
    chosen = [one for one in REFUSALS if (what in one.cures if what else not one.cures)]
    return pytest.mark.parametrize("refusal", chosen, ids=[f"{one.case.row}-{one.case.changed}" for one in chosen])


def _model(case: Case) -> str:
    return DIALECTS[case.row].named("echo")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda one: f"{one.case.row}-{one.case.changed}")
def test_who_mends_nothing_is_refused(sim: Simulator, refusal: Refusal, kind: str) -> None:
    """So that what the other tests show is the row's and the healing's own work."""
    case = refusal.case
    caller = Caller(kind, sim.dialect(case.row, refusal.path), api_key="k", heal=False)
    with caller, pytest.raises(franca.BadRequest) as caught:
        _ask(caller, case, _model(case))
    assert caught.value.status == refusal.status
    assert refusal.words in caught.value.message


@pytest.mark.parametrize("kind", KINDS)
@_cured_by("row")
def test_who_knows_the_row_is_not(sim: Simulator, refusal: Refusal, kind: str) -> None:
    """One request, which is taken; the answer tells what was changed."""
    case = refusal.case
    before = sim.requests.total
    with Caller(kind, SERVERS[case.row].at(sim.dialect(case.row)), api_key="k", heal=False) as caller:
        chat = _ask(caller, case, _model(case))
    assert sim.requests.total == before + 1
    assert [change for change in chat.adapted if change.field.startswith(case.changed)]


@pytest.mark.parametrize("kind", KINDS)
@_cured_by("heal")
def test_who_mends_is_refused_once(sim: Simulator, refusal: Refusal, kind: str) -> None:
    """The second request is taken; from then on every one is right at once, and each answer tells what was changed."""
    case = refusal.case
    address = sim.dialect(case.row, refusal.path)
    with Caller(kind, address, api_key="k") as caller:
        before = sim.requests.total
        first = _ask(caller, case, _model(case))
        assert sim.requests.total == before + 2
        again = _ask(caller, case, _model(case))
        assert sim.requests.total == before + 3
    for chat, why in ((first, "refused"), (again, "remembered")):
        told = [change for change in chat.adapted if change.field.startswith(case.changed)]
        assert told, f"nothing tells of {case.changed}: {chat.adapted}"
        assert told[0].why == why
    assert (first.content or "") == (again.content or "")


@pytest.mark.parametrize("kind", KINDS)
@_cured_by("")
def test_what_would_be_another_request_is_not_mended(sim: Simulator, refusal: Refusal, kind: str) -> None:
    """The server's own words come through, even from a client that mends; by the row it may be told beforehand."""
    case = refusal.case
    with (
        Caller(kind, sim.dialect(case.row, refusal.path), api_key="k") as caller,
        pytest.raises(franca.BadRequest) as caught,
    ):
        _ask(caller, case, _model(case))
    assert refusal.words in caught.value.message
    row = SERVERS[case.row].at(sim.dialect(case.row))
    with Caller(kind, row, api_key="k") as caller, pytest.raises((franca.BadRequest, franca.BadUsage)):
        _ask(caller, case, _model(case))
