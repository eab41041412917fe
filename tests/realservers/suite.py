"""What every real server of the table is put to, through its row and both clients: `CommonSuite`.

A test module has a class that inherits from it, and a fixture `rig` that says what server it is and what it offers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

import franca
from franca.errors import FrancaError, StatusError
from franca.servers import SERVERS, Server

from .drivers import Both, Streamed
from .prompts import HELLO, WEATHER

FIXED: dict[str, Any] = {"temperature": 0, "seed": 7, "max_tokens": 24, "retries": 0}
WRONG_KEY = "sk-wrong-0123456789"


@dataclass
class Rig:
    """A running server, and what is true of it. None for an error: it takes the request."""

    row: str
    base_url: str
    key: str | None
    model: str
    options: dict[str, Any] = field(default_factory=dict)
    """Further options of the client, such as Azure's endpoint; then the row is used as it is, without base_url."""
    tools: tuple[str, str] | None = None
    """Base URL and model for calls of tools."""
    embeddings: tuple[str, str] | None = None
    """Base URL and model for embeddings."""
    listed: str | None = None
    """A model that is in the list."""
    wrong_key: type[StatusError] | None = None
    no_key: type[StatusError] | None = None
    unknown_model: type[StatusError] | None = None
    limited: tuple[str, dict[str, Any]] | None = None
    """A model that is at its limit, and parameters that bring it there."""
    retry_after: bool = False
    """Whether the refusal of a limit says when to come back."""
    refuses_min_p: bool = False
    """Whether `min_p` is refused, and so healed."""
    refuses_unknown: type[StatusError] | None = None
    """How a field that nobody knows is refused."""

    def server(self, base_url: str | None = None) -> Server:
        row = SERVERS[self.row]
        return row if self.options else row.at(base_url or self.base_url)


class Ask:
    """Runs a case through both clients of a rig."""

    def __init__(self, both: Both, rig: Rig) -> None:
        self.both = both
        self.rig = rig

    def __call__(self, case: Any, place: tuple[str, str] | None = None, **options: Any) -> Any:
        base_url, model = place or (self.rig.base_url, self.rig.model)
        given = {"api_key": self.rig.key, "model": model, **self.rig.options, **options}
        return self.both(self.rig.server(base_url), case, **given)


def raised(outcome: Any, kind: type[StatusError]) -> StatusError:
    """The outcome, which must be an error of this very class that names its server and has a message."""
    assert type(outcome) is kind, repr(outcome)
    assert outcome.message
    assert outcome.status
    return outcome


