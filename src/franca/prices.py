"""What tokens cost: prices with their dates, a user's own or a kept package's, and the cost of one answer by them.

A price is data that ages: franca carries none of its own. What a price does not cover makes no cost at all, rather than
one that is too low.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .errors import BadUsage
from .wire.cost import Cost
from .wire.usage import Usage

__all__ = ["Cost", "GenaiPrices", "Price", "PriceTable", "cost_of", "price_source"]

_MILLION = 1_000_000
_MOST_TOKENS = 10**15  # JSON may hold whole numbers that no float can
_YEAR_10000 = 253402300800  # Unix seconds


class Price(NamedTuple):
    """What a model costs, in US dollars for a million tokens.

    since and until are the days ("2026-11-21") from which and before which it holds; "" for always.
    """

    input: float
    output: float = 0.0
    cached_input: float | None = None
    """Prompt tokens read from a cache; None: as all input."""
    cache_write: float | None = None
    """Prompt tokens written to a cache; None: as all input."""
    reasoning: float | None = None
    """None: as all output."""
    request: float | None = None
    """Dollars for each request, beside its tokens."""
    input_audio: float | None = None
    """None: an answer with audio in its prompt has no cost."""
    output_audio: float | None = None
    output_image: float | None = None
    as_of: str = ""
    """The day on which the price was looked up."""
    source: str = ""
    since: str = ""
    until: str = ""


_TEXTS = frozenset({"as_of", "source", "since", "until"})


def cost_of(usage: Usage, price: Price) -> Cost | None:
    """What these tokens cost, as an estimate; None when the usage is incomplete, contradicts itself or has a kind of
    token that `price` does not cover."""
    prompt, completion = usage.prompt_tokens, usage.completion_tokens
    details, made = usage.prompt_tokens_details, usage.completion_tokens_details
    reasoning = (made.reasoning_tokens if made is not None else None) or 0
    if prompt is None:
        return None
    if completion is None:  # embeddings have none
        completion = max(0, (usage.total_tokens or prompt) - prompt)
    elif reasoning and usage.total_tokens == prompt + completion + reasoning:
        completion += reasoning  # xAI counts reasoning beside the completion, and tells so by the total
    cached = (details.cached_tokens if details is not None else None) or _hits(usage) or 0
    written = (details.cache_write_tokens if details is not None else None) or 0
    heard = (details.audio_tokens if details is not None else None) or 0
    spoken = (made.audio_tokens if made is not None else None) or 0
    drawn = (made.image_tokens if made is not None else None) or 0
    plain = prompt - cached - written - heard
    text = completion - reasoning - spoken - drawn
    if min(plain, text, cached, written, heard, reasoning, spoken, drawn) < 0 or max(prompt, completion) > _MOST_TOKENS:
        return None
    parts = (
        ("input", plain, price.input),
        ("cached_input", cached, price.input if price.cached_input is None else price.cached_input),
        ("cache_write", written, price.input if price.cache_write is None else price.cache_write),
        ("input_audio", heard, price.input_audio),
        ("output", text, price.output),
        ("reasoning", reasoning, price.output if price.reasoning is None else price.reasoning),
        ("output_audio", spoken, price.output_audio),
        ("output_image", drawn, price.output_image),
    )
    breakdown: dict[str, float] = {}
    for name, count, rate in parts:
        if count:
            if rate is None:
                return None
            breakdown[name] = count * rate / _MILLION
    if price.request:
        breakdown["request"] = price.request
    return Cost(sum(breakdown.values()), source=price.source, as_of=price.as_of, breakdown=breakdown)


def _hits(usage: Usage) -> int | None:
    """DeepSeek's own field for cached tokens."""
    hits = usage.get("prompt_cache_hit_tokens")
    return hits if isinstance(hits, int) and not isinstance(hits, bool) else None


