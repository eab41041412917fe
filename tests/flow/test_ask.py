"""From what is asked to what is sent: mending a refusal comes before waiting, and an error tells what was changed."""

from __future__ import annotations

from collections import OrderedDict

import pytest

from franca import errors
from franca.flow.chat import chat, open_completion
from franca.flow.options import Limits
from franca.heal import MOST, Remedy
from franca.prices import Price, PriceTable
from franca.retry import RetryPolicy
from franca.servers import Quirks, server_named
from franca.wire.headers import Headers

GOOD = {"model": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]}


def refusal(field, kind="unsupported parameter"):
    return {"error": {"message": f"{kind}: '{field}' is not supported", "param": field}}


def test_a_500_that_names_a_field_is_mended_without_waiting(make_session, play, answer):
    """llama.cpp answers 500 to what a template refuses: to send the same again is no help, and costs no retry."""
    session = make_session()
    made = play(chat(session, "x", None, None, {"user": "u"}), answer(refusal("user"), status=500), answer(GOOD))
    assert play.slept == []
    assert session.budget.tokens == 100
    assert [str(change) for change in made.adapted] == ["drop user (refused)"]
    assert made.metrics.tries == 2


def test_a_500_that_names_what_was_mended_already_is_a_fault(make_session, play, answer):
    """The field is gone, so the words mean something else: it is tried again by the policy, with its waits."""
    session = make_session(limits=Limits(policy=RetryPolicy(retries=1)))
    with pytest.raises(errors.ServerFault) as caught:
        play(
            chat(session, "x", None, None, {"max_tokens": 5}),
            answer(refusal("max_tokens"), status=500),
            answer(refusal("max_completion_tokens"), status=500),
            answer(refusal("max_completion_tokens"), status=500),
        )
    assert play.slept == [0.25]
    assert [change.field for change in caught.value.adapted] == ["max_tokens"]


def test_without_healing_a_500_is_a_fault(make_session, play, answer):
    session = make_session(heals=False)
    made = play(chat(session, "x", None, None, {"user": "u"}), answer(refusal("user"), status=500), answer(GOOD))
    assert (play.slept, made.adapted) == ([0.25], ())


@pytest.mark.parametrize("failure", [errors.ConnectionLost("gone", began=True), None], ids=["lost", "refused"])
def test_every_error_tells_what_was_changed(make_session, play, answer, failure):
    """Also of a connection, and without healing: the row renamed a field, and who reads the error should know."""
    session = make_session(server_named("openai"), key="sk-0123456789", heals=False)
    with pytest.raises(errors.FrancaError) as caught:
        play(chat(session, "x", "gpt-5", None, {"max_tokens": 5}), failure or answer(refusal("seed"), status=400))
    assert [str(change) for change in caught.value.adapted] == ["rename max_tokens to max_completion_tokens (table)"]


@pytest.mark.parametrize("extra", [[("a", 1)], "abc", 5, ["stream"]])
def test_extra_is_a_dict(make_session, play, extra):
    with pytest.raises(errors.BadUsage, match="extra is a dict"):
        play(chat(make_session(), "x", None, extra, {}))


def test_a_message_of_a_kind_of_dict_is_adapted_as_any(make_session, play, answer):
    """An OrderedDict is a message, so what the row says about messages holds for it as well."""
    session = make_session(server_named("groq"), key="sk-0123456789")
    message = OrderedDict(role="assistant", content="x", annotations=[], reasoning_details=[{"text": "t"}])
    plain = play(chat(session, [dict(message), "y"], None, None, {}), answer(GOOD)).adapted
    first = play.sent[0].body
    made = play(chat(session, [message, "y"], None, None, {}), answer(GOOD))
    assert (made.adapted, play.sent[0].body) == (plain, first)
    assert plain


@pytest.mark.parametrize("learnt", [False, True], ids=["table", "remembered"])
def test_a_number_that_is_none_is_refused_and_not_clamped(make_session, play, answer, learnt):
    """NaN is below no highest value: it is the caller's mistake, not a wish that can be met nearly."""
    row = server_named("openai")._replace(quirks=Quirks(clamps=(("temperature", 0.0, 1.0),)))
    session = make_session("http://one/v1") if learnt else make_session(row, key="sk-0123456789")
    if learnt:
        session.learn("m", [Remedy("clamp", "temperature", 1.0)])
    with pytest.raises(errors.BadUsage, match="nan is no JSON number"):
        play(chat(session, "x", None, None, {"temperature": float("nan")}))
    made = play(chat(session, "x", None, None, {"temperature": 1.5}), answer(GOOD))
    assert made.adapted[0].detail == "from 1.5 to 1.0"


@pytest.mark.parametrize(
    ("given", "choices"),
    [({}, 1), ({"n": 3}, 3), ({"n": True}, 1), ({"n": 0}, 1)],
    ids=["none", "three", "odd", "zero"],
)
@pytest.mark.parametrize(("prompt", "prompts"), [("a", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1], [2]], 2), ([], 1)])
def test_how_many_choices_a_stream_has(make_session, play, given, choices, prompt, prompts):
    """`n` for each prompt; a list of numbers is one prompt."""
    begun = play(open_completion(make_session(), prompt, None, None, given), Silent())
    assert begun.state._wanted == choices * prompts


class Silent:
    status = 200
    headers = Headers([("content-type", "text/event-stream")])


def test_a_server_that_refuses_one_field_after_another_is_believed_so_often(make_session, play, answer):
    """Then its refusal is the answer, with all that was changed; and nothing is remembered, as nothing helped."""
    given = dict.fromkeys(("frequency_penalty", "presence_penalty", "top_p"), 0.5)
    given |= dict.fromkeys(("user", "service_tier", "verbosity", "prompt_cache_key", "safety_identifier"), "u")
    given |= {"seed": 1, "store": False}
    fields = list(given)[: MOST + 1]
    session = make_session()
    with pytest.raises(errors.BadRequest, match=fields[-1]) as caught:
        play(chat(session, "x", None, None, given), *(answer(refusal(field), status=400) for field in fields))
    assert [change.field for change in caught.value.adapted] == fields[:-1]
    assert session.memory is None


def test_a_price_makes_a_cost_of_an_answer(make_session, play, answer):
    session = make_session(prices=PriceTable({"x": Price(1.0, 2.0)}))
    told = {**GOOD, "usage": {"prompt_tokens": 1_000_000, "completion_tokens": 500_000, "total_tokens": 1_500_000}}
    assert play(chat(session, "x", None, None, {}), answer(told)).cost == 2.0
