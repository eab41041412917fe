"""The row "azure" with the answers that Microsoft's Azure OpenAI API simulator once gave (recorded.http)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import franca
from franca.errors import BadRequest, NotFound, StatusError, Unauthorized
from franca.testing import Cassette

from ..drivers import Awaiting, Blocking, assert_same, attempt, plain
from ..suite import raised

RECORDED = Path(__file__).with_name("recorded.http")
ASK = [{"role": "user", "content": "Say hello."}]
KEY = "az-key-0123456789"
# What the samples were asked did not name a model, which is in the address, nor a form of the vectors.
IGNORED = ("model", "encoding_format", "stream_options")
OPTIONS: dict[str, Any] = {"endpoint": "http://127.0.0.1:18701", "api_version": "2024-10-21", "api_key": KEY}


def recorded() -> Cassette:
    return Cassette(RECORDED, "none", ignore=IGNORED)


@pytest.fixture
def replay():
    """Runs a case through both clients, each with the recorded answers, and compares the outcomes."""

    def run(case: Any, deployment: str = "deployment1", **options: Any) -> Any:
        outcomes = []
        for kind in (Blocking, Awaiting):
            given = {**OPTIONS, "deployment": deployment, "model": None, "retries": 0, **options}
            client = kind("azure", transport=recorded(), **given)
            outcomes.append(attempt(case, client))
            client.close()
        assert_same(plain(outcomes[0]), plain(outcomes[1]))
        return outcomes[0]

    return run


def test_a_recorded_chat(replay) -> None:
    """The deployment is in the address, the filters' results are kept, the limits are in the headers."""
    chat = replay(lambda client: client.chat(ASK, max_tokens=20))
    assert chat.content.startswith("irure magna duis")
    assert chat.finish_reason == "length"
    assert chat.usage.total_tokens == 30
    assert chat["prompt_filter_results"][0]["content_filter_results"]["hate"] == {"filtered": False, "severity": "safe"}
    assert chat.headers["x-ratelimit-remaining-requests"] == "59"


def test_a_recorded_stream(replay) -> None:
    """This simulator puts index and finish reason into the delta and ends with a bare [DONE], without `data:`: the
    reason is found all the same, so the answer counts as whole."""
    streamed = replay(lambda client: client.stream(ASK, max_tokens=20))
    final = streamed.final
    assert final.content.startswith("irure lorem")
    assert "".join(event.content or "" for event in streamed.events) == final.content
    assert final.finish_reason == "length"
    assert final.usage is None


def test_recorded_embeddings(replay) -> None:
    """Numbers, though base64 was asked for."""
    answer = replay(lambda client: client.embeddings(["hello", "world"]), "text-embedding-3-small")
    assert len(answer.vectors) == 2
    assert float(answer.vectors[0][0]) == pytest.approx(1.717162907543146)
    assert answer.usage.prompt_tokens == 2


@pytest.mark.parametrize(
    ("deployment", "params", "kind", "status", "said"),
    [
        ("nope", {"max_tokens": 20}, NotFound, 404, "Deployment nope not found"),
        ("embedding", {"max_tokens": 20}, BadRequest, 400, "does not work with the specified model"),
        ("gpt-35-turbo-1k-token", {"max_tokens": 900}, franca.RateLimited, 429, "retry after 59 seconds"),
    ],
)
def test_recorded_refusals(
    replay, deployment: str, params: dict[str, Any], kind: type[StatusError], status: int, said: str
) -> None:
    """Each is the class that it means."""
    ask = [{"role": "user", "content": "x"}] if status == 429 else ASK
    error = raised(replay(lambda client: client.chat(ask, **params), deployment), kind)
    assert error.status == status
    assert said in error.message
    assert error.retry_after == (59.0 if status == 429 else None)


def test_how_the_key_goes() -> None:
    """As `api-key`; a token as Bearer, which this simulator refuses."""
    sent: list[tuple[tuple[str, str], ...]] = []
    answers = recorded()

    class Spy:
        """Looks at what is sent."""

        def send(self, request: Any) -> Any:
            sent.append(request.headers)
            return answers.send(request)

        def close(self) -> None:
            """Nothing is open."""

    given = {name: value for name, value in OPTIONS.items() if name != "api_key"}
    client = franca.Client("azure", deployment="deployment1", transport=Spy(), api_key=KEY, **given)
    assert client.chat(ASK, max_tokens=20).content
    client = franca.Client("azure", deployment="deployment1", transport=Spy(), token="aad-token-0123456789", **given)
    with pytest.raises(Unauthorized, match="Missing or incorrect API Key"):
        client.chat(ASK, max_tokens=20)
    assert dict(sent[0])["api-key"] == KEY
    assert "Authorization" not in dict(sent[0])
    assert dict(sent[1])["Authorization"] == "Bearer aad-token-0123456789"
    assert "api-key" not in dict(sent[1])