class CommonSuite:
    """The tests that are the same for every server."""

    @pytest.fixture
    def ask(self, both: Both, rig: Rig) -> Ask:
        return Ask(both, rig)

    def test_chat(self, ask: Ask, rig: Rig) -> None:
        """Text, a reason to stop, counts that add up; the error-free headers of the answer are there."""
        chat = ask(lambda client: client.chat("Say hello.", **FIXED))
        assert isinstance(chat, franca.Chat), repr(chat)
        assert chat.content.strip()
        assert chat.message.role == "assistant"
        assert chat.finish_reason in ("stop", "length")
        assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
        assert chat.status == 200
        assert chat.model
        assert not rig.key or rig.key not in repr(chat) + str(chat.headers)

    def test_stream(self, ask: Ask, rig: Rig) -> None:
        """The pieces are the whole; the usage comes with them."""
        streamed = ask(lambda client: client.stream(HELLO, **FIXED))
        assert isinstance(streamed, Streamed), repr(streamed)
        final = streamed.final
        assert "".join(event.content or "" for event in streamed.events) == final.content
        assert final.content.strip()
        assert final.finish_reason in ("stop", "length")
        assert len(streamed.events) > 2
        assert final.usage is None or final.usage.completion_tokens > 0

    def test_a_stream_and_a_chat_say_the_same(self, ask: Ask) -> None:
        """At temperature 0, up to white space at the ends, which some servers trim in one of the two."""
        chat = ask(lambda client: client.chat(HELLO, **FIXED))
        final = ask(lambda client: client.stream(HELLO, **FIXED)).final
        assert final.content.strip() == chat.content.strip()

    def test_a_stream_that_is_left(self, both: Both, rig: Rig) -> None:
        """The server is ready for the next request at once."""
        options = {"api_key": rig.key, "model": rig.model, **rig.options}
        with franca.Client(rig.server(), **options) as client:
            for _ in range(3):
                stream = client.chat_stream(HELLO, **{**FIXED, "max_tokens": 500})
                next(iter(stream))
                stream.close()
            assert client.chat(HELLO, **FIXED).content.strip()

    def test_tools(self, ask: Ask, rig: Rig) -> None:
        """A call of the offered tool, whole and streamed; its result goes back and words come."""
        if rig.tools is None:
            pytest.skip("this server calls no tools")
        asked = {**FIXED, "max_tokens": 500, "tools": [WEATHER]}
        chat = ask(lambda client: client.chat("Oslo?", **asked), rig.tools)
        final = ask(lambda client: client.stream("Oslo?", **asked), rig.tools).final
        for answer in (chat, final):
            assert answer.tool_calls, repr(answer)
            assert all(call.name == "get_weather" and call.id for call in answer.tool_calls)
            assert all(set(call.arguments_map()) == {"city", "days"} for call in answer.tool_calls)
            assert answer.finish_reason == "tool_calls"

        def with_result(client: Any) -> Any:
            results = [franca.tool_message(call, "sunny") for call in chat.tool_calls]
            return client.chat([{"role": "user", "content": "Oslo?"}, chat.message, *results], **FIXED, tools=[WEATHER])

        assert ask(with_result, rig.tools).content.strip()

    def test_the_loop_of_tools(self, ask: Ask, rig: Rig) -> None:
        """`run_tools` runs the function and comes back with words."""
        if rig.tools is None:
            pytest.skip("this server calls no tools")
        calls: list[tuple[str, int]] = []

        # Few values are allowed, so that a random model whose grammar is enforced comes to an end.
        def get_weather(city: Literal["Oslo", "Bergen"], days: Literal[1, 2]) -> str:
            """Weather for a city."""
            calls.append((city, days))
            return "sunny"

        asked = {**FIXED, "max_tokens": 500}
        chat = ask(lambda client: client.run_tools("Oslo?", [get_weather], **asked), rig.tools)
        assert chat.content.strip()
        assert chat.tool_calls == []
        assert len(calls) >= 2, "each client runs it"
        assert [message.role for message in chat.history][-2:] == ["tool", "assistant"]

    def test_embeddings(self, ask: Ask, rig: Rig) -> None:
        """Floats, base64 and the client's choice are the same numbers; where there are none it is an error."""
        if rig.embeddings is None:
            outcome = ask(lambda client: client.embeddings(["hello"]))
            assert isinstance(outcome, StatusError), repr(outcome)
            assert outcome.status in (400, 404, 405, 500, 501)
            return
        forms: list[dict[str, Any]] = [{"encoding_format": "float"}, {}, {"encoding_format": "base64"}]
        floats, *others = (
            ask(lambda client, form=form: client.embeddings(["hello", "world"], **form), rig.embeddings)
            for form in forms
        )
        assert len(floats.vectors) == 2
        for answer in others:
            for vector, reference in zip(answer.vectors, floats.vectors, strict=True):
                assert [float(x) for x in vector] == pytest.approx([float(x) for x in reference], abs=1e-5)

    def test_models(self, ask: Ask, rig: Rig) -> None:
        """The list, with the model that is served where the server lists it."""
        models = ask(lambda client: client.list_models())
        if rig.listed is None:
            assert isinstance(models, StatusError) or len(models) == 0
        else:
            assert rig.listed in models.ids

    @pytest.mark.parametrize("method", ["chat", "stream"])
    def test_auth_failure(self, ask: Ask, rig: Rig, method: str) -> None:
        """A wrong key is told as the server tells it, and the key is in no text of it."""
        outcome = ask(lambda client: getattr(client, method)(HELLO, **FIXED), api_key=WRONG_KEY)
        if rig.wrong_key is None:
            assert not isinstance(outcome, FrancaError), "this server asks for no key"
            return
        error = raised(outcome, rig.wrong_key)
        assert WRONG_KEY not in repr(error) + str(error.__dict__)
        assert not error.retryable

    def test_no_key(self, ask: Ask, rig: Rig) -> None:
        """Likewise where none is given at all."""
        outcome = ask(lambda client: client.chat(HELLO, **FIXED), api_key=None)
        if rig.no_key is None:
            assert not isinstance(outcome, FrancaError), repr(outcome)
        else:
            raised(outcome, rig.no_key)

    @pytest.mark.parametrize("method", ["chat", "stream"])
    def test_unknown_model(self, ask: Ask, rig: Rig, method: str) -> None:
        """NotFound, or what the server makes of it."""
        outcome = ask(lambda client: getattr(client, method)(HELLO, **FIXED, model="no-such-model"))
        if rig.unknown_model is None:
            assert not isinstance(outcome, FrancaError), repr(outcome)
        else:
            assert "no-such-model" in raised(outcome, rig.unknown_model).message

    def test_rate_limit(self, ask: Ask, rig: Rig) -> None:
        """RateLimited, with the time to wait where the server tells it."""
        if rig.limited is None:
            pytest.skip("this server has no rate limit")
        model, params = rig.limited
        outcome = ask(lambda client: client.chat(HELLO, **{**FIXED, **params}, model=model))
        error = raised(outcome, franca.RateLimited)
        assert error.retryable
        assert (error.retry_after is not None) is rig.retry_after

    def test_a_field_that_not_every_server_takes(self, ask: Ask, rig: Rig) -> None:
        """Taken, or refused and healed: then the answer says so."""
        chat = ask(lambda client: client.chat(HELLO, **FIXED, extra={"min_p": 0.01}))
        assert isinstance(chat, franca.Chat), repr(chat)
        healed = [(change.field, change.action) for change in chat.adapted if change.why in ("refused", "remembered")]
        assert healed == ([("min_p", "drop")] if rig.refuses_min_p else [])

    def test_a_field_that_no_server_knows(self, ask: Ask, rig: Rig) -> None:
        """Passed over or refused as the server likes: what means nothing to franca is never taken away."""
        outcome = ask(lambda client: client.chat(HELLO, **FIXED, extra={"no_such_field": 1}))
        if rig.refuses_unknown is None:
            assert isinstance(outcome, franca.Chat), repr(outcome)
        else:
            assert "no_such_field" in raised(outcome, rig.refuses_unknown).message
