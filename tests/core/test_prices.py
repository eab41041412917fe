"""What answers cost: the server's word, a user's prices, a package's prices, or nothing rather than a lie."""

from __future__ import annotations

import copy
import pickle
import socket

import pytest

from franca import BadUsage, Chat, Cost, Embeddings, Price, PriceTable
from franca.prices import GenaiPrices, cost_of, price_source
from franca.wire.headers import Headers
from franca.wire.told import Told
from franca.wire.usage import Usage

PRICE = Price(2.0, 8.0, cached_input=0.5, cache_write=2.5, as_of="2026-11-21", source="https://example.org/prices")


def usage(prompt=1000, completion=100, total=None, prompt_details=None, completion_details=None, **more):
    data = {"prompt_tokens": prompt, "completion_tokens": completion, **more}
    data["total_tokens"] = (prompt or 0) + (completion or 0) if total is None else total
    if prompt_details:
        data["prompt_tokens_details"] = prompt_details
    if completion_details:
        data["completion_tokens_details"] = completion_details
    return Usage(data)


@pytest.mark.parametrize(
    ("used", "dollars"),
    [
        (usage(), 1000 * 2 + 100 * 8),
        (usage(prompt_details={"cached_tokens": 600}), 400 * 2 + 600 * 0.5 + 100 * 8),
        (usage(prompt_details={"cached_tokens": 600, "cache_write_tokens": 100}), 300 * 2 + 300 + 250 + 800),
        (usage(prompt_cache_hit_tokens=600), 400 * 2 + 600 * 0.5 + 100 * 8),  # DeepSeek
        (usage(completion_details={"reasoning_tokens": 40}), 1000 * 2 + 100 * 8),
        (usage(total=1140, completion_details={"reasoning_tokens": 40}), 1000 * 2 + 140 * 8),  # xAI
        (Usage({"prompt_tokens": 1000, "total_tokens": 1000}), 2000),  # embeddings
        (Usage({"prompt_tokens": 1000}), 2000),
    ],
)
def test_each_kind_of_token_has_its_price(used, dollars):
    cost = cost_of(used, PRICE)
    assert cost == pytest.approx(dollars / 1e6)
    assert sum(cost.breakdown.values()) == pytest.approx(cost)
    assert (cost.exact, cost.as_of, cost.source) == (False, "2026-11-21", "https://example.org/prices")


@pytest.mark.parametrize(
    "used",
    [
        Usage({}),
        usage(prompt_details={"cached_tokens": 1200}),  # contradicts itself
        usage(completion_details={"reasoning_tokens": 120}),
        usage(completion=-1),
        usage(prompt_details={"audio_tokens": 10}),  # nobody told what these cost
        usage(completion_details={"audio_tokens": 10}),
        usage(completion_details={"image_tokens": 10}),
    ],
)
def test_no_cost_is_better_than_a_wrong_one(used):
    assert cost_of(used, PRICE) is None


def test_every_price_is_used():
    price = Price(1, 2, reasoning=3, request=0.5, input_audio=10, output_audio=20, output_image=40)
    used = usage(
        prompt_details={"cached_tokens": 100, "cache_write_tokens": 100, "audio_tokens": 100},
        completion_details={"reasoning_tokens": 10, "audio_tokens": 10, "image_tokens": 10},
    )
    assert dict(cost_of(used, price).breakdown) == pytest.approx(
        {
            "input": 700e-6,
            "cached_input": 100e-6,
            "cache_write": 100e-6,
            "input_audio": 1000e-6,
            "output": 140e-6,
            "reasoning": 30e-6,
            "output_audio": 200e-6,
            "output_image": 400e-6,
            "request": 0.5,
        }
    )


# ---- the table ----------------------------------------------------------------------------------


def test_what_names_more_wins():
    table = PriceTable(
        {
            "gpt-4o": {"input": 1},
            "openrouter/gpt-4o": {"input": 2},
            "gpt-*": Price(3),
            "gpt-4o-mini*": {"input": 4, "output": 5},
            "Groq/*": {"input": 6},
            "gpt-4o-2024-05-13": {"input": 7},
        }
    )

    def found(model, server=None):
        price = table.price(server, model)
        return None if price is None else price.input

    assert found("gpt-4o") == 1
    assert found("GPT-4o", "OpenRouter") == 2
    assert found("gpt-4o", "openai") == 1
    assert found("gpt-5") == 3
    assert found("gpt-4o-mini-2024-07-18") == 4
    assert found("llama", "groq") == 6
    assert found("llama") is None
    assert found("gpt-4o-2024-05-13") == 7
    assert found("claude-20241022") is None
    assert len(table) == 6
    assert repr(table) == "PriceTable(6 models)"


