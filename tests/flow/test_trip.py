"""A call on its way: it ends once, and only who watches is told."""

from __future__ import annotations

import pytest

from franca import errors
from franca.flow.chat import open_chat
from franca.flow.options import Limits
from franca.flow.target import resolve
from franca.flow.trip import Trip
from franca.observe import Hooks, watching
from franca.retry import RetryPolicy
from franca.wire.told import Told

ONCE = Limits(policy=RetryPolicy(retries=0))


def test_without_watchers_nobody_is_told(make_session):
    """Nothing happens, and nothing breaks."""
    trip = Trip(make_session(), Limits(), "m")
    trip.sends(None, None)
    trip.done(None)
    assert trip.over


@pytest.mark.parametrize("first", ["done", "left", "failed"])
def test_a_call_ends_once(make_session, clock, first):
    """Whatever is told of its end afterwards, the hooks hear of the first only."""
    heard = []
    hooks = Hooks(
        done=lambda call, answer, metrics: heard.append("left" if call.left else "done"),
        error=lambda call, error: heard.append("failed"),
    )
    trip = Trip(make_session(watch=watching(hooks, clock=clock, wall=clock)), Limits(), "m")
    for end in (first, "done", "left", "failed"):
        getattr(trip, end)(errors.ConnectionLost("x") if end == "failed" else None)
    assert heard == [first]


def test_nobody_measured():
    assert Told().metrics is None


def test_the_idle_time_of_a_single_stream(make_session, play, answer):
    """A call's own `idle_timeout` goes before the client's."""
    reply = answer(headers={"content-type": "text/event-stream"})
    begun = play(open_chat(make_session(), "x", None, None, {"idle_timeout": 3}), reply)
    begun.state.take(b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n', 1000.0)
    assert next(begun.events).content == "Hi"
    assert begun.state.until(1000.0) == 1003.0


def test_an_empty_whole_answer_falls_back(make_session, play, answer):
    """A server that answers a stream with an empty JSON body has no reply to close; the next one is asked."""
    first = make_session("http://one/v1", limits=ONCE)
    first.fallbacks = (make_session("http://two/v1", limits=ONCE),)
    good = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
    begun = play(open_chat(first, "x", None, None, {}), answer(b""), answer(good))
    assert begun.state.final().content == "Hi"
    assert [one.error for one in begun.state.final().tried] == ["StreamBroken"]


def test_azures_whole_address_as_endpoint():
    """As the portal shows it, deployment and version in it."""
    address = "https://mine.openai.azure.com/openai/deployments/d?api-version=1"
    target = resolve("azure", {"endpoint": address})
    assert target.url("chat/completions") == (
        "https://mine.openai.azure.com/openai/deployments/d/chat/completions?api-version=1"
    )
