"""Limits: what headers tell, what a bucket lets through, and who goes when. With a clock that the test sets."""

from __future__ import annotations

import gc
import random
import threading

import pytest

from franca import errors
from franca.limits import Limiter, RateLimits, Ticket, Waiter
from franca.limits.told import Reading, read_limits, read_reset

WALL = 1_790_000_000.0

# (what it is from, headers, label -> (kind, limit, remaining, reset, window)); November 2026.
CASES = [
    (
        "OpenAI (platform.openai.com, guide to rate limits)",
        {
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-limit-tokens": "150000",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-remaining-tokens": "149984",
            "x-ratelimit-reset-requests": "1s",
            "x-ratelimit-reset-tokens": "6m0s",
        },
        {"requests": ("requests", 60, 59, 1, None), "tokens": ("tokens", 150000, 149984, 360, None)},
    ),
    (
        "OpenAI's smaller units (community.openai.com 1268905)",
        {"x-ratelimit-reset-requests": "12ms", "x-ratelimit-limit-tokens_usage_based": "160000"},
        {"requests": ("requests", None, None, 0.012, None)},
    ),
    (
        "Groq (console.groq.com/docs/rate-limits)",
        {
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-remaining-requests": "14370",
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-limit-tokens": "18000",
            "x-ratelimit-remaining-tokens": "17997",
            "x-ratelimit-reset-tokens": "7.66s",
        },
        {"requests": ("requests", 14400, 14370, 179.56, None), "tokens": ("tokens", 18000, 17997, 7.66, None)},
    ),
    (
        "Mistral (mistralai/client-ts issue 169)",
        {
            "x-ratelimit-limit-tokens-minute": "5000000",
            "x-ratelimit-remaining-tokens-minute": "4999911",
            "x-ratelimit-tokens-query-cost": "52",
            "x-ratelimit-limit-req-minute": "720",
            "x-ratelimit-remaining-req-minute": "717",
        },
        {
            "tokens-minute": ("tokens", 5000000, 4999911, None, 60),
            "requests-minute": ("requests", 720, 717, None, 60),
        },
    ),
    (
        "Mistral before 2026",
        {"ratelimitbysize-limit": "500000", "ratelimitbysize-remaining": "499978", "ratelimitbysize-reset": "36"},
        {"tokens": ("tokens", 500000, 499978, 36, None)},
    ),
    (
        "Azure when it does not know (openai-dotnet issue 838)",
        {
            "x-ratelimit-limit-tokens": "-1",
            "x-ratelimit-remaining-tokens": "-1",
            "x-ratelimit-reset-tokens": "0",
            "x-ratelimit-remaining-requests": "79",
        },
        {"tokens": ("tokens", None, None, 0, None), "requests": ("requests", None, 79, None, None)},
    ),
    (
        "Anthropic (docs.claude.com/en/api/rate-limits)",
        {
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-requests-reset": "2026-09-21T14:13:30Z",
            "anthropic-ratelimit-input-tokens-limit": "30000",
            "anthropic-ratelimit-output-tokens-limit": "8000",
        },
        {"requests": ("requests", 50, 49, 10, None), "tokens-input": ("tokens", 30000, None, None, None)},
    ),
    (
        "OpenRouter, in the error object",
        {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000030000"},
        {"requests": ("requests", 20, 0, 30, None)},
    ),
    (
        "GitHub Models, with a 429",
        {"x-ratelimit-timeremaining": "25"},
        {"requests": ("requests", None, None, 25, None)},
    ),
    (
        "Unix seconds, against the answer's own date",
        {"x-ratelimit-reset": "1790000065", "x-ratelimit-limit": "10", "date": "Mon, 21 Sep 2026 14:13:25 GMT"},
        {"requests": ("requests", 10, None, 60, None)},
    ),
    (
        "an HTTP date, and one without a zone",
        {"x-ratelimit-reset": "Mon, 21 Sep 2026 14:13:30 GMT", "x-tokenlimit-reset": "2026-09-21T14:13:21"},
        {"requests": ("requests", None, None, 10, None), "tokens": ("tokens", None, None, 1, None)},
    ),
    (
        "Cerebras (inference-docs.cerebras.ai/support/rate-limits)",
        {"x-ratelimit-limit-requests-day": "1000000000", "x-ratelimit-reset-tokens-minute": "11.382867"},
        {
            "requests-day": ("requests", 1e9, None, None, 86400),
            "tokens-minute": ("tokens", None, None, 11.382867, 60),
        },
    ),
    (
        "IETF draft 3, with windows",
        {"RateLimit-Limit": "100, 100;window=60", "RateLimit-Remaining": "98", "RateLimit-Reset": "3"},
        {"requests": ("requests", 100, 98, 3, None)},
    ),
    (
        "IETF draft 7",
        {"RateLimit": "limit=100, remaining=50, reset=5", "RateLimit-Policy": "100;w=60"},
        {"requests": ("requests", 100, 50, 5, 60)},
    ),
    (
        "IETF drafts 8 to 10",
        {"RateLimit": '"minute";r=50;t=30', "RateLimit-Policy": '"minute";q=100;w=60,"tokens";q=5000;qu="tokens";w=60'},
        {"requests:minute": ("requests", 100, 50, 30, 60), "tokens:tokens": ("tokens", 5000, None, None, 60)},
    ),
    (
        "what cannot be read",
        {
            "x-ratelimit-limit-requests": "many",
            "x-ratelimit-reset-requests": "soon",
            "x-ratelimit-reset-tokens": "3 fortnights",
            "x-ratelimit-remaining-tokens": "nan",
            "x-ratelimit-over-limit": "no",
            "x-ratelimit-tokens": "5",
            "x-ratelimit": "5",
            "rate-limit-limit": "5",
            "x-tokenlimit-reset": "2026-99-99",
        },
        {},
    ),
    ("an infinity", {"x-ratelimit-limit": "inf", "x-ratelimit-reset": "9999999999999999"}, {}),
]


@pytest.mark.parametrize(("where", "headers", "wanted"), CASES, ids=[case[0] for case in CASES])
def test_headers_are_read_in_every_spelling(where, headers, wanted):
    read = read_limits(headers, WALL)
    assert {label: tuple(one) for label, one in read.items()} == {
        label: (kind, limit, remaining, pytest.approx(reset) if reset is not None else None, window)
        for label, (kind, limit, remaining, reset, window) in wanted.items()
    }


def test_readings_are_bounded():
    """A server cannot fill our memory with limits."""
    assert len(read_limits({f"x-ratelimit-limit-{'day-' * n}requests": "5" for n in range(30)}, WALL)) == 8
    policy = ",".join(f'"p{n}";q=5' for n in range(30))
    assert len(read_limits({"ratelimit-policy": policy}, WALL)) == 8


def test_resets_that_have_passed_are_now():
    assert read_reset("1600000000", WALL) == 0
    assert read_reset("1600000000000", WALL) == 0
    assert read_reset("2020-01-01T00:00:00Z", WALL) == 0
    assert read_reset("1h2m3s", WALL) == 3723
    assert read_reset("", WALL) is None


# ---- the limiter --------------------------------------------------------------------------------


def limiter(**limits):
    return Limiter(RateLimits(**limits), threading.Lock())


def told(limit, remaining, reset, kind="requests"):
    return {
        f"x-ratelimit-limit-{kind}": str(limit),
        f"x-ratelimit-remaining-{kind}": str(remaining),
        f"x-ratelimit-reset-{kind}": reset,
    }


def refusal(status=429, **more):
    return errors.RateLimited("x", status=status, **{"retryable": True, "model": "m", **more})


HELD = []


@pytest.fixture(autouse=True)
def _let_go():
    yield
    HELD.clear()


def go(one, now=0.0, model="m", tokens=0):
    """A ticket, which must be there at once; held to the end of the test, as a lost one counts as given back."""
    got = one.admit(now, model, tokens)
    assert isinstance(got, Ticket), got
    HELD.append(got)
    return got


def wait(one, now=0.0, model="m", tokens=0):
    got = one.admit(now, model, tokens)
    assert isinstance(got, Waiter), got
    return got


def test_without_limits_it_is_quiet():
    """And stays so over answers that tell nothing, which it soon says need not be told: `skips` are counted down."""
    one = limiter()

    class Watched(dict):
        reads = 0

        def items(self):
            Watched.reads += 1
            return super().items()

    for _ in range(640):
        if one.skips:
            one.skips -= 1
        else:
            one.heard("m", Watched(server="x"), 0.0, WALL)
    assert one.quiet
    assert Watched.reads == 4 + 9
    assert one.snapshot(0.0) == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_per_minute": 0},
        {"tokens_per_minute": -1},
        {"concurrency": 1.5},
        {"concurrency": True},
        {"requests_per_minute": float("inf")},
        {"requests_per_minute": "60"},
        {"learn": 1},
    ],
)
def test_wrong_caps_are_told(wrong):
    with pytest.raises(errors.BadUsage, match=next(iter(wrong))):
        limiter(**wrong)