@pytest.mark.parametrize("model", ["claude-x-20241022", "claude-x-2024-10-22"])
def test_a_dated_model_has_the_price_of_its_name(model):
    assert PriceTable({"claude-x": {"input": 1}}).price(None, model).input == 1


def test_prices_have_their_time():
    table = PriceTable({"m": [{"input": 1, "until": "2026-01-01"}, {"input": 2, "from": "2026-01-01"}]})
    assert table.price(None, "m", "2025-12-31").input == 1
    assert table.price(None, "m", "2026-01-01").input == 2
    assert table.price(None, "m").input == 2
    assert PriceTable({"m": {"input": 1, "until": "2026-01-01"}}).price(None, "m", "2026-05-05") is None
    million = usage(1_000_000, 0)
    assert table.cost(None, "m", million, created=1_700_000_000) == 1
    assert table.cost(None, "m", million, created=1_790_000_000) == 2
    assert table.cost(None, "m", million, created=-5) == 2
    assert table.cost(None, None, million) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"*": {"input": 1}}, "'\\*' is no name"),
        ({5: {"input": 1}}, "5 is no name"),
        ({"m": 5}, "not int"),
        ({"m": {"input": "1"}}, "not '1'"),
        ({"m": {"input": -1}}, "not -1"),
        ({"m": {"input": True}}, "not True"),
        ({"m": {"output": 1}}, "needs input"),
        ({"m": {"input": 1, "output": None}}, "needs input"),
        ({"m": {"imput": 1}}, "no field 'imput'"),
    ],
)
def test_a_wrong_table_is_told(wrong, said):
    with pytest.raises(BadUsage, match=said):
        PriceTable(wrong)


def test_a_table_is_loaded_from_toml(tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text('[m]\ninput = 1\nas_of = 2026-11-21\n[[n]]\ninput = 2\nfrom = "2026-01-01"\n[[n]]\ninput = 3\n')
    table = price_source(file)
    assert table.price(None, "m").as_of == "2026-11-21"
    assert table.price(None, "n").input == 2
    assert price_source(str(file)).price(None, "n", "2020-01-01").input == 3


@pytest.mark.parametrize(("text", "said"), [("[m", "no TOML"), ('[m]\nimput = "x"', "prices.toml: .*imput")])
def test_a_wrong_file_is_told(tmp_path, text, said):
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(BadUsage, match=said):
        PriceTable.load(file)
    with pytest.raises(BadUsage, match="cannot read"):
        PriceTable.load(tmp_path / "nowhere.toml")


# ---- on an answer -------------------------------------------------------------------------------


def answer(data=None, headers=(), prices=None, kind=Chat):
    told = Told()
    told.prices = prices
    body = {"model": "m", "created": 1_790_000_000, "usage": usage().to_dict(), **(data or {})}
    return kind(body, 200, Headers(headers), "test", told)


@pytest.mark.parametrize("own", [0.25, {"total_cost": 0.25}])
def test_the_servers_word_is_exact(own):
    """OpenRouter tells a number, Perplexity an object."""
    cost = answer({"usage": {"cost": own}}, prices=PriceTable({"m": {"input": 1}})).cost
    assert cost == 0.25
    assert (cost.exact, cost.source) == (True, "usage.cost")
    assert repr(cost) == "Cost(0.25, exact, usage.cost)"


def test_litellms_header_is_exact():
    """But its 0 only says that it has no price (measured with LiteLLM 1.106)."""
    cost = answer(headers=[("x-litellm-response-cost", "0.000415")]).cost
    assert (float(cost), cost.exact, cost.source) == (0.000415, True, "x-litellm-response-cost")
    assert answer(headers=[("x-litellm-response-cost", "0")]).cost is None
    assert answer(headers=[("x-litellm-response-cost", "much")]).cost is None
    assert answer(headers=[("x-litellm-response-cost", "-1")]).cost is None


def test_else_it_is_estimated_or_unknown():
    table = PriceTable({"m": PRICE})
    assert repr(answer(prices=table).cost) == "Cost(0.0028, estimated, https://example.org/prices of 2026-11-21)"
    assert answer(prices=table, kind=Embeddings).cost == pytest.approx(0.0028)
    assert answer({"usage": None}, prices=table).cost is None
    assert answer({"usage": {"cost": True}}).cost is None
    assert answer({"model": None}, prices=table).cost is None
    assert answer().cost is None
    assert Chat({}).cost is None


def test_a_cost_is_a_number():
    cost = Cost(0.5)
    assert cost + 1 == 1.5
    assert f"{cost:.2f} {cost}" == "0.50 0.5"
    assert repr(cost) == "Cost(0.5, estimated)"
    assert repr(Cost(0.5, as_of="2026-01-01")) == "Cost(0.5, estimated of 2026-01-01)"
    for made in (copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))):
        again = made(Cost(0.5, exact=True, source="s", as_of="d", breakdown={"input": 0.5}))
        assert (again, again.exact, again.source, again.as_of, dict(again.breakdown)) == (
            0.5,
            True,
            "s",
            "d",
            {"input": 0.5},
        )


