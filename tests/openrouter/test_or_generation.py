"""What a generation was: waited for while it is not known yet, and no longer than was said."""

from __future__ import annotations

import pytest

from franca import errors
from franca.flow.openrouter.generation import generation, generation_content, generation_feedback
from franca.observe import Hooks
from franca.wire.openrouter.generation import Generation, GenerationContent

from .played import Stage

MISSING = ({"error": {"code": 404, "message": "Generation gen-1 not found"}}, 404)
FOUND = {"data": {"id": "gen-1", "model": "a/b", "total_cost": 0.25, "new_field": 1}}


def ask(stage, wait=10.0, **options):
    return generation(stage.session, "gen-1", wait, options)


def test_it_is_asked_for_until_it_is_known():
    """Each pause twice the one before, up to two seconds."""
    stage = Stage()
    found = stage.play(ask(stage), *[MISSING] * 5, FOUND)
    assert isinstance(found, Generation)
    assert (found.id, found.total_cost, found["new_field"], found.status) == ("gen-1", 0.25, 1, 200)
    assert stage.slept == [0.25, 0.5, 1.0, 2.0, 2.0]
    assert set(stage.urls) == {"generation?id=gen-1"}
    assert found.metrics.tries == 6


def test_the_wait_is_not_passed():
    """The last ask is at its very end; the error says how long it was."""
    stage = Stage()
    with pytest.raises(errors.NotFound, match=r"not found \(asked 5 times in 3.0 s\)"):
        stage.play(ask(stage, wait=3.0), *[MISSING] * 5)
    assert stage.slept == [0.25, 0.5, 1.0, 1.25]


def test_without_a_wait_it_is_asked_for_once():
    stage = Stage()
    with pytest.raises(errors.NotFound) as caught:
        stage.play(ask(stage, wait=0), MISSING)
    assert caught.value.message == "Generation gen-1 not found"
    assert stage.slept == []


def test_the_deadline_goes_before_the_wait():
    """A pause that would end behind it is not begun: "not found" says more than a time-out."""
    stage = Stage()
    with pytest.raises(errors.NotFound, match="asked 3 times"):
        stage.play(ask(stage, wait=60.0, deadline=1.5), *[MISSING] * 3)
    assert stage.slept == [0.25, 0.5]
    assert [request.until for request in stage.sent] == [1001.5] * 3


def test_the_server_may_say_when_to_come_back():
    stage = Stage()
    stage.play(ask(stage), (*MISSING, {"retry-after": "4"}), FOUND)
    assert stage.slept == [4.0]
    with pytest.raises(errors.NotFound):  # not within the wait: at once, rather than too early
        stage.play(ask(stage), (*MISSING, {"retry-after": "30"}))
    assert stage.slept == [4.0]


def test_other_errors_are_not_waited_out():
    stage = Stage()
    with pytest.raises(errors.Unauthorized):
        stage.play(ask(stage), MISSING, ({"error": {"message": "no"}}, 401))
    assert stage.slept == [0.25]


def test_lost_connections_are_tried_again_beside_it():
    stage = Stage()
    found = stage.play(ask(stage), MISSING, errors.ConnectFailed("refused"), FOUND)
    assert found.id == "gen-1"


@pytest.mark.parametrize("body", [{"data": None}, {"data": []}, {}, [], b"<html>"])
def test_a_200_without_the_generation_is_an_error(body):
    stage = Stage()
    with pytest.raises(errors.ProtocolError):
        stage.play(ask(stage), body)


@pytest.mark.parametrize(
    ("arguments", "options", "text"),
    [
        (("", 1.0), {}, "by its id, such as 'gen-...'; not ''"),
        ((None, 1.0), {}, "not None"),
        (("gen-1", -1), {}, "wait is a number of seconds from 0, not -1"),
        (("gen-1", None), {}, "wait is a number of seconds"),
        (("gen-1", True), {}, "wait is a number of seconds"),
        (("gen-1", float("nan")), {}, "wait is a number of seconds"),
        (("gen-1", 1.0), {"model": "x"}, "generation takes no model"),
    ],
)
def test_wrong_asks(arguments, options, text):
    stage = Stage()
    with pytest.raises(errors.BadUsage, match=text):
        stage.play(generation(stage.session, *arguments, options))
    assert stage.sent == []


def test_the_id_cannot_say_more_than_an_id():
    stage = Stage()
    stage.play(generation(stage.session, "gen&x=1#y", 0, {}), FOUND)
    assert stage.urls == ["generation?id=gen%26x%3D1%23y"]


def test_content():
    stage = Stage()
    body = {"data": {"input": {"messages": [{"role": "user"}]}, "output": {"completion": "Hi"}, "error": None}}
    found = stage.play(generation_content(stage.session, "gen-1", 1.0, {}), MISSING, body)
    assert isinstance(found, GenerationContent)
    assert (found.completion, found.messages) == ("Hi", [{"role": "user"}])
    assert stage.urls == ["generation/content?id=gen-1"] * 2


def test_feedback():
    stage = Stage()
    told = stage.play(
        generation_feedback(stage.session, "gen-1", "formatting", "all in one line", {}), {"data": {"success": True}}
    )
    assert told is True
    request = stage.sent[0]
    assert (request.method, stage.urls) == ("POST", ["generation/feedback"])
    assert request.body == b'{"generation_id":"gen-1","category":"formatting","comment":"all in one line"}'


@pytest.mark.parametrize("body", [{"data": {}}, {"data": None}, {"success": True}])
def test_feedback_that_is_not_confirmed_is_an_error(body):
    stage = Stage()
    with pytest.raises(errors.ProtocolError, match=r"data\.success"):
        stage.play(generation_feedback(stage.session, "gen-1", "other", None, {}), body)


@pytest.mark.parametrize("given", [("gen-1", ""), ("gen-1", None), ("", "other")])
def test_wrong_feedback(given):
    stage = Stage()
    with pytest.raises(errors.BadUsage):
        stage.play(generation_feedback(stage.session, *given, None, {}))


# ---- over sockets, with both clients --------------------------------------------------------------


def test_a_chat_and_its_generation(both, url):
    """The 404s just after the answer are waited out; a hook sees one call, with its waits."""
    heard = []
    hooks = Hooks(
        retry=lambda call, error, delay: heard.append((call.operation, type(error).__name__)),
        done=lambda call, answer, metrics: heard.append((call.operation, "done")),
        error=lambda call, error: heard.append((call.operation, "error")),
    )
    made = both(base_url=url, hooks=hooks)
    chat = made.call("chat", "Hello", model="author/echo")
    heard.clear()
    found = made.call("generation", chat.generation_id, headers={"x-sim-generation-after": "2"})
    assert (found.id, found.model) == (chat.generation_id, "author/echo")
    assert found.tokens_prompt == chat.usage.prompt_tokens
    assert heard == [("generation", "NotFound"), ("generation", "NotFound"), ("generation", "done")]


def test_an_unknown_generation_is_not_found(both, url):
    with pytest.raises(errors.NotFound, match="gen-unknown"):
        both(base_url=url).call("generation", "gen-unknown", wait=0.3)


def test_content_and_feedback_over_sockets(both, url):
    made = both(base_url=url)
    chat = made.call("chat", "Hello", model="author/echo")
    content = made.call("generation_content", chat.generation_id, wait=5.0)
    assert content.completion == chat.content
    assert made.call("generation_feedback", chat.generation_id, "incoherence", "It only repeats me.") is True
    with pytest.raises(errors.BadRequest):
        made.call("generation_feedback", chat.generation_id, "no-such-category")