class PriceTable:
    """Prices by model: "gpt-4o", "groq/llama-3.3-70b-versatile" (server/model), "gpt-4o*" (whatever begins so).

    The value is a `Price`, a mapping of its fields, or a list of these with dates. What names more wins: an exact name
    over a prefix, the longer prefix, and with the server over without. A model that carries a date of its own
    ("gpt-4o-2024-08-06") has the price of the one without, unless it has its own. Case does not matter.
    """

    __slots__ = ("_exact", "_prefixes")

    def __init__(self, prices: Mapping[str, Any]) -> None:
        self._exact: dict[str, tuple[Price, ...]] = {}
        self._prefixes: list[tuple[str, tuple[Price, ...]]] = []
        for name, value in prices.items():
            if not isinstance(name, str) or not name.strip("* "):
                raise BadUsage(f"a price table maps names of models to prices; {name!r} is no name")
            key = name.strip().lower()
            dated = tuple(_price(name, one) for one in (value if type(value) is list else [value]))
            if key.endswith("*"):
                self._prefixes.append((key[:-1], dated))
            else:
                self._exact[key] = dated
        self._prefixes.sort(key=lambda entry: -len(entry[0]))

    @classmethod
    def load(cls, path: Any) -> PriceTable:
        """A table from a TOML file: a table for each model, with the fields of `Price`; `from` stands for `since`.

        Raises BadUsage for a file that is not there or holds something else.
        """
        import tomllib

        try:
            with open(path, "rb") as file:
                held = tomllib.load(file)
        except OSError as error:
            raise BadUsage(f"cannot read the prices in {path}: {error.strerror or error}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadUsage(f"the prices in {path} are no TOML: {error}") from None
        try:
            return cls(held)
        except BadUsage as error:
            raise BadUsage(f"{path}: {error.message}") from None

    def price(self, server: str | None, model: str, day: str = "") -> Price | None:
        """The price of a model on a day ("2026-11-21"); without a day the one that holds last. None when unknown."""
        for name in _names(model.lower()):
            for entry in self._entries(None if server is None else server.lower(), name):
                for price in sorted(entry, key=lambda one: one.since, reverse=True):
                    if not day or (price.since <= day and (not price.until or day < price.until)):
                        return price
        return None

    def _entries(self, server: str | None, model: str) -> Iterator[tuple[Price, ...]]:
        """What is known of a model, the most precise first."""
        names = [model] if server is None else [f"{server}/{model}", model]
        for name in names:
            if name in self._exact:
                yield self._exact[name]
        for prefix, entry in self._prefixes:
            if any(name.startswith(prefix) for name in names):
                yield entry

    def cost(self, server: str | None, model: str | None, usage: Usage, *, created: int | None = None) -> Cost | None:
        """The cost of an answer with this usage; `created` is its Unix time. None when there is no price for it."""
        price = None if model is None else self.price(server, model, _day(created))
        return None if price is None else cost_of(usage, price)

    def __len__(self) -> int:
        return len(self._exact) + len(self._prefixes)

    def __repr__(self) -> str:
        return f"PriceTable({len(self)} models)"


def _price(name: str, value: Any) -> Price:
    if isinstance(value, Price):
        fields: dict[str, Any] = value._asdict()
    elif isinstance(value, Mapping):
        fields = {("since" if key == "from" else key): item for key, item in value.items()}
    else:
        raise BadUsage(f"the price of {name} is a Price or a mapping of its fields, not {type(value).__name__}")
    for key, item in fields.items():
        if key not in Price._fields:
            raise BadUsage(f"the price of {name} has no field {key!r}; there are: {', '.join(Price._fields)}")
        if key in _TEXTS:
            fields[key] = item if isinstance(item, str) else str(item)  # TOML has dates of its own
        elif item is not None and (isinstance(item, bool) or not isinstance(item, (int, float)) or not 0 <= item < 1e9):
            raise BadUsage(f"{key} in the price of {name} is US dollars for a million tokens, not {item!r}")
    if fields.get("input") is None or ("output" in fields and fields["output"] is None):
        raise BadUsage(f"the price of {name} needs input, in US dollars for a million tokens")
    return Price(**fields)


def _names(model: str) -> Iterator[str]:
    """A model's name, and without the date at its end."""
    yield model
    parts = model.split("-")
    for count in (1, 3):  # -20241022, -2024-08-06
        tail = "".join(parts[-count:])
        if len(parts) > count and len(tail) == 8 and tail.isdigit() and tail.startswith("20"):
            yield "-".join(parts[:-count])


def _day(created: int | None) -> str:
    if created is None or not 0 < created < _YEAR_10000:
        return ""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(created, UTC).date().isoformat()


# The names of rows that the package calls otherwise (genai-prices 0.2.3).
_GENAI = {"gemini": "google", "xai": "x-ai", "moonshot": "moonshotai", "z.ai": "zai"}


class GenaiPrices:
    """The prices that the package `genai-prices` carries (extra `prices`). Only what is installed: nothing is fetched.

    A server that the package does not know has no prices, unless the model's name begins with one that it does
    ("openai/gpt-4o" behind a gateway): a model served at home costs something else than at a provider.
    """

    __slots__ = ()

    def __init__(self) -> None:
        from importlib.util import find_spec

        if find_spec("genai_prices") is None:
            raise BadUsage('prices="genai-prices" needs the package: pip install "franca[prices]"')

    def cost(self, server: str | None, model: str | None, usage: Usage, *, created: int | None = None) -> Cost | None:
        """The cost of an answer with this usage; None when the package has no price for it."""
        neutral = cost_of(usage, Price(0.0, input_audio=0.0, output_audio=0.0))  # the same checks, and xAI's reasoning
        if model is None or neutral is None:
            return None
        for provider, name in _providers(server, model):
            found = _genai_cost(provider, name, usage, created)
            if found is not None:
                return found
        return None

    def __repr__(self) -> str:
        return "GenaiPrices()"


def _providers(server: str | None, model: str) -> Iterator[tuple[str, str]]:
    if server is not None:
        yield _GENAI.get(server, server), model
    before, slash, after = model.partition("/")
    if slash:
        yield _GENAI.get(before, before), after


def _genai_cost(provider: str, model: str, usage: Usage, created: int | None) -> Cost | None:
    from datetime import UTC, datetime

    import genai_prices

    details, made = usage.prompt_tokens_details, usage.completion_tokens_details
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    reasoning = (made.reasoning_tokens if made is not None else None) or 0
    if reasoning and usage.total_tokens == prompt + completion + reasoning:
        completion += reasoning
    counts = {
        "input_tokens": prompt,
        "output_tokens": completion,
        "cache_read_tokens": (details.cached_tokens if details is not None else None) or _hits(usage),
        "cache_write_tokens": details.cache_write_tokens if details is not None else None,
        "input_audio_tokens": details.audio_tokens if details is not None else None,
        "output_audio_tokens": made.audio_tokens if made is not None else None,
    }
    when = datetime.fromtimestamp(created, UTC) if created is not None and 0 < created < _YEAR_10000 else None
    try:
        told = genai_prices.calc_price(
            genai_prices.Usage(**{name: count for name, count in counts.items() if count}),
            model,
            provider_id=provider,
            genai_request_timestamp=when,
        )
    except (LookupError, ValueError):
        return None
    checked = getattr(told.model, "prices_checked", None)
    return Cost(
        float(told.total_price),
        source=f"genai-prices {genai_prices.__version__}",
        as_of="" if checked is None else str(checked),
        breakdown={"input": float(told.input_price), "output": float(told.output_price)},
    )


def price_source(value: Any) -> Any:
    """What estimates costs, from the option `prices`: a `PriceTable`, a mapping for one, the path of a TOML file,
    "genai-prices", or anything with a method `cost` like theirs. None for None."""
    if value is None or isinstance(value, (PriceTable, GenaiPrices)):
        return value
    if value == "genai-prices":
        return GenaiPrices()
    if isinstance(value, Mapping):
        return PriceTable(value)
    if isinstance(value, str) or hasattr(value, "__fspath__"):
        return PriceTable.load(value)
    if callable(getattr(value, "cost", None)):
        return value
    wanted = 'a PriceTable, a mapping of models to prices, a TOML file or "genai-prices"'
    raise BadUsage(f"prices is {wanted}, not {type(value).__name__}")