@pytest.mark.parametrize("per_minute", [1, 2, 7, 25, 60, 600])
def test_no_minute_sees_more_requests_than_the_cap(per_minute):
    """Whoever asks as often as possible; and the cap is nearly used up."""
    one = limiter(requests_per_minute=per_minute)
    now, times = 0.0, []
    while now < 600:
        got = one.admit(now, "m", 5)
        if isinstance(got, Ticket):
            times.append(now)
            one.leave(got, now)
        else:
            one.give_up(got)
            now += got.due
    most = max(sum(start <= moment < start + 60 - 1e-6 for moment in times) for start in times)
    assert most <= per_minute
    assert len(times) >= 0.85 * per_minute * 10


def test_no_minute_sees_more_tokens_than_the_cap():
    """But for a single request that is larger than a tenth of it."""
    one = limiter(tokens_per_minute=6000)
    chance = random.Random(3)
    now, sent = 0.0, []
    while now < 600:
        size = chance.choice([10, 100, 600])
        got = one.admit(now, "m", size)
        if isinstance(got, Ticket):
            sent.append((now, size))
            one.leave(got, now, usage_tokens=size)
        else:
            one.give_up(got)
            now += got.due
    most = max(sum(size for at, size in sent if start <= at < start + 60 - 1e-6) for start, _ in sent)
    assert most <= 6000 + 1
    assert sum(size for _, size in sent) > 0.8 * 60000


