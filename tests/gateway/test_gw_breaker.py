"""The breaker of a server: single cases, and random sequences of events against what must always hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from franca.gateway.config.shape import RoutingTable
from franca.gateway.routing.breaker import Breaker

TABLE = RoutingTable(failures=3, window=60.0, rest=10.0, longest_rest=40.0)


def failing(breaker: Breaker, now: float, times: int = 1) -> None:
    """So many requests that fail."""
    for _ in range(times):
        breaker.began(now)
        breaker.failed(now)


def opened(now: float = 100.0) -> Breaker:
    """A breaker that has just opened."""
    breaker = Breaker(TABLE)
    failing(breaker, now, 3)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    """The third failure in a row opens it, for ten seconds."""
    breaker = Breaker(TABLE)
    failing(breaker, 100.0, 2)
    assert breaker.allows(100.0)
    failing(breaker, 101.0)
    assert not breaker.allows(101.0)
    assert breaker.state(101.0) == "open"
    assert breaker.reopens_in(101.0) == 10.0
    assert not breaker.allows(110.9)
    assert breaker.allows(111.0)
    assert breaker.state(111.0) == "half-open"
    assert breaker.reopens_in(111.0) == 0.0


def test_a_success_between_failures_counts() -> None:
    """Failures that are neither in a row nor half of the requests do not open it."""
    breaker = Breaker(TABLE)
    for now in range(100, 140):
        for _ in range(3):
            breaker.began(now)
            breaker.succeeded(now)
        failing(breaker, now, 2)
        assert breaker.allows(now)


def test_it_opens_when_half_of_the_requests_fail() -> None:
    """Failures that alternate with successes open it too; without the last success it was half."""
    breaker = Breaker(TABLE)
    for now in (100.0, 110.0):
        breaker.succeeded(now)
        failing(breaker, now)
        assert breaker.allows(now)
    breaker.succeeded(120.0)
    failing(breaker, 120.0)
    assert not breaker.allows(120.0)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """Failures over a minute apart do not add up."""
    breaker = Breaker(TABLE)
    for now in range(0, 3000, 61):
        breaker.succeeded(now)
        failing(breaker, now)
        assert breaker.allows(now)


def test_one_try_at_a_time() -> None:
    """After the rest one request may go; the next one only when it has ended or was given up."""
    breaker = opened()
    breaker.began(110.0)
    assert not breaker.allows(110.0)
    assert breaker.reopens_in(110.0) == 10.0
    breaker.gave_up()
    assert breaker.allows(110.0)
    breaker.began(111.0)
    breaker.succeeded(112.0)
    assert breaker.state(112.0) == "closed"
    assert breaker.allows(112.0)


def test_a_try_that_is_never_heard_of_again_holds_nothing_up() -> None:
    """When nobody tells how a try ended, another is allowed after a rest."""
    breaker = opened()
    breaker.began(110.0)
    assert not breaker.allows(119.9)
    assert breaker.allows(120.0)


def test_rests_double_up_to_the_longest() -> None:
    """Each failed try doubles the rest; a success makes it short again."""
    breaker = opened(0.0)
    now = 0.0
    for rest in (10.0, 20.0, 40.0, 40.0):
        assert breaker.reopens_in(now) == rest
        now += rest
        failing(breaker, now)
    now += 40.0
    breaker.began(now)
    breaker.succeeded(now)
    failing(breaker, now, 3)
    assert breaker.reopens_in(now) == 10.0


def test_the_servers_own_word() -> None:
    """A server that says for how long to leave it alone is left alone at once, no longer than the longest rest."""
    breaker = Breaker(TABLE)
    breaker.failed(100.0, 25.0)
    assert breaker.reopens_in(100.0) == 25.0
    breaker.failed(101.0, 39.0)
    assert breaker.reopens_in(101.0) == 39.0
    breaker.failed(102.0, 1.0)
    assert breaker.reopens_in(102.0) == 38.0
    longest = Breaker(TABLE)
    longest.failed(100.0, 9000.0)
    assert longest.reopens_in(100.0) == 40.0
    short = Breaker(TABLE)
    short.failed(100.0, 0.5)
    assert short.reopens_in(100.0) == 10.0


def test_late_news_of_requests_from_before() -> None:
    """While it rests, requests that began before neither close it nor make the rest longer."""
    breaker = opened()
    breaker.succeeded(101.0)
    breaker.failed(102.0)
    assert breaker.reopens_in(102.0) == 8.0


def test_waking() -> None:
    """A server that was seen to be there is tried at once, and closed only by a success."""
    breaker = opened()
    breaker.woke(101.0)
    assert breaker.state(101.0) == "half-open"
    failing(breaker, 101.0)
    assert breaker.reopens_in(101.0) == 20.0
    closed = Breaker(TABLE)
    closed.woke(5.0)
    assert closed.state(5.0) == "closed"


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["try", "succeeded", "failed", "told", "gave_up", "woke"]),
        st.floats(0.0, 50.0),
        st.floats(0.0, 100.0),
    ),
    max_size=60,
)


@settings(max_examples=400, deadline=None)
@given(EVENTS, st.integers(1, 5), st.floats(0.0, 30.0), st.floats(0.0, 90.0), st.floats(0.1, 100.0))
def test_what_always_holds(events: list[Any], failures: int, rest: float, longest: float, window: float) -> None:
    """Whatever happens: the three answers agree with each other, no rest is longer than the longest, while it is closed
    fewer failures in a row were seen than it takes, and while a try is under way no other is allowed."""
    table = RoutingTable(failures=failures, window=window, rest=rest, longest_rest=longest)
    breaker = Breaker(table)
    bound = max(rest, longest)
    now = 1000.0
    in_a_row = 0
    for what, after, told in events:
        now += after
        state = breaker.state(now)
        if what == "try":
            allowed = breaker.allows(now)
            breaker.began(now)
            if allowed and state == "half-open" and breaker.reopens_in(now) > 0:
                assert not breaker.allows(now)
        elif what == "succeeded":
            breaker.succeeded(now)
            assert (breaker.state(now) == "closed") == (state != "open")
            in_a_row = 0 if state != "open" else in_a_row
        elif what in ("failed", "told"):
            breaker.failed(now, told if what == "told" else None)
            in_a_row += 1
            if what == "told":
                assert breaker.state(now) != "closed"
        elif what == "gave_up":
            breaker.gave_up()
            assert breaker.allows(now) == (breaker.state(now) != "open")
        else:
            breaker.woke(now)
            assert breaker.state(now) != "open"
        state = breaker.state(now)
        wait = breaker.reopens_in(now)
        assert 0.0 <= wait <= bound + 1e-6
        assert breaker.allows(now) == (wait == 0.0)
        assert state != "closed" or wait == 0.0
        if state == "closed":
            assert in_a_row < failures
        else:
            assert breaker.allows(now + bound + 1e-6)
