"""Healing through the whole client, against the simulator speaking the dialects that refuse fields."""

from __future__ import annotations

import asyncio

import pytest

import franca
from franca.io.fake import FakeTransport
from franca.simulator import Simulator

LEARNT = ["rename max_completion_tokens to max_tokens (refused)", "drop store (refused)"]
KNOWN = ["rename max_completion_tokens to max_tokens (remembered)", "drop store (remembered)"]


@pytest.fixture(scope="module")
def simulator():
    with Simulator() as server:
        yield server


def asked(simulator):
    """How many requests the simulator saw."""
    return len(simulator.requests)


def changes(chat):
    return [str(change) for change in chat.adapted]


def test_a_refused_field_is_healed_and_remembered(simulator):
    """The second call of the client goes right at once, streamed or not."""
    with franca.Client(simulator.dialect("mistral"), api_key="k", model="echo") as client:
        before = asked(simulator)
        first = client.chat("Hello", max_completion_tokens=20, store=False)
        assert (first.content, changes(first)) == ("Hello", LEARNT)
        assert asked(simulator) - before == 3
        second = client.chat("Hello", max_completion_tokens=20, store=False)
        assert (second.content, changes(second)) == ("Hello", KNOWN)
        assert asked(simulator) - before == 4
        for seen in (6, 7):  # `stream_options`, which nobody asked for, is refused once, and not told of
            third = client.chat_stream("Hello", max_completion_tokens=20, store=False).finish()
            assert (third.content, changes(third)) == ("Hello", KNOWN)
            assert asked(simulator) - before == seen


def test_a_stream_is_healed_before_its_head(simulator):
    with franca.Client(simulator.dialect("mistral"), api_key="k", model="echo") as client:
        with client.chat_stream("Hello", max_completion_tokens=20, store=False) as stream:
            text = "".join(event.content or "" for event in stream)
        assert (text, changes(stream.final)) == ("Hello", LEARNT)


def test_so_it_is_with_asyncio(simulator):
    async def main():
        async with franca.AsyncClient(simulator.dialect("mistral"), api_key="k", model="echo") as client:
            return [await client.chat("Hello", max_completion_tokens=20, store=False) for _ in range(2)]

    assert [changes(chat) for chat in asyncio.run(main())] == [LEARNT, KNOWN]


def test_healing_can_be_turned_off(simulator):
    with (
        franca.Client(simulator.dialect("mistral"), api_key="k", model="echo", heal=False) as client,
        pytest.raises(franca.BadRequest, match="max_completion_tokens"),
    ):
        client.chat("Hello", max_completion_tokens=20)


def test_a_file_keeps_it_for_the_next_client(simulator, tmp_path):
    for expected in (LEARNT, KNOWN):
        options = {"api_key": "k", "model": "echo", "heal_cache": tmp_path / "learnt.json"}
        with franca.Client(simulator.dialect("mistral"), **options) as client:
            assert changes(client.chat("Hello", max_completion_tokens=20, store=False)) == expected


def test_a_server_that_names_one_field_at_a_time():
    """Six refusals are six requests, once: else such a call would never come through."""
    fields = {"temperature": 0.5, "top_p": 0.9, "seed": 3, "user": "me", "store": True, "service_tier": "auto"}
    refusals = [
        FakeTransport.answer(
            {"error": {"message": f"Unrecognized request argument supplied: {name}", "param": name}}, status=400
        )
        for name in fields
    ]
    good = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
    transport = FakeTransport([*refusals, good, good])
    with franca.Client("http://strict/v1", model="m", transport=transport) as client:
        assert changes(client.chat("Hello", **fields)) == [f"drop {name} (refused)" for name in fields]
        client.chat("Hello", **fields)
    assert len(transport.requests) == len(fields) + 2


@pytest.mark.parametrize("option", [{"heal": "no"}, {"heal_cache": 5}])
def test_what_is_no_setting_of_healing(option):
    """It is said when the client is made, with the name of the option."""
    with pytest.raises(franca.BadUsage, match=f"{next(iter(option))} is"):
        franca.Client("http://localhost:1/v1", **option)


def test_what_is_not_on_the_list_is_refused_as_ever(simulator):
    """One request, and the server's own words."""
    with franca.Client(simulator.dialect("mistral"), api_key="k", model="echo") as client:
        before = asked(simulator)
        with pytest.raises(franca.BadRequest, match="made_up"):
            client.chat("Hello", extra={"made_up": 1})
        assert asked(simulator) - before == 1


def test_think_tags_are_told_apart_in_chats_and_streams(simulator):
    """The model `reason:think` leaves its reasoning in the content."""
    with franca.Client(simulator.url, model="reason:think") as client:
        chat = client.chat("Why?")
        assert chat.message.content.startswith("<think>")
        assert "think>" not in chat.content + chat.reasoning
        with client.chat_stream("Why?") as stream:
            events = list(stream)
        assert "".join(event.content or "" for event in events) == stream.final.content == chat.content
        assert "".join(event.reasoning or "" for event in events) == stream.final.reasoning == chat.reasoning
        again = client.chat(["Why?", chat.message, franca.user_message("And?")])
        assert again.content