def test_a_request_larger_than_the_limit_goes_when_all_is_there():
    """And what it took too much is waited off by the next."""
    one = limiter(tokens_per_minute=600)
    go(one, tokens=5000)
    waiter = wait(one, tokens=1)
    assert waiter.due == pytest.approx((5000 - 60 + 1) / 9.0, rel=0.01)


def test_usage_settles_the_estimate():
    one = limiter(tokens_per_minute=6000)
    first = go(one, tokens=600)
    assert wait(one, tokens=100).due > 0
    one.leave(first, 0.0, usage_tokens=100)
    assert one.snapshot(0.0)["(all)"]["limits"]["tokens"]["left"] == 500
    second = limiter(tokens_per_minute=6000)
    held = go(second, tokens=600)
    second.leave(held, 0.0, error=refusal())  # a refused request took nothing
    assert second.snapshot(0.0)["(all)"]["limits"]["tokens"]["left"] == 600
    third = limiter(tokens_per_minute=6000)
    third.leave(go(third, tokens=600), 0.0, error=errors.TimedOut("x"))  # this one may have
    assert third.snapshot(0.0)["(all)"]["limits"]["tokens"]["left"] == 0


def test_first_come_first_served():
    one = limiter(concurrency=1)
    running = go(one)
    line = [wait(one) for _ in range(5)]
    order = []
    while line:
        one.leave(running, 0.0)
        ready = [waiter for waiter in line if waiter.woken]
        assert ready == [line[0]]
        for waiter in reversed(line):
            got = one.admit(0.0, "m", 0, waiter)
            if isinstance(got, Ticket):
                order.append(waiter)
                running = got
        assert order[-1] is line.pop(0)


def test_nobody_overtakes_another_model_at_the_users_caps():
    """The one place that is free goes to who waited for it longest, whatever model it asks."""
    one = limiter(concurrency=1)
    running = go(one, model="a")
    first, second = wait(one, model="b"), wait(one, model="c")
    one.leave(running, 0.0)
    assert one.admit(0.0, "c", 0, second) is second
    assert second.due is None
    assert isinstance(one.admit(0.0, "b", 0, first), Ticket)