def test_a_pickled_answer_keeps_its_cost_and_not_the_table():
    table = PriceTable({f"model-{n}": {"input": n} for n in range(5000)} | {"m": PRICE})
    chat = answer(prices=table)
    data = pickle.dumps(chat)
    assert len(data) < 2000
    again = pickle.loads(data)
    assert (again.cost, again.cost.source) == (chat.cost, PRICE.source)
    assert pickle.loads(pickle.dumps(again)).cost == chat.cost
    assert copy.deepcopy(chat).cost == copy.copy(chat).cost == chat.cost
    assert pickle.loads(pickle.dumps(Chat({}))).cost is None
    assert pickle.loads(pickle.dumps(answer())).cost is None


# ---- where prices come from ---------------------------------------------------------------------


def test_the_option_takes_what_it_says():
    table = PriceTable({})
    assert price_source(None) is None
    assert price_source(table) is table
    assert isinstance(price_source({"m": {"input": 1}}), PriceTable)
    own = GenaiPrices()
    assert price_source(own) is own
    assert repr(price_source("genai-prices")) == "GenaiPrices()"

    class Mine:
        def cost(self, server, model, usage, *, created=None):
            return Cost(1)

    mine = Mine()
    assert price_source(mine) is mine
    for wrong in (5, True, ["m"]):
        with pytest.raises(BadUsage, match="PriceTable"):
            price_source(wrong)


def test_the_package_has_prices_and_fetches_nothing(monkeypatch):
    def nothing(*_):
        raise AssertionError("a connection")

    monkeypatch.setattr(socket, "socket", nothing)
    prices = GenaiPrices()
    cost = prices.cost("openai", "gpt-4o", usage(prompt_details={"cached_tokens": 500}), created=1_790_000_000)
    assert 0 < cost < 0.1
    assert cost.source.startswith("genai-prices ")
    assert not cost.exact
    assert prices.cost("at", "openai/gpt-4o", usage()) == prices.cost("openai", "gpt-4o", usage())
    assert prices.cost("xai", "grok-3", usage(total=1140, completion_details={"reasoning_tokens": 40})) > prices.cost(
        "xai", "grok-3", usage()
    )


@pytest.mark.parametrize(
    ("server", "model", "used"),
    [
        ("http://localhost:8000/v1", "gpt-4o", usage()),  # served at home: another price
        ("openai", "no-such-model", usage()),
        (None, "gpt-4o", usage()),
        ("openai", None, usage()),
        ("openai", "gpt-4o", Usage({})),
        ("openai", "gpt-4o", usage(completion_details={"image_tokens": 5})),
    ],
)
def test_what_the_package_does_not_know_has_no_cost(server, model, used):
    assert GenaiPrices().cost(server, model, used) is None


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadUsage, match="franca\\[prices\\]"):
        price_source("genai-prices")


@pytest.mark.parametrize("usage", [{"cost": 10**400}, {"prompt_tokens": 10**400, "completion_tokens": 1}])
def test_numbers_beyond_all_measure_have_no_cost(usage):
    """JSON may hold whole numbers that no float can; the answer can be read all the same."""
    told = Told()
    told.prices, told.times = PriceTable({"m": Price(1.0, 1.0)}), (1.0, None, None, 1)
    chat = Chat({"model": "m", "usage": {**usage, "completion_tokens": 10**400}}, 200, Headers(), "s", told)
    assert chat.cost is None
    assert chat.metrics.tokens_per_second is None


@pytest.mark.parametrize("created", [10**18, -5, 10**400])
def test_a_date_that_is_none_does_not_hide_the_cost(created):
    """The prices of the package are asked without a date then."""
    usage = Usage({"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010})
    assert GenaiPrices().cost("openai", "gpt-4o", usage, created=created) > 0
