"""What the doctor may not claim, spend or show: facts that it did not see, tokens that it did not tell of, keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

import franca
from franca.cli.doctor import _estimate
from franca.doctor import PROBES, Examination, Finding, chosen
from franca.doctor.quirks import row_of
from franca.io.fake import Answer, FakeTransport
from franca.servers import SERVERS, load_servers, to_toml
from franca.simulator import Simulator

from .contrary import Contrary

KEY = "sk-right-key-0123"
PLAIN = {
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7},
}


def examine(script: Any, probe: str, **options: Any) -> Finding:
    with Examination("http://fake/v1", model="m", transport=FakeTransport(script), **options) as examination:
        return examination.run(chosen([probe])[0])


@pytest.mark.parametrize(
    "probe", ["temperature", "seed", "message name", "two systems", "content parts", "json_object"]
)
def test_an_answer_that_breaks_off_is_no_refusal(probe: str) -> None:
    """The network did that: it says nothing of the field, and no row may drop the field for it."""

    def answer(request: Any) -> Any:
        body = json.loads(request.body)
        plain = body.keys() <= {"model", "messages", "max_tokens"} and body["messages"] == [
            {"role": "user", "content": "Say hello."}
        ]
        lost = franca.ConnectionLost("the connection was lost", began=True)
        return PLAIN if plain else Answer(200, {"content-type": "application/json"}, [b'{"choices": ['], lost)

    finding = examine(answer, probe)
    assert (finding.verdict, "broke off" in finding.fact, finding.quirks) == ("unknown", True, ()), finding


def test_a_stream_with_options_that_breaks_off_is_no_refusal() -> None:
    """As above, for `stream_options`."""
    events = [{"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}]

    def answer(request: Any) -> Any:
        body = json.loads(request.body)
        if not body.get("stream"):
            return PLAIN
        return FakeTransport.stream(events, cut="stream_options" in body)

    finding = examine(answer, "stream usage")
    assert (finding.verdict, "broke off" in finding.fact, finding.quirks) == ("unknown", True, ()), finding


@pytest.mark.parametrize("width", range(60, 96, 3))
def test_no_part_of_a_key_is_left_where_a_message_is_cut(sim: Simulator, width: int) -> None:
    """A server that repeats the key in an error inside a 200: facts are short, and the cut may go through the key."""

    def refuse(body: Any, made: Any) -> Any:
        return {"error": {"message": "x" * width + f" {KEY} is not allowed to"}} if "seed" in body else made

    with (
        Contrary(sim.url, reply=refuse) as server,
        Examination(server.url, model="lorem", api_key=KEY) as examination,
    ):
        finding = examination.run(chosen(["seed"])[0])
    assert finding.verdict == "no"
    assert "sk-r" not in str(finding)


def test_a_request_without_a_key_has_none() -> None:
    """Nor one in a header of the caller's own: else a server that needs a key would seem to need none."""
    seen: list[dict[str, str]] = []

    def answer(request: Any) -> Any:
        headers = {name.lower(): value for name, value in request.headers}
        seen.append(headers)
        return PLAIN if "x-api-key" in headers else FakeTransport.answer({"error": {"message": "no key"}}, status=401)

    for probe in ("key needed", "wrong key"):
        finding = examine(answer, probe, headers={"X-Api-Key": KEY, "X-Team": "blue"})
        assert finding.verdict == "ok", finding
    assert [headers["x-team"] for headers in seen] == ["blue", "blue"]
    assert seen[1]["authorization"].startswith("Bearer sk-franca-doctor")


def test_a_404_may_be_about_the_path() -> None:
    """Where no chat was ever answered, it says nothing of the model."""

    def nginx(request: Any) -> Any:
        return FakeTransport.answer("<h1>404 Not Found</h1>", status=404)

    assert examine(nginx, "unknown model").verdict == "unknown"

    def named(request: Any) -> Any:
        return FakeTransport.answer({"error": {"message": "no such model"}}, status=404)

    assert examine(named, "unknown model").verdict == "ok"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://[::1]:8080/v1", "local-8080"),
        ("http://[::1]/v1", "local"),
        ("https://münchen.de/v1", "local"),
        ("http://my_host:81/v1", "local-81"),
        ("http://localhost/v1", "local"),
        ("https://groq.internal/v1", "my-groq"),
        ("https://api.acme.com./v1", "acme"),
        ("https://acme/v1", "acme"),
        ("https://api/v1", "server"),
    ],
)
def test_the_row_can_be_used(url: str, name: str, tmp_path: Any) -> None:
    """Whatever the address: a name that no file may have would lose the whole report, after its tokens were spent."""
    row = row_of([], url, url, "2026-11-21")
    assert row.name == name
    assert row.name not in SERVERS
    path = tmp_path / "rows.toml"
    path.write_text(to_toml(row))
    assert load_servers(path) == {name: row}


def test_a_wrong_row_is_told_before_anything_is_sent(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    """Not when all is asked and paid for."""
    from franca.cli import main

    assert main(["doctor", sim.url, "--as", "nosuch", "-m", "lorem", "-y"]) == 2
    assert "nosuch" in capsys.readouterr().err
    assert list(sim.requests) == []


@pytest.mark.parametrize("name", [probe.name for probe in PROBES if probe.needs == "chat"])
def test_what_is_spent_was_said(name: str) -> None:
    """The estimate holds what a probe is compared with too, also when it is asked for alone."""
    with Simulator() as sim, Examination(sim.url, model="tools") as examination:
        probes = chosen([name])
        finding = examination.run(probes[0])
        asked = [one for one in sim.requests if one.path.endswith("/chat/completions")]
        words = _estimate(probes, 16).replace(",", "").split()
    assert len(asked) <= int(words[0]), finding
