"""The examination around the probes: what stops one never stops the others, and no key is ever told."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator

import pytest
import trustme

from franca import BadUsage, Server
from franca.doctor import PROBES, VERDICTS, Examination, Finding, Probe, chosen
from franca.doctor.finding import found
from franca.doctor.visit import Visit
from franca.simulator import Simulator

from .contrary import Contrary

KEY = "sk-right-key-0123"


@pytest.fixture
def silent() -> Iterator[str]:
    """The base URL of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"


def test_a_whole_examination(sim: Simulator) -> None:
    """Every probe gives one finding, in the table's order, with a verdict, a fact and its time."""
    with Examination(sim.url, model="tools", embedding_model="embed") as examination:
        findings = list(examination.findings())
    assert [finding.name for finding in findings] == [probe.name for probe in PROBES]
    assert {finding.verdict for finding in findings} <= set(VERDICTS)
    assert all(finding.fact and finding.seconds >= 0 for finding in findings)
    assert [one.name for one in findings if not one.evidence] == ["reachable", "rate limit headers"]
    assert sum(finding.tokens or 0 for finding in findings) > 100
    assert not [finding for finding in findings if "could not be judged" in finding.fact]


def test_the_wire_is_seen_as_it_is(sim: Simulator) -> None:
    """Nothing is adapted or healed on the way: a row that drops the seed does not hide one from the server."""
    from franca.servers import Quirks

    row = Server("mine", sim.url, needs_key=False, quirks=Quirks(drops=("seed",)))
    with Examination(row, model="lorem") as examination:
        assert examination.run(chosen(["seed"])[0]).verdict == "ok"
    assert any(b'"seed"' in request.raw for request in sim.requests)


def test_a_probe_that_fails_is_one_finding(sim: Simulator) -> None:
    """A fault of a probe, or an answer that nobody thought of, is told; the next probe runs."""

    def broken(visit: Visit) -> object:
        """It breaks."""
        raise RuntimeError(f"odd answer of {visit.model}")

    def fine(visit: Visit) -> object:
        """It works."""
        return found("ok", "fine")

    probes = [Probe("broken", "x", broken), Probe("fine", "x", fine)]  # type: ignore[arg-type]
    with Examination(sim.url, model="echo") as examination:
        findings = list(examination.findings(probes))
    assert [(one.verdict, one.fact) for one in findings] == [
        ("unknown", "the answer could not be judged (RuntimeError: odd answer of echo)"),
        ("ok", "fine"),
    ]


def test_ctrl_c_is_not_a_finding(sim: Simulator) -> None:
    """An interruption leaves the examination, so that its caller shows what is known."""

    def interrupted(visit: Visit) -> object:
        raise KeyboardInterrupt

    with Examination(sim.url, model="echo") as examination, pytest.raises(KeyboardInterrupt):
        examination.run(Probe("long", "x", interrupted))  # type: ignore[arg-type]


def test_a_dead_server(sim: Simulator) -> None:
    """It cannot be reached: the first probe says why, no other one tries."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with Examination(f"http://127.0.0.1:{port}/v1", model="m", timeout=5) as examination:
        first, *others = examination.findings()
    assert (first.verdict, "no connection to 127.0.0.1" in first.fact) == ("no", True)
    assert {(one.verdict, one.fact) for one in others} == {("skipped", "the server cannot be reached")}


def test_a_silent_server_costs_one_time_out(silent: str) -> None:
    """What never answers is given up after `timeout`, once for all probes that need the same thing."""
    with Examination(silent, model="m", timeout=0.3) as examination:
        first, second = examination.findings(chosen(["system role", "seed"]))
    assert first.verdict == second.verdict == "skipped"
    assert "no whole answer within 0.3 s" in second.fact
    assert second.evidence == ()


def test_without_a_model(sim: Simulator) -> None:
    """Probes that need a model say so; the others run."""
    with Examination(sim.url) as examination:
        findings = {one.name: one for one in examination.findings()}
    assert findings["seed"].verdict == findings["base64"].verdict == "skipped"
    assert findings["seed"].fact == "it needs a model (-m)"
    assert findings["models"].verdict == findings["unknown model"].verdict == "ok"


def test_a_model_that_is_not_there(sim: Simulator) -> None:
    """Nothing is concluded from refusals of a model that does not work at all."""
    with Examination(sim.url, model="nobody") as examination:
        chat, seed = examination.findings(chosen(["chat", "seed"]))
    assert (chat.verdict, seed.verdict) == ("skipped", "skipped")
    assert chat.fact.startswith("chat does not work: 404")


def test_a_wrong_key_concludes_nothing(sim: Simulator) -> None:
    """With a key that is refused no feature is called missing."""
    with (
        Contrary(sim.url, keyed=(401, "Incorrect API key")) as server,
        Examination(server.url, model="lorem", api_key="sk-other-key-9876") as examination,
    ):
        findings = list(examination.findings(chosen(["sampling", "tools", "embeddings"])))
    assert {one.verdict for one in findings} <= {"skipped", "unknown"}


def seed_at(url: str) -> Finding:
    """What the probe of `seed` finds there."""
    with Examination(url, model="lorem", timeout=20) as examination:
        return examination.run(chosen(["seed"])[0])


def test_rate_limits_are_no_refusals(sim: Simulator) -> None:
    """A 429 says nothing of the field that was tried; a short Retry-After is waited for."""
    with Contrary(sim.url, refuse=("seed",), status=429, headers=(("Retry-After", "600"),)) as server:
        finding = seed_at(server.url)
    assert (finding.verdict, "rate limited: 429" in finding.fact) == ("unknown", True)
    with Contrary(sim.url, refuse=("seed",), status=429, headers=(("Retry-After", "0"),)) as server:
        finding = seed_at(server.url)
    assert (finding.verdict, finding.evidence[-1].status) == ("unknown", 429)


def test_an_error_in_a_200_is_a_refusal(sim: Simulator) -> None:
    """The status alone is not believed."""
    boom = {"error": {"message": "the model is on holiday"}}
    with Contrary(sim.url, answer=lambda _: boom) as server, Examination(server.url, model="echo") as examination:
        chat = examination.run(chosen(["chat"])[0])
    assert chat.verdict == "skipped"
    assert "chat does not work: 200: the model is on holiday" in chat.fact


def test_max_tokens_refused_by_the_model(sim: Simulator) -> None:
    """OpenAI's reasoning models take `max_completion_tokens` only: everything else is probed with that."""
    with Contrary(sim.url, refuse=("max_tokens",)) as server, Examination(server.url, model="lorem") as examination:
        findings = {one.name: one for one in examination.findings(chosen(["chat", "max_tokens", "seed"]))}
    assert findings["chat"].verdict == findings["seed"].verdict == "ok"
    assert findings["max_tokens"].quirks == (("token_field", "max_completion_tokens"),)


