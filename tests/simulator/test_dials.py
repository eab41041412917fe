"""The dials: key, faults, pace, aliases, headers that turn them for one request."""

from __future__ import annotations

from typing import Any

import pytest

from franca.simulator import RateLimit, Simulator


@pytest.mark.parametrize("headers", [{"authorization": "Bearer sk-right"}, {"api-key": "sk-right"}])
def test_the_right_key_opens(dialled: Any, headers: dict[str, str]) -> None:
    """As a bearer token, or in Azure's header."""
    assert dialled(api_key="sk-right").chat().status == 401
    assert dialled(api_key="sk-right")("/v1/models", **headers).status == 200


def test_a_missing_or_wrong_key_is_told_apart_and_never_shown(dialled: Any) -> None:
    """OpenAI's bodies; the key is in neither the answer nor the record; /health needs none."""
    call = dialled(api_key="sk-right")
    missing = call("/v1/models")
    assert (missing.status, missing.error["code"]) == (401, None)
    wrong = call("/v1/models", authorization="Bearer sk-wrong-key")
    assert (wrong.status, wrong.error["code"]) == (401, "invalid_api_key")
    assert b"sk-" not in wrong.data
    assert call("/health").status == 200
    assert call.simulator.requests[1].headers["authorization"] == "***"
    assert "sk-wrong" not in repr(list(call.simulator.requests))


def test_the_error_rate_is_met_and_repeatable(dialled: Any) -> None:
    """About the asked share fails, with 500 and 429, the same ones for the same seed."""
    first, second, other = (
        dialled(error_rate=0.3, seed=1),
        dialled(error_rate=0.3, seed=1),
        dialled(error_rate=0.3, seed=2),
    )
    statuses = [first.chat().status for _ in range(300)]
    assert 50 < len([status for status in statuses if status != 200]) < 130
    assert set(statuses) == {200, 429, 500}
    assert [second.chat().status for _ in range(300)] == statuses
    assert [other.chat().status for _ in range(300)] != statuses
    assert all(dialled(error_rate=1.0).chat().status != 200 for _ in range(5))


def test_a_paced_stream_has_the_same_events(dialled: Any) -> None:
    """The pace changes when events come, not what they are."""
    fields: dict[str, Any] = {"model": "lorem", "max_tokens": 20, "stream": True}
    paced = dialled(tokens_per_second=2000.0, latency=0.01)
    assert paced.chat(**fields).data == dialled().chat(**fields).data
    assert paced.chat(model="lorem", max_tokens=20).text == paced.chat(**fields).text


def test_headers_turn_dials_for_one_request(call: Any) -> None:
    """x-sim-* hold for the request that has them, and for no other."""
    assert call("/v1/models", x_sim_error_rate="1").status in (429, 500)
    assert call("/v1/models").status == 200
    assert call("/v1/models", x_sim_latency="0.01").status == 200
    assert call("/v1/models", x_sim_latency="soon").status == 400
    body = {"model": "echo", "messages": [{"role": "user", "content": "x"}]}
    assert call("/v1/chat/completions", body, x_sim_scenario="error-402").status == 402
    assert call("/v1/chat/completions", body, x_sim_scenario="nope").error["code"] == "scenario_not_found"
    assert call("/v1/chat/completions", {**body, "stream": True}, x_sim_tokens_per_second="1000").text == "x"


def test_aliases_are_further_models(dialled: Any) -> None:
    """Another name for a model, or for a scenario; listed, and told in answers."""
    call = dialled(aliases={"gpt-4o-mini": "echo", "flaky": "scenario:limit-503-then-good"})
    assert call.chat(model="gpt-4o-mini").json["model"] == "gpt-4o-mini"
    assert "gpt-4o-mini" in [model["id"] for model in call("/v1/models").json["data"]]
    assert [call.chat(model="flaky").status for _ in range(4)] == [503, 200, 503, 200]


def test_a_rate_limit_is_told_and_kept(dialled: Any) -> None:
    """Refused beyond it, with the headers that say when to come back; anything but a RateLimit is said at once."""
    call = dialled(rate_limit=RateLimit(requests_per_second=1))
    first, second = call.chat(), call.chat()
    assert (first.status, second.status) == (200, 429)
    assert first.headers["x-ratelimit-remaining-requests"] == "0"
    assert 0 < int(second.headers["retry-after-ms"]) <= 1000
    with pytest.raises(TypeError, match="RateLimit, not int"):
        Simulator(rate_limit=5)  # type: ignore[arg-type]
