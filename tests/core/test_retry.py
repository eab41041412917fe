"""The retry policy, without a clock."""

from __future__ import annotations

import pytest

from franca import errors
from franca.retry import RetryBudget, RetryPolicy, hint, retry_after, wait_before_retry
from franca.wire.headers import Headers

POLICY = RetryPolicy(retries=4, base=0.5, cap=8.0)
FAULT = errors.ServerFault("x", retryable=True)


def wait(error=FAULT, tries=0, policy=POLICY, budget=None, **more):
    return wait_before_retry(policy, budget or RetryBudget(), error, tries, **{"chance": 0.5, **more})


def test_back_off_doubles_up_to_the_cap_with_full_jitter():
    assert [wait(tries=n, chance=0.999, policy=RetryPolicy(retries=9)) for n in range(6)] == pytest.approx(
        [0.999 * seconds for seconds in (0.5, 1, 2, 4, 8, 8)]
    )
    assert wait(chance=0.0) == 0.0
    assert wait(tries=10**6, policy=RetryPolicy(retries=10**7)) == 4.0


def test_no_more_tries_than_asked():
    assert wait(tries=3) is not None
    assert wait(tries=4) is None
    assert wait(policy=RetryPolicy(retries=0)) is None


def test_final_errors_are_final():
    assert wait(errors.BadRequest("x")) is None
    assert wait(errors.OutOfCredits("x", status=429)) is None
    assert wait(errors.TimedOut("x", phase="answer")) is None
    assert wait(errors.ConnectionLost("x", began=True)) is None
    assert wait(errors.ConnectionLost("x")) is not None


def test_the_servers_word_is_obeyed_with_a_little_spread():
    told = errors.RateLimited("x", retry_after=2.0, retryable=True)
    assert wait(told, chance=0.0) == 2.0
    assert 2.0 < wait(told, chance=0.99) <= 2.2
    assert wait(errors.RateLimited("x", retry_after=0.0, retryable=True)) == 0.0


def test_a_wait_too_long_to_sit_out_is_final():
    assert wait(errors.RateLimited("x", retry_after=61, retryable=True)) is None
    assert wait(errors.RateLimited("x", retry_after=61, retryable=True), policy=RetryPolicy(longest_wait=100)) > 61


def test_a_wait_beyond_the_deadline_is_final():
    assert wait(remaining=0.25) is None
    assert wait(remaining=0.26) == 0.25


def test_the_budget_stops_a_storm_and_success_refills_it():
    budget = RetryBudget(capacity=2.0, refill=0.5)
    assert wait(budget=budget) is not None
    assert wait(budget=budget) is not None
    assert wait(budget=budget) is None
    budget.earn()
    assert wait(budget=budget) is None
    budget.earn()
    assert wait(budget=budget) is not None
    for _ in range(100):
        budget.earn()
    assert budget.tokens == 2.0


NOW = 1_795_215_000.0  # Fri, 20 Nov 2026 22:50:00 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 0.25 "}, 0.25),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9.0),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Fri, 20 Nov 2026 22:50:30 GMT"}, 30.0),
        ({"retry-after": "Fri, 20 Nov 2026 22:49:30 GMT"}, 0.0),
        ({"retry-after": "Fri, 20 Nov 2026 22:50:30 GMT", "date": "Fri, 20 Nov 2026 22:50:20 GMT"}, 10.0),
        ({"retry-after": "Fri, 20 Nov 2026 22:50:30 GMT", "date": "yesterday"}, 30.0),
        ({"retry-after": "Fri, 99 Nov 2026 22:50:30 GMT"}, None),
    ],
)
def test_retry_after_in_every_form(headers, seconds):
    assert retry_after(Headers(headers.items()), NOW) == seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(12, 12.0), ("12", 12.0), ("12.5s", 12.5), (True, None), (None, None), ([], None), (-1, None), (10**400, None)],
)
def test_hints_in_bodies(value, seconds):
    assert hint(value) == seconds