def test_no_secret_is_told(sim: Simulator) -> None:
    """A server that echoes the key in its errors does not get it into a finding."""
    echo = (401, f"Incorrect API key provided: {KEY}. Header: Bearer {KEY}")
    with (
        Contrary(sim.url, keyed=echo, refuse=("seed", KEY)) as server,
        Examination(server.url, model="lorem", api_key=KEY, headers={"x-api-key": "hush-hush-hush"}) as examination,
    ):
        findings = list(examination.findings())
    text = json.dumps([finding.to_dict() for finding in findings]) + repr(findings) + repr(examination._visit.tap.last)
    assert KEY not in text
    assert "hush-hush" not in text
    assert "***" in text


def test_tls_is_told() -> None:
    """The version of TLS, and why a certificate is not taken."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    with Simulator(tls=context) as sim, authority.cert_pem.tempfile() as ca:
        with Examination(sim.url, model="lorem", verify=ca) as examination:
            greeted, kept = examination.findings(chosen(["reachable", "keep-alive"]))
        with Examination(sim.url, model="lorem") as examination:
            refused = examination.run(chosen(["reachable"])[0])
    assert (greeted.verdict, greeted.fact.startswith("HTTP/1.1 over TLSv1.")) == ("ok", True)
    assert kept.verdict == "ok"
    assert (refused.verdict, "certificate" in refused.fact.lower()) == ("no", True)


def test_a_slow_server_holds_no_connection_open(sim: Simulator) -> None:
    """No thread and no socket is left behind."""
    before = threading.active_count()
    with Examination(sim.url, model="lorem") as examination:
        list(examination.findings(chosen(["keep-alive", "stream"])))
    assert threading.active_count() <= before


def test_the_names_of_probes() -> None:
    """Probes are chosen by name or group, whatever the case, in the table's order; a wrong name is refused."""
    assert [probe.name for probe in chosen(["Seed", "connection"])][-1] == "seed"
    assert {probe.group for probe in chosen(["json"])} == {"json"}
    with pytest.raises(BadUsage, match="no probe is called 'sed'; did you mean 'seed'"):
        chosen(["sed"])
    with pytest.raises(BadUsage, match="there are: reachable"):
        chosen(["qqqqqqqq"])
    assert len({probe.name for probe in PROBES}) == len(PROBES)
    assert all(probe.about.endswith((".", "?")) for probe in PROBES)


@pytest.mark.parametrize("options", [{"room": 0}, {"room": "many"}, {"timeout": 0}, {"timeout": True}])
def test_wrong_options(options: dict[str, object]) -> None:
    """What cannot work is refused before anything is sent."""
    with pytest.raises(BadUsage):
        Examination("http://127.0.0.1:9/v1", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payload", "shape"),
    [
        ({"error": {"message": "m", "type": "t"}}, "error: {message, type}"),
        ({"error": {"message": "m", "code": 400}}, "error: {message, code} (code is a number)"),
        ({"error": "Unauthorized"}, "error as text"),
        ({"detail": "Not Found"}, "{detail}"),
        ([{"error": {}}], "a list"),
        ("oops", "a JSON str"),
        (None, "no JSON"),
    ],
)
def test_shapes_of_errors(payload: object, shape: str) -> None:
    """The shape of an error body in a few words."""
    from franca.doctor.seen import shape_of

    assert shape_of(payload) == shape


def test_a_finding_as_json(sim: Simulator) -> None:
    """The fields of a finding are these, and JSON can say them."""
    with Examination(sim.url, model="lorem") as examination:
        finding = examination.run(chosen(["seed"])[0])
    assert isinstance(finding, Finding)
    made = json.loads(json.dumps(finding.to_dict()))
    assert list(made) == ["name", "group", "verdict", "fact", "evidence", "seconds", "tokens"]
    assert list(made["evidence"][0]) == ["asked", "status", "message"]