def test_a_model_that_must_wait_does_not_hold_up_others():
    one = limiter(concurrency=5)
    one.leave(go(one, model="slow"), 0.0, error=refusal(retry_after=30))
    assert wait(one, model="slow").due == 30
    go(one, model="fast")


def test_retry_after_pauses_everybody_of_that_model():
    one = limiter()
    one.leave(None, 10.0, error=refusal(retry_after=5))
    assert not one.quiet
    first, second = wait(one, 10.0), wait(one, 11.0)
    assert first.due == 5
    assert second.due is None  # it is not the first in line
    assert isinstance(one.admit(15.0, "m", 0, first), Ticket)


@pytest.mark.parametrize(
    "error",
    [
        refusal(retry_after=3600),  # raised at once by the retry policy; nobody else sleeps for an hour
        errors.OutOfCredits("x", status=429, retry_after=5.0),  # insufficient_quota
        errors.ServerFault("x", status=500, retryable=True, retry_after=5.0),
        errors.TimedOut("x"),
    ],
)
def test_what_pauses_nobody(error):
    one = limiter()
    one.leave(None, 0.0, error=error)
    go(one, 0.0)


def test_a_refusal_halves_and_successes_add():
    one = limiter()
    tickets = [go(one) for _ in range(8)]
    one.leave(tickets[0], 0.0, error=refusal())
    assert one.snapshot(0.0)["m"]["at_once"] == 4
    for ticket in tickets[1:4]:  # they were sent before the halving, and tell nothing new
        one.leave(ticket, 0.0, error=refusal())
    assert one.snapshot(0.0)["m"]["at_once"] == 4
    wait(one)
    for ticket in tickets[4:]:
        one.leave(ticket, 0.0)
    assert one.snapshot(0.0)["m"]["at_once"] == 4
    assert one.snapshot(0.0)["m"]["running"] == 0


def test_it_never_stops_wholly():
    one = limiter()
    for _ in range(10):
        one.leave(go(one), 0.0, error=refusal(503))
    assert one.snapshot(0.0)["m"]["at_once"] == 1
    go(one)
    assert wait(one).due is None


def test_long_after_a_refusal_it_is_quiet_again():
    one = limiter()
    one.leave(go(one), 0.0, error=refusal())
    one.heard("n", told(60, 0, "60s"), 0.0, WALL)
    assert not one.quiet
    for _ in range(256):
        one.leave(go(one, 5000.0), 5000.0)
    assert one.quiet


def test_a_steady_limit_gives_back_steadily():
    """OpenAI tells 30 of 60 left and all back in 30 seconds: one a second."""
    one = limiter()
    one.heard("m", told(60, 0, "1m0s"), 0.0, WALL)
    waiter = wait(one)
    assert waiter.due == pytest.approx(1.0)
    assert isinstance(one.admit(1.0, "m", 0, waiter), Ticket)


def test_a_fixed_window_gives_back_at_its_end():
    one = limiter()
    one.heard("m", told(60, 0, "17s"), 0.0, WALL)
    waiter = wait(one)
    assert waiter.due == 17
    assert one.admit(16.0, "m", 0, waiter).due == 1
    assert isinstance(one.admit(17.0, "m", 0, waiter), Ticket)
    for _ in range(59):
        go(one, 17.0)
    go(one, 17.0)  # of the next window nothing is known, and the server will tell


def test_a_window_in_the_name_is_believed():
    one = limiter()
    one.heard("m", {"x-ratelimit-limit-req-minute": "120", "x-ratelimit-remaining-req-minute": "0"}, 0.0, WALL)
    assert wait(one).due == pytest.approx(0.5)


