"""What a request may take, guessed from its fields."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.gateway.quota.estimate import Guess, estimate
from franca.prices import Price
from franca.tokens import estimate_tokens

TEXTS = {
    "English": "The ships of the morning tide had left before anybody woke, and with them went the news. " * 20,
    "German": "Über die Größe der Häfen wußte niemand etwas Genaues, am wenigsten der Hafenmeister selbst. " * 20,
    "Chinese": "我们昨天去了海边,看到了很多船只在港口里停泊。" * 40,
    "Russian": "Корабли ушли на рассвете, и вместе с ними ушли все новости из города. " * 20,
    "Python": "def find(self, secret: str) -> Key:\n    return self._keys[sha256(secret).hexdigest()]\n" * 20,
    "numbers": "12.5, 1732.25, 90210, 3.14159, " * 50,
    "emoji": "😀🎉 ok " * 60,
}


def _of(body: dict[str, Any], price: Price | None = None, default: int = 1000, **how: Any) -> Guess:
    raw = json.dumps(body, **how).encode()
    return estimate(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), len(raw), price, default)


def _prompt(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 1}


@pytest.mark.parametrize("ascii", [True, False])
@pytest.mark.parametrize("name", TEXTS)
def test_prompts_are_not_guessed_too_low(name: str, ascii: bool) -> None:
    """At least what `franca.tokens` makes of the text, and at most four times that, escaped or not, short or long."""
    for text in (TEXTS[name], TEXTS[name][:50], TEXTS[name] * 50):
        found = _of(_prompt(text), ensure_ascii=ascii).tokens
        assert estimate_tokens(text) <= found <= 4 * estimate_tokens(text) + 40


def test_the_answer_is_what_the_request_allows() -> None:
    """By any of the three names, times the number of answers and prompts; else the default, and then not capped."""
    empty = _of({"messages": []}, default=0).tokens
    for name in ("max_tokens", "max_completion_tokens", "max_output_tokens"):
        found = _of({"messages": [], name: 50, "n": 3})
        assert found.tokens == empty + 150
        assert found.capped
    assert _of({"messages": [], "max_tokens": 9, "max_completion_tokens": 50}).tokens == empty + 50
    assert _of({"messages": [], "n": 2}, default=100).tokens == empty + 200
    assert not _of({"messages": []}, default=100).capped
    assert _of({"input": "x"}, default=0).capped
    one, two = (_of({"prompt": prompt, "max_tokens": 1000}).tokens for prompt in ("a", ["a", "b"]))
    assert two - one in range(1000, 1020)
    assert _of({"prompt": [1, 2, 3], "max_tokens": 1000}).tokens < 1100


def test_what_it_costs() -> None:
    """The dearest kind of token in and out, and the price of a request; nobody's price is no cost."""
    body = {"model": "m", "messages": [], "max_tokens": 1000}
    tokens = _of(body).tokens - 1000
    price = Price(1.0, 4.0, cache_write=2.0, reasoning=8.0, request=0.01)
    assert _of(body, price).cost == pytest.approx(tokens * 2e-6 + 1000 * 8e-6 + 0.01)
    assert _of(body).cost is None
    assert _of(body, Price(0.0)).cost == 0.0
    assert _of(body).kind == _of({**body, "messages": [{}]}).kind != _of({**body, "model": "o"}).kind


def test_images_are_not_text() -> None:
    """Two megabytes of base64 count as the picture that they are, and the text beside it as text."""
    picture = "data:image/png;base64," + base64.b64encode(os.urandom(1_500_000)).decode()
    content = [{"type": "text", "text": "what is it"}, {"type": "image_url", "image_url": {"url": picture}}]
    assert 700 < _of({"messages": [{"role": "user", "content": content}], "max_tokens": 1}).tokens < 1500


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
names = st.sampled_from(["model", "messages", "prompt", "input", "max_tokens", "n", "tools", "best_of", "x"])


@given(st.dictionaries(names, odd), st.sampled_from([None, Price(1.0, 2.0)]))
def test_nothing_odd_breaks_it(body: dict[str, Any], price: Price | None) -> None:
    """Whatever the fields hold, tokens are a number of sense, and the cost is none or one."""
    raw = msgspec.json.encode(body)
    found = estimate(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), len(raw), price, 10)
    assert found.tokens >= 10
    assert (found.cost is None) == (price is None)
    assert found.cost is None or 0 <= found.cost < float("inf")


def test_signs_of_pictures_without_pictures() -> None:
    """A text that quotes such a part, and parts of no sense, are counted all the same."""
    for content in ('"image_url"' * 20, [{"type": "image_url"}] * 10, [[['"file_data"']]] * 20, 7, {"image_url": 1}):
        assert _of({"messages": [{"role": "user", "content": content}], "input": content}).tokens >= 1000
