"""Options are checked once, with errors that say what is right."""

from __future__ import annotations

import pytest

from franca.errors import BadUsage
from franca.flow.options import CALL_OPTIONS, Limits, limits_with, merge_headers, reject_unknown
from franca.retry import RetryPolicy


def test_nothing_given_changes_nothing():
    limits = Limits()
    assert limits_with(limits, {}) is limits


def test_every_option_is_taken():
    limits = limits_with(
        Limits(),
        {
            "timeout": 1,
            "deadline": 2.5,
            "connect_timeout": 3,
            "idle_timeout": None,
            "retries": 0,
            "headers": {"X-A": "1"},
        },
    )
    assert limits == Limits(1.0, 2.5, 3.0, None, RetryPolicy(retries=0), (("X-A", "1"),))
    known = {"timeout", "deadline", "connect_timeout", "idle_timeout", "retries", "headers", "raise_filtered"}
    assert known == CALL_OPTIONS


def test_a_whole_policy_may_be_given():
    policy = RetryPolicy(retries=1, cap=1.0)
    assert limits_with(Limits(), {"retries": policy}).policy is policy


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timeout": 0}, "timeout is a number of seconds above 0"),
        ({"timeout": -1}, "timeout"),
        ({"timeout": True}, "timeout"),
        ({"timeout": "5"}, "not '5'"),
        ({"timeout": float("inf")}, "or None for no limit"),
        ({"timeout": float("nan")}, "timeout"),
        ({"connect_timeout": None}, "connect_timeout"),
        ({"retries": -1}, "retries is a number of further tries"),
        ({"retries": True}, "retries"),
        ({"retries": 1.5}, "retries"),
        ({"headers": ["X"]}, "headers is a mapping"),
        ({"headers": {"": "x"}}, "is no name for a header"),
        ({"headers": {"X A": "x"}}, "is no name for a header"),
        ({"headers": {1: "x"}}, "is no name for a header"),
        ({"headers": {"X": 5}}, "the value of header X is text, not int"),
        ({"headers": {"X": "ключ"}}, "characters that HTTP cannot carry"),
    ],
)
def test_wrong_options_say_what_is_right(options, text):
    with pytest.raises(BadUsage, match=text):
        limits_with(Limits(), options)


@pytest.mark.parametrize("evil", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0b"])
def test_a_header_cannot_smuggle_another_and_its_value_is_not_shown(evil):
    with pytest.raises(BadUsage) as caught:
        merge_headers((), {"X-Key": evil})
    assert "X-Key" in str(caught.value)
    assert "Evil" not in str(caught.value)


def test_headers_replace_by_name_without_regard_to_case():
    merged = merge_headers((("X-A", "1"), ("X-B", "2")), {"x-a": "3", "X-C": None})
    assert merged == (("x-a", "3"), ("X-B", "2"), ("X-C", None))
    assert merge_headers(merged, None) is merged


def test_unknown_names_get_a_guess():
    reject_unknown({"timeout": 1, "retries": 2}, CALL_OPTIONS, "option")
    with pytest.raises(BadUsage, match="unknown option 'time_out'; did you mean 'timeout'"):
        reject_unknown({"time_out": 1}, CALL_OPTIONS, "option")
    with pytest.raises(BadUsage, match="there are: connect_timeout, deadline"):
        reject_unknown({"zzz": 1}, CALL_OPTIONS, "option")


@pytest.mark.parametrize("value", [10**400, 1e300, 1e9])
def test_a_time_that_no_clock_holds_is_refused(value):
    """Systems raise an OverflowError of their own for it, in the middle of a call."""
    with pytest.raises(BadUsage, match="timeout is a number of seconds"):
        limits_with(Limits(), {"timeout": value})


@pytest.mark.parametrize(
    "wrong",
    [
        {"retries": "3"},
        {"retries": 1.5},
        {"retries": -1},
        {"base": float("nan")},
        {"cap": None},
        {"longest_wait": 1e10},
    ],
)
def test_a_policy_is_checked_too(wrong):
    """It would fail in the middle of the first retry."""
    with pytest.raises(BadUsage, match=f"{next(iter(wrong))} of a RetryPolicy"):
        limits_with(Limits(), {"retries": RetryPolicy(**wrong)})