def test_what_went_out_meanwhile_is_taken_off():
    """An answer cannot count the requests that were sent after its own; slow old answers do not undo newer ones."""
    one = limiter()
    one.heard("m", told(100, 50, "30s"), 0.0, WALL)
    old = go(one)
    newer = go(one)
    rest = [go(one) for _ in range(10)]
    one.heard("m", told(100, 40, "36s"), 0.0, WALL, newer)
    assert one.snapshot(0.0)["m"]["limits"]["requests"]["left"] == 30
    one.heard("m", told(100, 99, "0.6s"), 0.0, WALL, old)
    assert one.snapshot(0.0)["m"]["limits"]["requests"]["left"] == 30
    one.heard("m", told(100, 99, "0.6s"), 0.0, WALL)
    assert one.snapshot(0.0)["m"]["limits"]["requests"]["left"] == 30
    for ticket in (old, newer, *rest):
        one.leave(ticket, 0.0)
    assert one.snapshot(0.0)["m"]["limits"]["requests"]["left"] == 30


def test_answers_of_unknown_order_only_take_away():
    """The first answers of many calls that went without asking come in any order."""
    one = limiter()
    for left in (58, 51, 55):
        one.heard("m", told(60, left, "1s"), 0.0, WALL)
    assert one.snapshot(0.0)["m"]["limits"]["requests"]["left"] == 51


def test_tokens_are_learnt_and_settled_by_the_server():
    one = limiter()
    one.heard("m", told(1000, 1000, "0s", "tokens"), 0.0, WALL)
    ticket = go(one, tokens=400)
    assert one.snapshot(0.0)["m"]["limits"]["tokens"]["left"] == 600
    one.heard("m", told(1000, 900, "6s", "tokens"), 0.0, WALL, ticket)
    one.leave(ticket, 0.0, usage_tokens=100)
    assert one.snapshot(0.0)["m"]["limits"]["tokens"]["left"] == 900


