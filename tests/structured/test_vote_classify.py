"""Several candidates and their vote; labels of texts."""

from __future__ import annotations

from typing import Any

import pytest

import franca
from franca.simulator import Simulator

from .conftest import Make, Person, modes, refused, says, system, usage


def number(n: Any, **more: Any) -> Any:
    return says(f'{{"value":{n}}}', **more)


def test_the_value_that_most_agree_on(scripted: Make) -> None:
    """Of equally many the first; what each gave is told, and all of them are paid for."""
    one = scripted(number(1), number(2), number(2), number(3))
    found = one.call("structured", "?", int, candidates=4, mode="native")
    assert (found.value, found.votes) == (2, ((2, 2), (1, 1), (3, 1)))
    assert len(found.attempts) == 4
    assert found.usage.total_tokens == 40
    assert found.chat.content == '{"value":2}'
    one = scripted(number(1), number(2))
    assert one.call("structured", "?", int, candidates=2, mode="native").value == 1


def test_one_that_fails_has_no_vote(scripted: Make) -> None:
    """Another server error, a refusal, an answer that does not fit."""
    one = scripted(number('"x"'), refused("no", 400), number(5), number(5))
    found = one.call("structured", "?", int, candidates=4, mode="native", attempts=1)
    assert (found.value, found.votes) == (5, ((5, 2),))
    assert len(found.attempts) == 4


def test_when_all_fail_the_first_error_is_raised(scripted: Make) -> None:
    """With the attempts of all."""
    one = scripted(*[number('"x"')] * 3)
    with pytest.raises(franca.OutputInvalid) as caught:
        one.call("structured", "?", int, candidates=3, mode="native", attempts=1)
    assert len(caught.value.attempts) == 3


def test_what_would_fail_all_of_them_is_asked_once(scripted: Make) -> None:
    """A wrong key is wrong for each."""
    one = scripted(refused("no key", 401))
    with pytest.raises(franca.Unauthorized) as caught:
        one.call("structured", "?", int, candidates=5)
    assert len(caught.value.attempts) == one.transport.sent == 1


def test_what_the_first_learns_the_others_know(scripted: Make) -> None:
    """The modes are gone down once."""
    no = refused("json_schema is not supported")
    from .conftest import calls

    one = scripted(no, no, *[calls('{"value":1}', name="int")] * 3)
    found = one.call("structured", "?", int, candidates=3)
    assert modes(found) == ["strict", "native", "tool", "tool", "tool"]


def test_budgets_are_for_all_of_them_together(scripted: Make) -> None:
    """Who comes after the budget is used up is not asked at all."""
    dear = number(1, usage=usage(cost=1.0))
    one = scripted(*[dear] * 5)
    found = one.call("structured", "?", int, candidates=5, mode="native", budget=1.0)
    assert (found.value, found.votes, one.transport.sent) == (1, ((1, 1),), 1)
    one = scripted(*[number(1)] * 9)
    found = one.call("structured", "?", int, candidates=9, mode="native", token_budget=10)
    assert one.transport.sent == 1


def test_the_deadline_is_for_all_of_them_together(scripted: Make) -> None:
    """Those that come too late have no vote."""
    now = [0.0]

    def slow(request: Any) -> Any:
        now[0] += 6
        return number(1)

    one = scripted(slow)
    one.client._session.clock = lambda: now[0]
    found = one.call("structured", "?", int, candidates=5, mode="native", deadline=10)
    assert found.value == 1
    assert one.transport.sent < 5


def test_an_error_of_the_callers_own_is_raised_as_it_is(scripted: Make) -> None:
    """From the function that gives the key: neither a vote nor a group of errors."""
    asked: list[int] = []

    def key() -> str:
        asked.append(1)
        if len(asked) > 1:
            raise LookupError("no key here")
        return "k"

    with pytest.raises(LookupError, match="no key here"):
        scripted(*[number(1)] * 3, api_key=key).call("structured", "?", int, candidates=3, mode="native")


def test_numbers_too_large_for_anybody_are_compared_too(scripted: Make) -> None:
    """By their text."""
    found = scripted(*[number(10**30)] * 2).call("structured", "?", int, candidates=2, mode="native")
    assert found.votes[0][1] == 2


# ---- labels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["strict", "native", "tool", "json_object", "prompt", None])
def test_one_label(client: Make, mode: Any) -> None:
    """Out of texts, in every mode."""
    found = client().call("classify", 'It was lovely.\nanswer: "good"', ["good", "bad"], mode=mode)
    assert found.value == found.data == "good"


def test_several_labels(client: Make) -> None:
    """A list of all that fit; none twice."""
    labels = {"food": "about what is eaten", "price": "about money", "place": "about the room"}
    found = client().call("classify", 'Cheap soup.\nanswer: ["food","price"]', labels, several=True)
    assert found.value == ["food", "price"]
    with pytest.raises(franca.OutputInvalid):
        client().call("classify", 'Soup.\nanswer: ["food","food"]', labels, several=True, attempts=1)


def test_how_it_is_asked(scripted: Make) -> None:
    """What the labels mean is told; the caller's own system message stays first and alone."""
    one = scripted(says('{"value":"a"}'), says('"b"'))
    meant = {"a": "the first", "b": "the second"}
    one.call("classify", "x", meant, mode="native", name="kind")
    body = one.transport.bodies[0]
    assert "the label that fits best" in system(body)
    assert body["response_format"]["json_schema"]["name"] == "kind"
    assert "a: the first" in str(body["response_format"])
    talk = [{"role": "system", "content": "You work at a bank."}, {"role": "user", "content": "x"}]
    one.call("classify", talk, meant, mode="prompt")
    roles = [message["role"] for message in one.transport.bodies[1]["messages"]]
    told = system(one.transport.bodies[1])
    assert roles == ["system", "user"]
    assert told.startswith("You work at a bank.")
    assert talk == [{"role": "system", "content": "You work at a bank."}, {"role": "user", "content": "x"}]


@pytest.mark.parametrize("labels", ["good", ["one"], [], ["a", "a"], ["a", 1], 5, {"a": "x"}, [1, "1"]])
def test_labels_are_at_least_two_texts(scripted: Make, labels: Any) -> None:
    """Anything else is told before anything is sent."""
    with pytest.raises(franca.BadUsage, match="labels are"):
        scripted().call("classify", "x", labels)


def test_candidates_at_once(client: Make, sim: Simulator) -> None:
    """Over sockets, with the async client at the same time."""
    found = client().call("structured", 'Who?\nanswer: {"name":"Ada","age":36}', Person, candidates=4)
    assert [count for _, count in found.votes] == [4]
    assert found.value == Person("Ada", 36)
    assert len(found.attempts) == 4