def test_resets_without_a_limit_pause():
    """GitHub Models and OpenRouter tell when to come back, and not of what."""
    one = limiter()
    one.leave(go(one), 0.0, error=refusal(headers={"x-ratelimit-timeremaining": "25"}))
    assert wait(one).due == 25
    other = limiter()
    inner = {"headers": {"X-RateLimit-Limit": "20", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1790000030000"}}
    other.heard("m", {}, 0.0, WALL)
    other.leave(None, 0.0, error=refusal(metadata=inner))
    assert wait(other).due == pytest.approx(30)
    third = limiter()
    third.heard("m", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9000"}, 0.0, WALL)
    third.heard("m", {"x-ratelimit-remaining": "7", "x-ratelimit-reset": "9"}, 0.0, WALL)
    assert third.quiet


def test_with_learn_off_nothing_is_learnt():
    one = limiter(learn=False)
    one.heard("m", told(60, 0, "60s"), 0.0, WALL)
    one.leave(go(one), 0.0, error=refusal(retry_after=20))
    assert one.quiet
    go(one)


def test_a_ticket_counts_once():
    one = limiter(concurrency=2)
    ticket = go(one)
    go(one)
    one.leave(ticket, 0.0)
    one.leave(ticket, 0.0)
    go(one)
    wait(one)


def test_a_lost_ticket_is_given_back():
    """A caller that was destroyed without a word does not hold its place for ever."""
    one = limiter(concurrency=1)
    one.admit(0.0, "m", 0)
    gc.collect()
    go(one)


def test_a_ticket_lost_in_the_middle_of_anything_is_counted_when_that_is_done():
    """The garbage collector may come while the lock is held, in the same thread: nothing waits for it, and who waits
    for the place is woken."""
    lock = threading.Lock()
    one = Limiter(RateLimits(concurrency=1), lock)
    ticket = one.admit(0.0, "m", 0)
    first, second = wait(one), wait(one)
    with lock:
        del ticket
        one.lose(first)
    assert not second.woken
    one.give_up(wait(one))
    assert second.woken
    assert isinstance(one.admit(0.0, "m", 0, second), Ticket)
    one.lose(first)  # gone already


def test_nothing_that_is_given_back_waits_for_the_lock():
    """A stream that the garbage collector closes in the middle of a decision gives its ticket back with usage or error:
    in the same thread, so that waiting for the lock would be for ever. It is counted when the lock is free."""
    lock = threading.Lock()
    one = Limiter(RateLimits(concurrency=2), lock)
    tickets = [go(one), go(one)]
    waiter = wait(one)
    with lock:
        one.leave(tickets[0], 0.0, error=refusal(retry_after=5))
        one.give_up(wait_behind := Waiter(waiter.lane, 9, 0))
    assert not waiter.woken
    one.leave(tickets[1], 0.0)
    assert waiter.woken
    assert one.snapshot(0.0)["m"]["paused"] == 5
    assert wait_behind not in waiter.lane.queue


def test_who_asks_counts_what_others_gave_back_and_wakes_who_waits_for_it():
    """A call of another model that goes at once must not swallow the news."""
    lock = threading.Lock()
    one = Limiter(RateLimits(concurrency=2), lock)
    tickets = [go(one), go(one)]
    waiter = wait(one)
    with lock:
        one.leave(tickets[0], 0.0)
        one.leave(tickets[1], 0.0)
    other = one.admit(0.0, "other", 0)
    assert waiter.woken
    assert isinstance(other, Ticket | Waiter)


def test_old_refusals_are_forgotten_whatever_came_between():
    """It used to hang on the number of a call being even: one who gave up made it odd for ever."""
    one = limiter()
    one.leave(go(one), 0.0, error=refusal())
    one.heard("n", told(60, 0, "60s"), 0.0, WALL)
    one.give_up(wait(one, model="n"))
    for _ in range(256):
        one.leave(go(one, 5000.0), 5000.0)
    assert one.quiet


def test_a_refusal_amid_a_stream_is_learnt_too():
    """It is never tried again, as events may have been seen; the others of that model wait all the same."""
    one = limiter()
    one.leave(go(one), 0.0, error=refusal(retry_after=5, retryable=False))
    assert wait(one).due == 5


def test_what_is_lost_while_others_are_woken_is_counted():
    """A wake-up runs code of the driver, and the collector may come in it."""
    one = limiter(concurrency=2)
    tickets = [one.admit(0.0, "m", 0) for _ in range(2)]
    waiter = wait(one)
    lost = [tickets[1].lane]
    waiter.wake = lambda: one._lost.append(lost.pop()) if lost else None  # as when another held the lock just then
    one.leave(tickets[0], 0.0)
    assert (list(one._lost), lost) == ([], [])


def test_a_limit_that_is_far_away_is_not_waited_for():
    """A day's limit: the server says so itself."""
    one = limiter()
    one.heard("m", told(100, 0, "7h"), 0.0, WALL)
    go(one)


def test_a_server_has_no_debts():
    """What is larger than its limit goes when all is there, and is not waited off for ever."""
    one = limiter()
    one.heard("m", told(1000, 1000, "0s", "tokens"), 0.0, WALL)
    go(one, tokens=50_000)
    assert one.snapshot(0.0)["m"]["limits"]["tokens"]["left"] == 0


def test_insisting_goes_at_once():
    one = limiter(concurrency=1)
    go(one)
    waiter = wait(one)
    following = wait(one)
    ticket = one.insist(waiter, 0.0)
    assert following.woken
    one.give_up(waiter)  # it has no place any more
    assert isinstance(ticket, Ticket)
    assert one.snapshot(0.0)["m"]["waiting"] == 1


def test_models_are_bounded():
    """Also when a server tells limits for each of them, and when all of them are in use."""
    one = limiter(requests_per_minute=10**6)
    for number in range(500):
        one.leave(go(one, model=f"m{number}"), 0.0)
        one.heard(f"n{number}", told(60, 0, "60s"), 0.0, WALL)
    assert len(one.snapshot(0.0)) <= 65
    busy = limiter(requests_per_minute=10**6)
    held = [go(busy, model=f"m{number}") for number in range(100)]
    busy.heard("another", told(60, 0, "60s"), 0.0, WALL)
    assert len(busy.snapshot(0.0)) <= 66
    assert busy.snapshot(0.0)["(other models)"]["running"] == len(held) - 64


def test_limits_of_one_model_are_bounded():
    one = limiter()
    for start in (0, 8):
        policy = ",".join(f'"p{start + n}";q=5' for n in range(8))
        one.heard("m", {"ratelimit-policy": policy}, 0.0, WALL)
    assert len(one.snapshot(0.0)["m"]["limits"]) == 8


def test_after_a_fork_nobody_runs():
    one = limiter(concurrency=1)
    ticket = go(one)
    waiter = wait(one)
    one.restart(threading.Lock())
    other = go(one)
    one.leave(ticket, 0.0)
    assert one.admit(0.0, "m", 0, waiter) is not None
    one.leave(other, 0.0)


def test_a_closed_event_loop_does_not_hold_up_the_queue():
    one = limiter(concurrency=1)
    running = go(one)
    dead, living = wait(one), wait(one)

    def closed():
        raise RuntimeError("Event loop is closed")

    dead.wake = closed
    one.leave(running, 0.0)
    assert living.woken
    assert isinstance(one.admit(0.0, "m", 0, living), Ticket)


def test_what_people_see_holds_no_more_than_it_says():
    one = limiter(concurrency=3)
    ticket = go(one, model="gpt")
    assert repr(ticket) == "Ticket('gpt', tokens=0)"
    assert repr(Waiter(ticket.lane, 1, 5)) == "Waiter('gpt', due=None)"
    assert "models=1" in repr(one)
    assert one.snapshot(0.0)["gpt"] == {"running": 1, "waiting": 0, "at_once": None, "paused": 0.0, "limits": {}}
    assert Reading("requests", 1, 1, 1, None).kind == "requests"


# ---- simulations --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_no_wake_up_is_lost(seed):
    """Callers come, go and give up in any order; whoever is told to wait until woken is woken, and all end."""
    chance = random.Random(seed)
    one = limiter(concurrency=chance.randrange(1, 4), requests_per_minute=chance.choice([None, 600]))
    now, running, waiting, served, left = 0.0, [], [], 0, 0
    todo = 200
    while todo or running or waiting:
        now += chance.random() * 0.01
        move = chance.random()
        if todo and move < 0.4:
            todo -= 1
            got = one.admit(now, chance.choice("ab"), 10)
            (running if isinstance(got, Ticket) else waiting).append(got if isinstance(got, Ticket) else [got, now])
        elif running and move < 0.7:
            error = refusal() if chance.random() < 0.05 else None
            one.leave(running.pop(chance.randrange(len(running))), now, error=error, usage_tokens=5)
            served += 1
        elif waiting and move < 0.75:
            one.give_up(waiting.pop(chance.randrange(len(waiting)))[0])
            left += 1
        else:
            # As a driver does: ask again when woken, or when `due` is over. Nothing else moves a waiter on.
            for entry in chance.sample(waiting, len(waiting)):
                waiter, asked = entry
                if waiter.woken or (waiter.due is not None and now >= asked + waiter.due):
                    entry[1] = now
                    got = one.admit(now, "", 0, waiter)
                    if isinstance(got, Ticket):
                        waiting.remove(entry)
                        running.append(got)
            if not running and waiting and not any(entry[0].woken for entry in waiting):
                dues = [asked + waiter.due for waiter, asked in waiting if waiter.due is not None]
                assert dues, "all wait to be woken, and nobody runs who could do it"
                now = max(now, min(dues))
    assert served + left == 200


@pytest.mark.parametrize(("places", "seed"), [(1, 1), (4, 2), (10, 3)])
def test_concurrency_settles_near_what_the_server_takes(places, seed):
    """A server that runs so many at once and refuses more without a hint: few refusals, and it is kept busy."""
    chance = random.Random(seed)
    one = limiter()
    now, running, refused, done, busy = 0.0, [], 0, 0, 0.0
    waiting: Waiter | None = None
    one.leave(None, 0.0, error=refusal())
    while done < 3000:
        got = one.admit(now, "m", 0, waiting)
        if isinstance(got, Ticket):
            waiting = None
            if len(running) >= places:
                refused += 1
                one.leave(got, now, error=refusal())
            else:
                running.append((now + 0.5 + chance.random(), got))
            continue
        waiting = got
        running.sort(key=lambda entry: entry[0])
        ends, ticket = running.pop(0)
        busy += (ends - now) * (len(running) + 1)
        now = ends
        one.leave(ticket, now)
        done += 1
    assert refused < 0.15 * done
    assert busy / now > 0.6 * places
